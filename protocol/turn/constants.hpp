#pragma once
// Numbers that RFC 8656 fixes and both ends of TURN share.
#include <chrono>
#include <cstdint>

#include "protocol/base/time.hpp"

namespace punchlab::turn {

inline constexpr Duration kDefaultLifetime = std::chrono::seconds{600};     ///< of an allocation, section 3.2
inline constexpr Duration kMaxLifetime = std::chrono::seconds{3600};        ///< section 7.2
inline constexpr Duration kPermissionLifetime = std::chrono::seconds{300};  ///< section 9
inline constexpr Duration kChannelLifetime = std::chrono::seconds{600};     ///< section 12
inline constexpr Duration kReservationLifetime = std::chrono::seconds{30};  ///< section 7.2, at least

/// Channel numbers a client may bind (section 12).
inline constexpr std::uint16_t kFirstChannel = 0x4000;
inline constexpr std::uint16_t kLastChannel = 0x4FFF;
constexpr bool is_channel(std::uint32_t number) { return number >= kFirstChannel && number <= kLastChannel; }

/// Protocol number of UDP in REQUESTED-TRANSPORT and the values of REQUESTED-ADDRESS-FAMILY (sections 18.6, 18.7).
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kFamilyIpv4 = 0x01;
inline constexpr std::uint8_t kFamilyIpv6 = 0x02;

/// Bytes that ChannelData puts before the payload (section 12.4).
inline constexpr std::size_t kChannelHeaderSize = 4;

}  // namespace punchlab::turn
