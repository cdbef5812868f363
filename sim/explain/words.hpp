#pragma once
// How places, times and verdicts are called in every form of an explanation.
#include <string>

#include "sim/explain/recording.hpp"

namespace punchlab::explain {

/// "client", "connector", "relay", "shared network".
std::string name_of(trial::HostId host);
/// "client's NAT", with more than one "client's NAT 2" (from the host outwards), "client's firewall", "shared NAT",
/// with more than one "second shared NAT"; past the last one "the core".
std::string name_of(const Recording& recording, trial::HostId side, std::size_t gateway);
/// Milliseconds from the trial's origin, three decimals: "-12.000", "340.125".
std::string milliseconds(const Recording& recording, Time at);
/// "312 ms", "1.25 s".
std::string duration(Duration d);
/// What became of a packet at one place: "client's NAT: new mapping, now from 203.0.113.1:40000", "dropped by ...".
std::string verdict(const Recording& recording, const Event& event);
/// "symmetric: mapping address-and-port-dependent, filtering ..., 203.0.113.1".
std::string description(const trial::GatewaySpec& gateway);
/// What one packet added to or took from a gateway's table, one line each, "+ ..." or "- ..."; times do not count.
std::vector<std::string> changes(const Table& before, const Table& after);
/// A whole table, one line per entry; "empty" when there is none.
std::vector<std::string> lines(const Table& table);

}  // namespace punchlab::explain
