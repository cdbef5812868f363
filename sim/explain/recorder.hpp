#pragma once
// Stands between a world and a trial, and writes down what happens below the hosts.
#include <map>
#include <vector>

#include "sim/explain/recording.hpp"

namespace punchlab::explain {

/// Every gateway's table, from packet to packet. Tables change by packets and by time only: what a gateway had before a
/// packet is what it had after the last one, less what has expired since.
class Tables {
 public:
  /// `after` is the table of the event's gateway once it had judged the packet. Fills in both of the event's.
  void put(Event& event, Table after);

 private:
  std::map<std::pair<trial::HostId, std::uint8_t>, Table> known_;
};

class Recorder final : public trial::Application {
 public:
  static constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);

  /// Keeps events in `recording` until they take `most` bytes, and counts the others. Both must outlive this.
  Recorder(trial::Application& trial, Recording& recording, std::size_t most = kNoLimit)
      : trial_(trial), recording_(recording), most_(most) {}

  void start(Time now, trial::Network& network) override { trial_.start(now, network); }
  void on_datagram(Time now, trial::HostId host, const TransportAddress& source, const TransportAddress& destination,
                   Bytes payload) override {
    trial_.on_datagram(now, host, source, destination, payload);
  }
  void on_timer(Time now, trial::HostId host) override { trial_.on_timer(now, host); }
  void on_stream_opened(Time now, trial::HostId host, trial::StreamId stream, const TransportAddress& local,
                        const TransportAddress& remote) override {
    trial_.on_stream_opened(now, host, stream, local, remote);
  }
  void on_stream(Time now, trial::HostId host, trial::StreamId stream, Bytes bytes) override {
    trial_.on_stream(now, host, stream, bytes);
  }
  void on_stream_closed(Time now, trial::HostId host, trial::StreamId stream) override {
    trial_.on_stream_closed(now, host, stream);
  }
  void on_late(Time due, Time now) override { trial_.on_late(due, now); }
  bool finished() const override { return trial_.finished(); }
  void on_packet(const trial::PacketEvent& event) override;

 private:
  trial::Application& trial_;
  Recording& recording_;
  std::size_t most_;
  std::size_t size_ = 0;  ///< bytes of the events so far
  Tables tables_;
};

}  // namespace punchlab::explain
