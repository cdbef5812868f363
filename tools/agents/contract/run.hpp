#pragma once
// One run of a driver under the contract, apart from the ICE agent itself: it waits for the start, carries signalling
// lines, tests the selected pair with echoes, and reports.
#include <string>
#include <string_view>

#include "tools/agents/contract/arguments.hpp"
#include "tools/agents/contract/echo.hpp"
#include "tools/agents/contract/signalling.hpp"

namespace punchlab::contract {

/// The ICE agent under test.
class IceSide {
 public:
  virtual ~IceSide() = default;
  /// Gather, and say credentials and candidates.
  virtual void start(Time now) = 0;
  /// A line of the peer.
  virtual void take_line(Time now, std::string_view line) = 0;
  /// Application data over the selected pair.
  virtual void send(Time now, Bytes data) = 0;
};

/// One end of the selected pair. `type` is host, srflx, prflx or relay.
struct End {
  std::string type;
  std::string address;
  unsigned port = 0;
};

class Run {
 public:
  /// How long the peer is still answered after the own report, at most.
  static constexpr Duration kLinger = std::chrono::seconds{3};

  /// `side` must outlive it. Throws std::system_error when there is no such directory.
  Run(std::string agent, const Arguments& arguments, IceSide& side);

  /// When this can be read, or at `next`, call `wake`.
  int descriptor() const { return signalling_.descriptor(); }
  Time next() const;
  void wake(Time now);
  /// The program may end.
  bool finished() const { return ended_; }

  // What the side tells:
  void say(const std::string& line);
  /// No further candidate will come.
  void gathered(Time now);
  /// Nominated, and valid; again when another pair takes over.
  void selected(Time now, const End& local, const End& remote);
  void failed(Time now, const std::string& error);
  void received(Time now, Bytes datagram);

 private:
  struct Pair {
    Time at;
    End local, remote;
  };
  void begin(Time now);
  void send_due(Time now);
  void report(Time now);
  std::string report_line() const;
  long since_start(Time at) const;

  std::string agent_;
  Arguments arguments_;
  IceSide& side_;
  Signalling signalling_;
  EchoTest echo_;
  Time started_ = kNever, gathered_ = kNever, failed_ = kNever, reported_ = kNever;
  std::optional<Pair> first_, pair_;
  unsigned hosts_ = 0, reflexive_ = 0, relayed_ = 0;
  std::string error_;
  bool ended_ = false;
};

}  // namespace punchlab::contract
