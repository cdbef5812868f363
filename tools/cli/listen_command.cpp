// punchlab listen: the responder on a real machine.
#include <fmt/format.h>

#include <set>

#include "net/host/resolve.hpp"
#include "tools/cli/interrupt.hpp"
#include "tools/cli/peer_loop.hpp"
#include "tools/cli/socket_options.hpp"

namespace punchlab::cli {

namespace po = boost::program_options;

namespace {

/// The peer's first pipe is joined to standard input and output.
class PipeServer final : public PeerService {
 public:
  void on_opened(tunnel::Tunnel& tunnel, net::Channels& channels, const tunnel::Opened& opened) override {
    if (opened.target != "pipe" || joined_) return tunnel.reset(opened.channel, tunnel::ResetCode::refused);
    joined_ = true;
    channels.join(opened.channel, std::make_unique<net::StdioEnd>());
  }
  void on_aborted(const tunnel::Aborted&) override { aborted_ = true; }
  bool finished(const tunnel::Tunnel&, const net::Channels& channels) const override {
    return joined_ && channels.empty();
  }
  bool joined() const { return joined_; }
  bool aborted() const { return aborted_; }

 private:
  bool joined_ = false, aborted_ = false;
};

/// TCP connections to what is allowed.
class ExitServer final : public PeerService {
 public:
  ExitServer(std::set<std::string> allowed, PeerStatus& status) : allowed_(std::move(allowed)), status_(status) {}

  void on_opened(tunnel::Tunnel& tunnel, net::Channels& channels, const tunnel::Opened& opened) override {
    const std::string target = opened.target.starts_with("tcp:") ? opened.target.substr(4) : std::string{};
    if (!allowed_.contains(target)) {
      status_.say("refused", fmt::format("the peer asked for '{}', which no --allow names", printable(opened.target)));
      return tunnel.reset(opened.channel, tunnel::ResetCode::refused);
    }
    const auto addresses = net::resolve_all(target, 0);
    if (addresses.empty()) return tunnel.reset(opened.channel, tunnel::ResetCode::unreachable);
    channels.join(opened.channel, std::make_unique<net::TcpEnd>(addresses));
  }
  bool finished(const tunnel::Tunnel&, const net::Channels&) const override { return false; }

 private:
  static std::string printable(std::string text) {
    for (auto& c : text)
      if (c < ' ' || c > '~') c = '?';
    return text;
  }

  std::set<std::string> allowed_;
  PeerStatus& status_;
};

Syntax listen_syntax() {
  Syntax syntax{
      .usage =
          "punchlab listen --relay HOST[:PORT] --user NAME:PASSWORD --key FILE --peer KEY [--allow HOST:PORT...] "
          "[OPTIONS]",
      .about =
          "Waits for the peer with KEY, and for nobody else. Without --allow its pipe is joined to standard input and "
          "output, and the program ends with it; with --allow it may open TCP connections to these hosts and ports, "
          "again and again. Status lines are on stderr.",
      .example = "punchlab listen --config peer.conf --allow localhost:22",
      .options = po::options_description("options"),
      .positional = "",
  };
  add_peer_options(syntax.options);
  syntax.options.add_options()("allow", po::value<std::vector<std::string>>(),
                               "HOST:PORT that the peer may reach, as it writes it; several times");
  return syntax;
}

/// Until it is stopped. What ends a session is told, and another one begins. A relay that cannot be reached at first is
/// thrown, and what would fail again.
int serve(PeerLoop& loop, PeerService& service) {
  for (bool first = true;; first = false) {
    loop.status().say("waiting", "for the peer");
    const auto end = loop.run(service, true);
    if (end.kind == SessionEnd::Kind::stopped) return kFine;
    const bool failed = end.kind == SessionEnd::Kind::failed;
    if (failed && (end.refused || (first && !end.reached_relay))) throw CommandError(kExpectationFailed, end.reason);
    if (end.kind != SessionEnd::Kind::stale) loop.status().say("again", failed ? end.reason : "the peer went away");
    if (failed) pause_unless_interrupted(std::chrono::seconds{5});
  }
}

int serve_pipe(PeerLoop& loop) {
  PipeServer pipe;
  for (;;) {
    loop.status().say("waiting", "for the peer");
    const auto end = loop.run(pipe, true);
    if (end.kind == SessionEnd::Kind::stopped) return pipe.joined() ? kInterrupted : kFine;
    if (end.kind == SessionEnd::Kind::failed) throw CommandError(kExpectationFailed, end.reason);
    if (pipe.aborted() || (pipe.joined() && end.kind == SessionEnd::Kind::gone))
      throw CommandError(kExpectationFailed, "the peer ended the pipe before its time");
    if (pipe.joined()) return kFine;
  }
}

}  // namespace

int listen_command(const Arguments& arguments) {
  const auto values = parse(listen_syntax(), arguments);
  if (!values) return kFine;
  const auto options = read_peer_options(*values, agent::Role::responder);
  std::set<std::string> allowed;
  if (values->count("allow") > 0) {
    for (const auto& target : (*values)["allow"].as<std::vector<std::string>>()) {
      const auto parts = net::split_host_port(target);
      if (!parts || !parts->port)
        throw CommandError(kWrongUsage,
                           fmt::format("--allow {}: it must be HOST:PORT, an IPv6 address in brackets", target));
      allowed.insert(target);
    }
  }
  net::UdpHost host;
  listen_for_interrupts();
  survive_closed_pipes();
  PeerLoop loop(host, options);
  if (allowed.empty()) return serve_pipe(loop);
  ExitServer server(allowed, loop.status());
  return serve(loop, server);
}

}  // namespace punchlab::cli
