#include "tools/agents/contract/run.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace punchlab::contract {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const End& end) { return {{"type", end.type}, {"addr", end.address}, {"port", end.port}}; }

double milliseconds(Duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

double median(std::vector<Duration> values) {
  std::sort(values.begin(), values.end());
  return milliseconds(values[values.size() / 2]);
}

bool relayed(const End& end) { return end.type == "relay"; }

}  // namespace

Run::Run(std::string agent, const Arguments& arguments, IceSide& side)
    : agent_(std::move(agent)),
      arguments_(arguments),
      side_(side),
      signalling_(arguments.directory, arguments.name, arguments.peer),
      echo_(arguments.name[0], arguments.echoes, arguments.length, arguments.settle) {
  signalling_.mark_ready();
}

Time Run::next() const {
  if (started_ == kNever) return kNever;
  if (reported_ != kNever) return std::min(reported_ + kLinger, echo_.next());
  return std::min(started_ + arguments_.timeout, echo_.next());
}

void Run::wake(Time now) {
  signalling_.clear();
  if (started_ == kNever) {
    if (!signalling_.may_go()) return;
    begin(now);
  }
  for (const auto& line : signalling_.heard()) side_.take_line(now, line);
  send_due(now);
  const bool over = echo_.finished() || failed_ != kNever || now >= started_ + arguments_.timeout;
  if (over && reported_ == kNever) report(now);
  if (reported_ != kNever && (signalling_.peer_done() || now >= reported_ + kLinger)) ended_ = true;
}

void Run::begin(Time now) {
  started_ = now;
  side_.start(now);
}

void Run::say(const std::string& line) {
  hosts_ += line.find(" typ host") != std::string::npos;
  reflexive_ += line.find(" typ srflx") != std::string::npos;
  relayed_ += line.find(" typ relay") != std::string::npos;
  signalling_.say(line);
}

void Run::gathered(Time now) {
  if (gathered_ != kNever) return;
  gathered_ = now;
  say("end-of-candidates");
}

void Run::selected(Time now, const End& local, const End& remote) {
  pair_ = {now, local, remote};
  if (!first_) first_ = pair_;
  echo_.begin(now);
}

void Run::failed(Time now, const std::string& error) {
  if (failed_ != kNever || echo_.finished()) return;
  failed_ = now;
  error_ = error;
}

void Run::received(Time now, Bytes datagram) {
  std::array<std::uint8_t, kMaxDatagram> reply;
  if (datagram.size() <= reply.size() && echo_.handle(now, datagram, reply))
    side_.send(now, Bytes{reply}.first(datagram.size()));
}

void Run::send_due(Time now) {
  std::array<std::uint8_t, kMaxDatagram> ping;
  while (const auto size = echo_.poll(now, ping)) side_.send(now, Bytes{ping}.first(size));
}

/// In milliseconds; -1: it never happened.
long Run::since_start(Time at) const {
  return at == kNever ? -1 : std::chrono::round<std::chrono::milliseconds>(at - started_).count();
}

void Run::report(Time now) {
  reported_ = now;
  if (!echo_.finished() && error_.empty()) error_ = pair_ ? "no answer to the echoes" : "timeout";
  std::printf("%s\n", report_line().c_str());
  std::fflush(stdout);
  signalling_.mark_done();
}

std::string Run::report_line() const {
  const auto& trips = echo_.round_trips();
  const bool direct = pair_ && !relayed(pair_->local) && !relayed(pair_->remote);
  Json line{{"agent", agent_},
            {"name", arguments_.name},
            {"role", arguments_.controlling ? "controlling" : "controlled"},
            {"outcome", trips.empty() ? "failed" : direct ? "direct" : "relayed"},
            {"ms_gather", since_start(gathered_)},
            {"ms_connected", first_ ? milliseconds(first_->at - started_) : -1},
            {"ms_data", echo_.first_reply() ? milliseconds(*echo_.first_reply() - started_) : -1},
            {"ms_failed", since_start(failed_)}};
  if (first_) line["first"] = {{"local", json_of(first_->local)}, {"remote", json_of(first_->remote)}};
  if (pair_) line["pair"] = {{"local", json_of(pair_->local)}, {"remote", json_of(pair_->remote)}};
  line["echo"] = {{"sent", echo_.sent()}, {"ok", trips.size()}, {"bytes", echo_.length()}};
  if (!trips.empty()) line["echo"]["rtt_ms"] = median(trips);
  line["cands"] = {{"host", hosts_}, {"srflx", reflexive_}, {"relay", relayed_}};
  line["error"] = error_;
  return line.dump();
}

}  // namespace punchlab::contract
