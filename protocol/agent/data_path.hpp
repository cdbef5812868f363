#pragma once
// Where application data goes: the nominated path, else (relay-first only) the relayed one on which the peer was last
// heard, else the peer's own allocation. Data that is under way on an older path still arrives: a change tears nothing down.
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
  /// Without `relay_first` only what ICE nominated carries data.
  explicit DataPath(bool relay_first) : relay_first_(relay_first) {}

  /// Nominated by ICE; nothing after its consent was lost.
  void set_selected(std::optional<Route> route) { selected_ = route; }
  /// The peer's allocation, which it opened for us before it told us of it under seal.
  void set_early(const Route& route) {
    if (relay_first_ && !early_) early_ = route;
  }
  /// Authentic data came over this relayed route, so that it carries data the other way as well. True when that is news.
  bool heard_on(const Route& route) {
    if (!relay_first_ || heard_ == route) return false;
    heard_ = route;
    return true;
  }
  bool heard() const { return heard_.has_value(); }
  /// The relayed route on which the peer was last heard, whatever carries data now.
  const std::optional<Route>& relayed() const { return heard_; }
  /// Every check has failed, so that what nobody answered on is no path.
  void forget_early() { early_.reset(); }
  /// What went through our own allocation has ended with it.
  void forget_base(ice::BaseId base) {
    if (heard_ && heard_->base == base) heard_.reset();
    if (early_ && early_->base == base) early_.reset();
  }
  /// The peer has given this address up.
  void forget_remote(const TransportAddress& remote) {
    if (heard_ && heard_->remote == remote) heard_.reset();
    if (early_ && early_->remote == remote) early_.reset();
  }
  void forget_all() {
    heard_.reset();
    early_.reset();
  }

  std::optional<Route> current() const {
    if (selected_) return selected_;
    return heard_ ? heard_ : early_;
  }

 private:
  bool relay_first_;
  std::optional<Route> selected_;
  std::optional<Route> heard_;
  std::optional<Route> early_;
};

}  // namespace punchlab::agent
