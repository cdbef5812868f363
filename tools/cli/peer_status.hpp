#pragma once
// What `listen` and `connect` say of themselves on stderr: one line for every change, for people or as JSON.
#include <optional>
#include <string>

#include "net/peer/peer.hpp"

namespace punchlab::cli {

class PeerStatus {
 public:
  explicit PeerStatus(bool json);

  /// How the relay was reached, and under which address it sees us; `failures`: of the ways tried before.
  void found_relay(const net::RelayWay& way, const TransportAddress& mapped, const std::string& failures);
  /// Says where data goes and why, when that has changed.
  void path(const net::PathStatus& path, std::optional<Duration> round_trip);
  /// One more line: `state` is a word of docs/real-sockets.md, `why` a sentence.
  void say(const std::string& state, const std::string& why);
  /// A session begins: nothing has been said of its path.
  void begin() { told_.reset(); }

 private:
  std::string why_relayed(const net::PathStatus& path) const;
  void print(const std::string& state, const std::string& remote, const std::string& why, std::optional<Duration> round_trip);

  struct Told {
    PathKind kind = PathKind::none;
    TransportAddress remote;  ///< of a direct path
    bool concluded = false;
    friend bool operator==(const Told&, const Told&) = default;
  };

  bool json_;
  Time began_;
  Transport transport_ = Transport::udp;
  TransportAddress relay_;
  std::optional<Told> told_, seen_;
  Time seen_at_{};
};

}  // namespace punchlab::cli
