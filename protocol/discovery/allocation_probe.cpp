#include "protocol/discovery/allocation_probe.hpp"

#include <algorithm>
#include <set>

namespace punchlab::discovery {
namespace {

/// A counting NAT may skip ports that are taken or have the other parity.
constexpr int kLargestStep = 16;
/// Ports that all lie within an eighth of the whole space are no random choice from all of it.
constexpr int kLargestBlock = 8192;

}  // namespace

Step AllocationTest::next(Time, const Outcome& last, Context& context) {
  if (asked_ > 0 && last.answered) samples_[count_++] = {context.local(socket_).port, last.mapped};
  if (asked_++ < kSockets) {
    socket_ = context.open();
    return Exchange{socket_, context.server().at(0), socket_};
  }
  if (count_ > kSockets / 2 && context.findings.translates) judge(context.findings);
  return Done{};
}

void AllocationTest::judge(Findings& f) const {
  std::set<IpAddress> addresses;
  bool parity = true;
  std::uint16_t low = 0xFFFF, high = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    addresses.insert(samples_[i].external.address);
    parity = parity && (samples_[i].local_port + samples_[i].external.port) % 2 == 0;
    low = std::min(low, samples_[i].external.port);
    high = std::max(high, samples_[i].external.port);
  }
  f.addresses = static_cast<std::uint32_t>(addresses.size());
  f.pooling = addresses.size() == 1 ? Pooling::paired : Pooling::arbitrary;
  f.allocation = allocation();
  if (f.allocation != Allocation::preserve) f.parity = parity;
  f.first_port = low;
  f.last_port = high;
}

Allocation AllocationTest::allocation() const {
  const auto begin = samples_.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(count_);
  const auto kept = std::count_if(begin, end, [](const Sample& s) { return s.local_port == s.external.port; });
  if (kept * 4 >= static_cast<std::ptrdiff_t>(count_) * 3) return Allocation::preserve;
  if (counts_up()) return Allocation::sequential;
  // A host has a block on each external address.
  for (auto first = begin; first != end; ++first) {
    for (auto second = begin; second != first; ++second) {
      const bool same_address = first->external.address == second->external.address;
      if (same_address && std::abs(first->external.port - second->external.port) > kLargestBlock)
        return Allocation::random;
    }
  }
  return Allocation::block;
}

/// On each external address, every port but one (where the count wraps around) follows closely on the one before.
bool AllocationTest::counts_up() const {
  int wraps = 0;
  for (std::size_t i = 1; i < count_; ++i) {
    for (std::size_t j = i; j-- > 0;) {
      if (samples_[j].external.address != samples_[i].external.address) continue;
      const int step = samples_[i].external.port - samples_[j].external.port;
      if (step <= 0 || step > kLargestStep) ++wraps;
      break;
    }
  }
  return wraps <= 1;
}

}  // namespace punchlab::discovery
