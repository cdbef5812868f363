// punchlab connect: the initiator on a real machine.
#include <fmt/format.h>

#include <set>

#include "tools/cli/interrupt.hpp"
#include "tools/cli/peer_loop.hpp"
#include "tools/cli/socket_options.hpp"

namespace punchlab::cli {

namespace po = boost::program_options;

namespace {

/// Standard input and output through one channel.
class PipeClient final : public PeerService {
 public:
  void on_connected(tunnel::Tunnel& tunnel, net::Channels& channels) override {
    channel_ = tunnel.open("pipe");
    channels.join(*channel_, std::make_unique<net::StdioEnd>());
  }
  void on_opened(tunnel::Tunnel& tunnel, net::Channels&, const tunnel::Opened& opened) override {
    tunnel.reset(opened.channel, tunnel::ResetCode::refused);
  }
  void on_aborted(const tunnel::Aborted& aborted) override { aborted_ = aborted.code; }
  bool finished(const tunnel::Tunnel&, const net::Channels& channels) const override {
    return channel_ && channels.empty();
  }
  std::optional<tunnel::ResetCode> aborted() const { return aborted_; }

 private:
  std::optional<tunnel::ChannelId> channel_;
  std::optional<tunnel::ResetCode> aborted_;
};

/// Local TCP ports whose connections go to a host and port behind the listener.
class Forwarder final : public PeerService, private net::StreamUser {
 public:
  Forwarder(net::UdpHost& host, const std::vector<std::string>& forwards, PeerStatus& status)
      : streams_(host), status_(status) {
    for (const auto& text : forwards) listen(text);
  }
  void on_opened(tunnel::Tunnel& tunnel, net::Channels&, const tunnel::Opened& opened) override {
    tunnel.reset(opened.channel, tunnel::ResetCode::refused);
  }
  void on_aborted(const tunnel::Aborted& aborted) override {
    if (aborted.code == tunnel::ResetCode::refused) status_.say("refused", "the listener does not --allow that target");
    if (aborted.code == tunnel::ResetCode::unreachable) status_.say("refused", "the listener cannot reach that target");
  }
  void on_turn(tunnel::Tunnel* tunnel, net::Channels& channels, const net::UdpHost::Woken& woken) override {
    tunnel_ = tunnel;
    channels_ = &channels;
    streams_.handle(net::monotonic_now(), woken, *this);
  }
  bool finished(const tunnel::Tunnel&, const net::Channels&) const override { return false; }

 private:
  void listen(const std::string& text);
  void on_stream_accepted(SocketId listener, SocketId stream, const TransportAddress&) override {
    auto taken = streams_.take(stream);
    const auto channel = tunnel_ == nullptr ? std::nullopt : tunnel_->open("tcp:" + targets_[listener.value]);
    if (!channel) return taken->abort();
    channels_->join(*channel, std::make_unique<net::TcpEnd>(std::move(*taken)));
  }
  void on_stream_opened(SocketId) override {}
  void on_stream_bytes(SocketId, Bytes) override {}
  void on_stream_closed(SocketId, const std::string&) override {}

  net::StreamSet streams_;
  PeerStatus& status_;
  std::vector<std::string> targets_;
  tunnel::Tunnel* tunnel_ = nullptr;
  net::Channels* channels_ = nullptr;
};

/// Where colons stand outside brackets.
std::vector<std::size_t> colons_of(const std::string& text) {
  std::vector<std::size_t> colons;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[' || text[i] == ']') inside = text[i] == '[';
    if (text[i] == ':' && !inside) colons.push_back(i);
  }
  return colons;
}

/// [ADDR:]PORT:HOST:PORT
void Forwarder::listen(const std::string& text) {
  const auto colons = colons_of(text);
  const auto fail = [&] {
    throw CommandError(kWrongUsage,
                       fmt::format("--forward {}: it must be [ADDR:]PORT:HOST:PORT, IPv6 in brackets", text));
  };
  if (colons.size() != 2 && colons.size() != 3) fail();
  const auto target = colons[colons.size() - 2];
  const auto own = (colons.size() == 2 ? "127.0.0.1:" : "") + text.substr(0, target);
  const auto local = TransportAddress::parse(own);
  if (!local || text.size() - target - 1 > 200) fail();
  const auto opened = listen_or_fail(streams_, SocketId{static_cast<std::uint32_t>(targets_.size())}, *local, nullptr);
  targets_.push_back(text.substr(target + 1));
  status_.say("forward", fmt::format("{} goes to {} at the peer", opened.to_string(), targets_.back()));
}

Syntax connect_syntax() {
  Syntax syntax{
      .usage =
          "punchlab connect --relay HOST[:PORT] --user NAME:PASSWORD --key FILE --peer KEY [--forward ...] [OPTIONS]",
      .about =
          "Reaches the peer that listens under KEY, directly if the NATs allow it and over the relay if not. Standard "
          "input and output then go through a pipe to the listener's; with --forward, TCP connections to local ports "
          "go "
          "to hosts behind it. Status lines are on stderr.",
      .example = "punchlab connect --config peer.conf --forward 8022:localhost:22",
      .options = po::options_description("options"),
      .positional = "",
  };
  add_peer_options(syntax.options);
  syntax.options.add_options()("forward,L", po::value<std::vector<std::string>>(),
                               "[ADDR:]PORT:HOST:PORT, IPv6 in brackets; may be given several times");
  return syntax;
}

int run_pipe(PeerLoop& loop) {
  PipeClient pipe;
  const auto end = loop.run(pipe, false);
  if (end.kind == SessionEnd::Kind::stopped) return kInterrupted;
  if (end.kind == SessionEnd::Kind::failed) throw CommandError(kExpectationFailed, end.reason);
  if (pipe.aborted() == tunnel::ResetCode::refused)
    throw CommandError(kExpectationFailed, "the listener takes no pipe");
  if (pipe.aborted()) throw CommandError(kExpectationFailed, "the listener ended the pipe before its time");
  if (end.kind == SessionEnd::Kind::gone) throw CommandError(kExpectationFailed, "the peer went away");
  return kFine;
}

int run_forwards(PeerLoop& loop, net::UdpHost& host, const std::vector<std::string>& forwards) {
  Forwarder forwarder(host, forwards, loop.status());
  for (bool before = false;;) {
    const auto end = loop.run(forwarder, false);
    if (end.kind == SessionEnd::Kind::stopped) return kFine;
    before = before || end.was_connected;
    if (!before || end.refused) throw CommandError(kExpectationFailed, end.reason);
    loop.status().say("again",
                      end.kind == SessionEnd::Kind::failed ? end.reason : "the peer went away; it is tried again");
    pause_unless_interrupted(std::chrono::seconds{2});
  }
}

}  // namespace

int connect_command(const Arguments& arguments) {
  const auto values = parse(connect_syntax(), arguments);
  if (!values) return kFine;
  const auto options = read_peer_options(*values, agent::Role::initiator);
  net::UdpHost host;
  listen_for_interrupts();
  survive_closed_pipes();
  PeerLoop loop(host, options);
  if (values->count("forward") == 0) return run_pipe(loop);
  return run_forwards(loop, host, (*values)["forward"].as<std::vector<std::string>>());
}

}  // namespace punchlab::cli
