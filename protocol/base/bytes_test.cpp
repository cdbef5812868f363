// Byte cursors.
// 1. Numbers come back in network order. 2. A writer that is full stays failed and writes nothing more. 3. A reader past the
// end stays failed and gives zero or nothing. 4. Nothing is read or written at zero size.
#include "protocol/base/bytes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace punchlab {
namespace {

using testing::ElementsAre;

TEST(Bytes, NumbersStandInNetworkOrder) {
  std::array<std::uint8_t, 15> buffer;
  ByteWriter writer(buffer);
  writer.u8(0x01), writer.u16(0x0203), writer.u32(0x04050607), writer.u64(0x08090A0B0C0D0E0F);
  EXPECT_TRUE(writer.ok());
  EXPECT_THAT(writer.written(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  ByteReader reader(buffer);
  EXPECT_EQ(reader.u8(), 0x01);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u32(), 0x04050607U);
  EXPECT_EQ(reader.u64(), 0x08090A0B0C0D0E0FU);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.remaining(), 0U);
}

TEST(Bytes, FullWriterStaysFailed) {
  std::array<std::uint8_t, 4> buffer{9, 9, 9, 9};
  ByteWriter writer(MutableBytes{buffer}.first(3));
  writer.u16(0x0102);
  writer.u16(0x0304);
  EXPECT_FALSE(writer.ok());
  writer.u8(5);
  EXPECT_EQ(writer.take(0), nullptr);
  EXPECT_EQ(writer.size(), 2U);
  EXPECT_THAT(buffer, ElementsAre(1, 2, 9, 9));
}

TEST(Bytes, ReaderPastTheEndStaysFailed) {
  const std::array<std::uint8_t, 3> data{1, 2, 3};
  ByteReader reader(data);
  EXPECT_EQ(reader.u32(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_TRUE(reader.bytes(1).empty());
  EXPECT_EQ(reader.remaining(), 3U);
}

TEST(Bytes, NothingAtZeroSize) {
  ByteWriter writer(MutableBytes{});
  writer.bytes({});
  EXPECT_TRUE(writer.ok());
  writer.u8(1);
  EXPECT_FALSE(writer.ok());
  ByteReader reader(Bytes{});
  EXPECT_TRUE(reader.bytes(0).empty());
  EXPECT_TRUE(reader.ok());
}

}  // namespace
}  // namespace punchlab
