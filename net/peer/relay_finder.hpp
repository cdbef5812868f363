#pragma once
// Finds out over which transport and family the relay can be reached from here: UDP first, then TCP, then TLS, each
// begun a little later than the one before, and the first that answers is taken (the way of RFC 8305, "happy
// eyeballs").
#include <optional>
#include <string>
#include <vector>

#include "net/host/driver.hpp"
#include "protocol/agent/gatherer.hpp"
#include "protocol/stun/stream_framer.hpp"

namespace punchlab::net {

/// One way to the relay.
struct RelayWay {
  Transport transport = Transport::udp;
  TransportAddress address;
  std::shared_ptr<const TlsCredentials> tls;  ///< for TLS
};

/// "UDP", "TCP" or "TLS".
const char* name_of(Transport transport);

class RelayFinder final : private StreamUser {
 public:
  /// Between the beginnings of two transports: long enough for UDP to repeat a lost request.
  static constexpr Duration kHeadStart = std::chrono::milliseconds{800};
  /// Between those of two addresses over the same transport (RFC 8305 section 5, Connection Attempt Delay).
  static constexpr Duration kFamilyHeadStart = std::chrono::milliseconds{250};
  /// After the beginning of the last way nothing answers any more.
  static constexpr Duration kPatience = std::chrono::seconds{8};

  /// `ways` in the order in which they are tried; opens sockets from `first` on and closes them again.
  RelayFinder(UdpHost& host, StreamSet& streams, std::vector<RelayWay> ways, SocketId first, Rng& rng);
  ~RelayFinder() override;

  /// Works until something answered or everything failed, or `stop()` says so. Gives the index of the way.
  template <class Stop>
  std::optional<std::size_t> run(Stop&& stop) {
    begin(monotonic_now());
    while (!found_ && !over(monotonic_now()) && !stop()) turn(monotonic_now() + std::chrono::milliseconds{100});
    return found_;
  }
  /// Our address as the relay sees it, over the way that was found.
  std::optional<TransportAddress> mapped() const { return mapped_; }
  /// What became of each way that did not answer: "UDP 192.0.2.1:3478: no answer; TCP ...".
  std::string failures() const;

 private:
  struct Attempt {
    RelayWay way;
    Time begins;
    bool begun = false;
    std::string error;  ///< not empty: it has ended
    std::optional<agent::Gatherer> binding;
    stun::StreamFramer framer;
  };

  void begin(Time now);
  void turn(Time limit);
  void start(Time now, std::size_t index);
  void ask(std::size_t index);
  void take(std::size_t index, Bytes message);
  bool over(Time now) const;
  SocketId socket_of(std::size_t index) const { return {first_.value + static_cast<std::uint32_t>(index)}; }
  std::optional<std::size_t> index_of(SocketId socket) const;

  void on_stream_accepted(SocketId, SocketId, const TransportAddress&) override {}
  void on_stream_opened(SocketId stream) override;
  void on_stream_bytes(SocketId stream, Bytes bytes) override;
  void on_stream_closed(SocketId stream, const std::string& why) override;

  UdpHost& host_;
  StreamSet& streams_;
  Rng& rng_;
  SocketId first_;
  std::vector<Attempt> attempts_;
  std::optional<std::size_t> found_;
  std::optional<TransportAddress> mapped_;
};

}  // namespace punchlab::net
