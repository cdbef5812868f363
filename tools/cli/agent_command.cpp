// punchlab agent: our core as one side of a trial, under the driver contract (docs/agents.md). Plain ICE: no rendezvous
// and no end-to-end session, so that any peer can answer.
#include <fmt/format.h>

#include "net/host/system_rng.hpp"
#include "protocol/agent/plain_agent.hpp"
#include "protocol/ice/candidate_line.hpp"
#include "protocol/ice/check_message.hpp"
#include "tools/agents/contract/run.hpp"
#include "tools/cli/interrupt.hpp"
#include "tools/cli/socket_options.hpp"

namespace punchlab::cli {
namespace {

constexpr std::array kTypes{"host", "srflx", "prflx", "relay"};  // in the order of ice::CandidateType

/// Longer than a direct pair of a usual network needs, and half of what relayed pairs wait for their nomination anyway.
/// aioice in control takes whichever pair succeeded last, also one that a late check of ours over a relay brought up.
constexpr Duration kRelayedCheckDelay = std::chrono::milliseconds{1000};

/// --opt names a policy. The contract's timeout is the patience: when candidates come is up to the peer.
Policy policy_of(const contract::Arguments& arguments) {
  const auto name = arguments.options.empty() ? std::string("relay-first") : arguments.options;
  const auto* preset = find_policy(name);
  if (preset == nullptr) throw CommandError(kWrongUsage, fmt::format("--opt {}: no policy of this name", name));
  Policy policy = *preset;
  policy.patience = arguments.timeout;
  policy.relayed_check_delay = std::max(policy.relayed_check_delay, kRelayedCheckDelay);
  return policy;
}

agent::PlainConfig config_of(const contract::Arguments& arguments, const Policy& policy) {
  agent::PlainConfig config{.role = arguments.controlling ? ice::Role::controlling : ice::Role::controlled,
                            .policy = &policy,
                            .stun = arguments.stun,
                            .relayed_only = arguments.relayed_only};
  if (!arguments.turn) return config;
  const auto& turn = *arguments.turn;
  config.turn = agent::TurnServer{turn.address, turn.user, turn.password, turn.transport};
  return config;
}

/// The address that the host's candidate stands for.
IpAddress own_address(const contract::Arguments& arguments) {
  if (arguments.stun) return own_address_towards(*arguments.stun);
  if (arguments.turn) return own_address_towards(arguments.turn->address);
  throw CommandError(kWrongUsage, "--stun or --turn is needed to know the own address");
}

class OurSide final : public contract::IceSide, public net::StreamUser {
 public:
  OurSide(const contract::Arguments& arguments, const Policy& policy)
      : own_(own_address(arguments)),
        agent_(config_of(arguments, policy), rng_),
        driver_(host_, agent_, &streams_),
        run_("punchlab", arguments, *this) {
    local_ = open_or_fail(host_, agent::PlainAgent::kSocket, {own_, 0});
    host_.watch(run_.descriptor());
  }

  void serve() {
    const auto sink = [this](const Output& output, Bytes bytes) { take(output, bytes); };
    while (interrupted == 0) {
      run_.wake(net::monotonic_now());
      if (run_.finished()) return;
      driver_.drain(sink);
      tell();
      driver_.turn(std::min({run_.next(), streams_.next(), net::monotonic_now() + kInterruptCheck}), sink);
      streams_.handle(net::monotonic_now(), driver_.woken(), *this);
    }
  }

  void start(Time now) override {
    const auto& own = agent_.local_credentials();
    run_.say(fmt::format("ice-ufrag:{}", ice::ufrag_of(own)));
    run_.say(fmt::format("ice-pwd:{}", ice::password_of(own)));
    agent_.connect(now, local_);
  }

  void take_line(Time now, std::string_view line) override {
    const auto value = line.substr(std::min(line.find(':') + 1, line.size()));
    if (line.starts_with("ice-ufrag:")) peer_ufrag_ = value;
    if (line.starts_with("ice-pwd:")) agent_.set_remote_credentials(now, peer_ufrag_, value);
    if (const auto candidate = ice::parse_candidate_line(line)) agent_.add_remote(now, *candidate);
    if (line == "end-of-candidates") agent_.end_of_remote_candidates(now);
  }

  void send(Time now, Bytes data) override {
    std::array<std::uint8_t, kMaxDatagram> buffer;
    if (const auto transmit = agent_.send(now, data, buffer))
      driver_.send(*transmit, Bytes{buffer}.first(transmit->size));
  }

  void on_stream_accepted(SocketId, SocketId, const TransportAddress&) override {}
  void on_stream_opened(SocketId) override { agent_.handle_stream_opened(net::monotonic_now()); }
  void on_stream_bytes(SocketId stream, Bytes bytes) override {
    while (!bytes.empty() && streams_.owns(stream)) {
      bytes = bytes.subspan(agent_.handle_stream(net::monotonic_now(), bytes));
      driver_.drain([this](const Output& output, Bytes payload) { take(output, payload); });
    }
  }
  void on_stream_closed(SocketId, const std::string&) override { agent_.handle_stream_closed(net::monotonic_now()); }

 private:
  void take(const Output& output, Bytes bytes) {
    const auto now = net::monotonic_now();
    if (const auto* open = std::get_if<OpenSocket>(&output)) streams_.connect(open->socket, open->remote, nullptr);
    if (const auto* data = std::get_if<Received>(&output)) run_.received(now, bytes.first(data->size));
    if (const auto* failed = std::get_if<ConnectionFailed>(&output)) run_.failed(now, failed->reason);
    if (std::holds_alternative<PathChanged>(output) && agent_.selected()) select(now, *agent_.selected());
  }

  void select(Time now, const ice::Path& path) {
    const auto type = [](ice::CandidateType t) { return kTypes[static_cast<std::size_t>(t)]; };
    run_.selected(now, {type(path.local_type), own_.to_string(), local_.port},
                  {type(path.remote_type), path.remote.address.to_string(), path.remote.port});
  }

  void tell() {
    while (auto candidate = agent_.next_candidate()) {
      if (candidate->type != ice::CandidateType::relayed) candidate->base = local_;
      run_.say(ice::to_candidate_line(*candidate));
    }
    if (started() && agent_.gathered()) run_.gathered(net::monotonic_now());
  }
  bool started() const { return run_.next() != kNever; }

  net::SystemRng rng_;
  net::UdpHost host_;
  net::StreamSet streams_{host_};
  IpAddress own_;
  TransportAddress local_;
  agent::PlainAgent agent_;
  net::Driver<agent::PlainAgent> driver_;
  contract::Run run_;
  std::string peer_ufrag_;
};

}  // namespace

int agent_command(const Arguments& arguments) {
  if (arguments.empty() || arguments.front() == "--help") {
    fmt::print(
        "punchlab agent --name A|B --peer B|A --role controlling|controlled --sig DIR --stun stun:IP:PORT\n"
        "               [--turn turn:IP:PORT[?transport=udp|tcp] --turn-user U --turn-pass P] [--timeout SEC] "
        "[--settle MS]\n"
        "               [--policy all|relay] [--echo N] [--len BYTES] [--opt POLICY]\n\n"
        "Our core as one side of a trial of two ICE agents, under the driver contract of docs/agents.md.\n\n"
        "example: punchlab agent --name A --peer B --role controlling --sig /tmp/trial --stun stun:192.0.2.1:3478\n");
    return kFine;
  }
  const auto parsed = contract::parse_arguments(arguments);
  if (const auto* mistake = std::get_if<std::string>(&parsed)) throw CommandError(kWrongUsage, *mistake);
  const auto& values = std::get<contract::Arguments>(parsed);
  const auto policy = policy_of(values);
  listen_for_interrupts();
  try {
    OurSide(values, policy).serve();
  } catch (const std::system_error& error) {
    throw CommandError(kMachineLacks, error.what());
  }
  return interrupted == 0 ? kFine : kInterrupted;
}

}  // namespace punchlab::cli
