#pragma once
// Where application data goes: the nominated path, else the relayed one on which the peer was last heard, else the
// peer's own allocation. Data that is under way on an older path still arrives: nothing is torn down by a change.
#include <optional>

#include "protocol/base/endpoint.hpp"
#include "protocol/ice/candidate.hpp"

namespace punchlab::agent {

/// A way to the peer: what sends, and to which of its addresses.
struct Route {
  ice::BaseId base;
  TransportAddress remote;
  PathKind kind = PathKind::none;
  friend bool operator==(const Route&, const Route&) = default;
};

class DataPath {
 public:
  /// Nominated by ICE; nothing after its consent was lost.
  void set_selected(std::optional<Route> route) { selected_ = route; }
  /// The peer's allocation, which it opened for us and told us of under seal (relay-first only).
  void set_early(const Route& route) {
    if (!early_) early_ = route;
  }
  /// Authentic data came over this relayed route, so that it carries data the other way as well.
  void heard_on(const Route& route) { heard_ = route; }

  std::optional<Route> current() const {
    if (selected_) return selected_;
    return heard_ ? heard_ : early_;
  }

 private:
  std::optional<Route> selected_;
  std::optional<Route> heard_;
  std::optional<Route> early_;
};

}  // namespace punchlab::agent
