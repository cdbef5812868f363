// Driver for libnice under the contract of docs/agents.md. --opt regular makes it nominate as RFC 8445 asks; otherwise
// it nominates aggressively, which is its default.
#include <glib-unix.h>
#include <nice/agent.h>

#include <cstdio>
#include <ctime>
#include <memory>

#include "tools/agents/contract/run.hpp"

namespace punchlab {
namespace {

constexpr guint kComponent = 1;

Time now() {
  return Time{std::chrono::microseconds{g_get_monotonic_time()}};
}

struct FreeGlib {
  void operator()(void* p) const { g_free(p); }
};
using Text = std::unique_ptr<char, FreeGlib>;

const char* type_of(const NiceCandidate& candidate) {
  switch (candidate.type) {
    case NICE_CANDIDATE_TYPE_HOST:
      return "host";
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
      return "srflx";
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
      return "prflx";
    case NICE_CANDIDATE_TYPE_RELAYED:
      return "relay";
  }
  return "";
}

contract::End end_of(const NiceCandidate& candidate) {
  char address[NICE_ADDRESS_STRING_LEN];
  nice_address_to_string(&candidate.addr, address);
  return {type_of(candidate), address, nice_address_get_port(&candidate.addr)};
}

class NiceSide final : public contract::IceSide {
 public:
  explicit NiceSide(const contract::Arguments& arguments) : arguments_(arguments), run_("libnice", arguments, *this) {
    const auto regular = arguments.options == "regular" ? NICE_AGENT_OPTION_REGULAR_NOMINATION : 0;
    agent_ = nice_agent_new_full(nullptr, NICE_COMPATIBILITY_RFC5245,
                                 static_cast<NiceAgentOption>(regular | NICE_AGENT_OPTION_ICE_TRICKLE));
    g_object_set(agent_, "controlling-mode", arguments.controlling ? TRUE : FALSE, "ice-tcp", FALSE, "upnp", FALSE,
                 "force-relay", arguments.relayed_only ? TRUE : FALSE, nullptr);
    stream_ = nice_agent_add_stream(agent_, kComponent);
    set_servers();
    listen();
    g_unix_fd_add(run_.descriptor(), G_IO_IN, on_file, this);
  }
  // The agent ends with the program: to end it in order, libnice would wait for the relay.
  NiceSide(const NiceSide&) = delete;
  NiceSide& operator=(const NiceSide&) = delete;

  void serve() {
    wake();
    g_main_loop_run(loop_);
  }

  void start(Time) override {
    char* ufrag = nullptr;
    char* password = nullptr;
    nice_agent_get_local_credentials(agent_, stream_, &ufrag, &password);
    run_.say(std::string("ice-ufrag:") + Text(ufrag).get());
    run_.say(std::string("ice-pwd:") + Text(password).get());
    if (!nice_agent_gather_candidates(agent_, stream_)) run_.failed(now(), "libnice cannot gather");
  }

  void take_line(Time, std::string_view line) override {
    const std::string value(line.substr(std::min(line.find(':') + 1, line.size())));
    if (line.starts_with("ice-ufrag:")) peer_ufrag_ = value;
    if (line.starts_with("ice-pwd:"))
      nice_agent_set_remote_credentials(agent_, stream_, peer_ufrag_.c_str(), value.c_str());
    if (line.starts_with("candidate:")) add_candidate("a=" + std::string(line));
    if (line == "end-of-candidates") nice_agent_peer_candidate_gathering_done(agent_, stream_);
  }

  void send(Time, Bytes data) override {
    nice_agent_send(agent_, stream_, kComponent, static_cast<guint>(data.size()),
                    reinterpret_cast<const char*>(data.data()));
  }

 private:
  void set_servers() {
    if (arguments_.stun) {
      const auto address = arguments_.stun->address.to_string();
      g_object_set(agent_, "stun-server", address.c_str(), "stun-server-port", guint{arguments_.stun->port}, nullptr);
    }
    if (const auto& turn = arguments_.turn)
      nice_agent_set_relay_info(agent_, stream_, kComponent, turn->address.address.to_string().c_str(),
                                turn->address.port, turn->user.c_str(), turn->password.c_str(),
                                turn->transport == Transport::udp ? NICE_RELAY_TYPE_TURN_UDP : NICE_RELAY_TYPE_TURN_TCP);
  }

  void listen() {
    g_signal_connect(agent_, "new-candidate-full", G_CALLBACK(on_candidate), this);
    g_signal_connect(agent_, "candidate-gathering-done", G_CALLBACK(on_gathered), this);
    g_signal_connect(agent_, "new-selected-pair-full", G_CALLBACK(on_selected), this);
    g_signal_connect(agent_, "component-state-changed", G_CALLBACK(on_state), this);
    nice_agent_attach_recv(agent_, stream_, kComponent, nullptr, on_data, this);
  }

  void add_candidate(const std::string& line) {
    auto* candidate = nice_agent_parse_remote_candidate_sdp(agent_, stream_, line.c_str());
    if (candidate == nullptr) return;  // a transport or a kind that libnice does not have
    GSList* list = g_slist_append(nullptr, candidate);
    nice_agent_set_remote_candidates(agent_, stream_, kComponent, list);
    g_slist_free_full(list, [](gpointer c) { nice_candidate_free(static_cast<NiceCandidate*>(c)); });
  }

  /// Wakes the run now, and again when it next has work.
  void wake() {
    run_.wake(now());
    if (run_.finished()) return g_main_loop_quit(loop_);
    if (timer_ != 0) g_source_remove(timer_);
    timer_ = 0;
    if (run_.next() == kNever) return;
    const auto left = std::max(run_.next() - now(), Duration{0});
    timer_ = g_timeout_add(static_cast<guint>(std::chrono::ceil<std::chrono::milliseconds>(left).count()), on_timer, this);
  }

  static NiceSide& of(gpointer self) { return *static_cast<NiceSide*>(self); }
  static gboolean on_file(gint, GIOCondition, gpointer self) {
    of(self).wake();
    return G_SOURCE_CONTINUE;
  }
  static gboolean on_timer(gpointer self) {
    of(self).timer_ = 0;
    of(self).wake();
    return G_SOURCE_REMOVE;
  }
  static void on_candidate(NiceAgent* agent, NiceCandidate* candidate, gpointer self) {
    const Text line(nice_agent_generate_local_candidate_sdp(agent, candidate));
    of(self).run_.say(line.get() + 2);  // without "a="
  }
  static void on_gathered(NiceAgent*, guint, gpointer self) { of(self).run_.gathered(now()); }
  static void on_selected(NiceAgent*, guint, guint, NiceCandidate* local, NiceCandidate* remote, gpointer self) {
    of(self).run_.selected(now(), end_of(*local), end_of(*remote));
    of(self).wake();
  }
  static void on_state(NiceAgent*, guint, guint, guint state, gpointer self) {
    if (state == NICE_COMPONENT_STATE_FAILED) of(self).failed();
  }
  static void on_data(NiceAgent*, guint, guint, guint size, gchar* data, gpointer self) {
    of(self).run_.received(now(), {reinterpret_cast<const std::uint8_t*>(data), size});
    of(self).wake();
  }
  /// libnice says so too early when candidates are still to come; a later success counts.
  void failed() { std::fprintf(stderr, "libnice: component failed\n"); }

  contract::Arguments arguments_;
  contract::Run run_;
  GMainLoop* loop_ = g_main_loop_new(nullptr, FALSE);
  NiceAgent* agent_ = nullptr;
  guint stream_ = 0;
  guint timer_ = 0;
  std::string peer_ufrag_;
};

}  // namespace
}  // namespace punchlab

int main(int argc, char** argv) {
  const auto arguments = punchlab::contract::parse_arguments({argv + 1, argv + argc});
  if (const auto* mistake = std::get_if<std::string>(&arguments)) {
    std::fprintf(stderr, "libnice driver: %s\n", mistake->c_str());
    return 2;
  }
  punchlab::NiceSide(std::get<0>(arguments)).serve();
  return 0;
}
