#pragma once
// For tests: loopback addresses of both families, also where the machine has switched one off.
#include <gtest/gtest.h>

#include "net/lab/interface.hpp"
#include "net/lab/network_namespace.hpp"

namespace punchlab::net {

/// A test of both families; its process gets a network namespace with nothing in it but loopback.
class BothFamilies : public testing::TestWithParam<Family> {
 protected:
  void SetUp() override {
    ASSERT_EQ(lab::enter_lab(), std::nullopt);
    lab::bring_up(lab::open_control().get(), "lo");
  }
  IpAddress loopback() const {
    return GetParam() == Family::ipv4 ? IpAddress::v4(127, 0, 0, 1) : *IpAddress::parse("::1");
  }
  /// Of another machine.
  IpAddress elsewhere() const {
    return GetParam() == Family::ipv4 ? IpAddress::v4(192, 0, 2, 1) : *IpAddress::parse("2001:db8::1");
  }
};

inline std::string name_of_family(const testing::TestParamInfo<Family>& info) {
  return info.param == Family::ipv4 ? "Ipv4" : "Ipv6";
}

}  // namespace punchlab::net
