#pragma once
// Two recordings of one trial, of different worlds, held against each other packet by packet: where do they part?
#include <optional>
#include <string>

#include "sim/explain/journeys.hpp"

namespace punchlab::explain {

/// A packet that became of otherwise in the two recordings, or that only one has.
struct Parting {
  Duration at{
      0};  ///< when it was sent, from the start of the later side, in the recording that has it (in both: the first)
  std::string packet;  ///< "client 192.168.1.10:40000 -> 198.51.100.1:40000 check, controlling"
  std::string first;   ///< what became of it in the first recording; "not sent" when that has none
  std::string second;
};

struct TraceComparison {
  std::size_t alike = 0;      ///< packets that both have, with the same fate
  std::size_t different = 0;  ///< packets that one has alone, or that ended otherwise
  Duration latest{0};         ///< the largest difference between the times at which the two sent a packet that is alike
  std::optional<Parting> parting;  ///< the first of those that differ
};

/// Packets are the same that the same host or gateway sent for the n-th time, with the same addresses and the same
/// message; their fate is what each gateway did with them and where they ended. Times do not count, nor the order of
/// packets that are alike otherwise. Left out: TCP, application data, what was sent when either recording was near its
/// end, and which of its random ports a NAT drew.
TraceComparison compare_traces(const Recording& first, const Recording& second);

/// One line: "at 215.0 ms client 192.168.1.10:40000 -> ..., check: NAMES[0] not sent, NAMES[1] delivered to relay".
std::string text_of(const Parting& parting, const std::string& first_name, const std::string& second_name);

}  // namespace punchlab::explain
