#include "sim/trial/peer_flows.hpp"

#include <algorithm>
#include <span>

namespace punchlab::trial {

bool PeerFlows::answers(const Flow& flow, const Flow& asking) {
  return flow.from != asking.from && flow.destination == asking.source;
}

void PeerFlows::note(Time at, HostId from, const TransportAddress& source, const TransportAddress& destination) {
  const auto known = std::span{flows_}.first(count_);
  const bool old = std::ranges::any_of(known, [&](const Flow& flow) {
    return flow.from == from && flow.source == source && flow.destination == destination;
  });
  if (!old && count_ < kMost) flows_[count_++] = {from, source, destination, at};
}

std::optional<CrossedAnswer> PeerFlows::crossed() const {
  const auto all = std::span{flows_}.first(count_);
  std::array<bool, kMost> crosses{};
  for (std::size_t i = 0; i < count_; ++i)
    for (const auto& asking : all) {
      if (!answers(flows_[i], asking)) continue;
      if (asking.destination == flows_[i].source) return std::nullopt;
      crosses[i] = true;
    }
  std::array<std::optional<CrossedAnswer>, 2> first;
  for (const auto& answer : all)
    for (std::size_t i = 0; i < count_; ++i) {
      auto& of_side = first[static_cast<std::size_t>(answer.from)];
      if (!crosses[i] || of_side || !answers(answer, flows_[i])) continue;
      of_side = {answer.from, flows_[i].destination, answer.source, flows_[i].source, answer.at};
    }
  if (!first[0] || !first[1]) return std::nullopt;
  return first[0]->at <= first[1]->at ? first[0] : first[1];
}

}  // namespace punchlab::trial
