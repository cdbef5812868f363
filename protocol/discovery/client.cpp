#include "protocol/discovery/client.hpp"

#include "protocol/discovery/allocation_probe.hpp"
#include "protocol/discovery/binding_tests.hpp"
#include "protocol/discovery/hairpin_probe.hpp"
#include "protocol/discovery/lifetime_tests.hpp"

namespace punchlab::discovery {
namespace {

constexpr std::size_t kPortSpan = 24000;

/// Offset of the n-th local port: steps wide enough that a NAT which counts up cannot be mistaken for one that
/// preserves, and parities (even, odd, odd, even, ...) that no counting by one follows.
std::uint16_t port_offset(std::size_t n) {
  return static_cast<std::uint16_t>((n * 38 + (n * (n + 1) / 2) % 2) % kPortSpan);
}

}  // namespace

Client::Client(const ClientOptions& options, Rng& rng) : options_(options), rng_(rng) {
  server_.address = {options.server.address, options.server.address};
  server_.port = {options.server.port, options.server.port};
  add_tests();
}

Client::~Client() = default;

void Client::add_tests() {
  tests_.push_back(std::make_unique<MappingTest>());
  tests_.push_back(std::make_unique<FilteringTest>());
  tests_.push_back(std::make_unique<AllocationTest>());
  tests_.push_back(std::make_unique<HairpinTest>());
  if (!options_.lifetimes) return;
  tests_.push_back(std::make_unique<LifetimeTest>(LifetimeTest::Kind::unreplied));
  tests_.push_back(std::make_unique<LifetimeTest>(LifetimeTest::Kind::replied));
  tests_.push_back(std::make_unique<RefreshTest>());
}

SocketId Client::open() {
  const std::size_t n = sockets_.size();
  std::uint16_t port = 0;
  if (options_.first_port != 0) port = static_cast<std::uint16_t>(options_.first_port + port_offset(n));
  sockets_.push_back({{options_.local, port}, false, true, false});
  return SocketId{static_cast<std::uint32_t>(n)};
}

void Client::socket_bound(SocketId socket, const TransportAddress& local) {
  if (socket.value < sockets_.size()) sockets_[socket.value].local = local;
}

Output Client::poll(Time now, MutableBytes buffer) {
  if (!started_) {
    started_ = true;
    advance(now);
  }
  for (; unannounced_ < sockets_.size(); ++unannounced_) {
    Socket& s = sockets_[unannounced_];
    if (s.announced) continue;
    s.announced = true;
    return OpenSocket{SocketId{static_cast<std::uint32_t>(unannounced_)}, Transport::udp, s.local, {}};
  }
  for (; unclosed_ < first_of_test_; ++unclosed_) {
    Socket& s = sockets_[unclosed_];
    if (s.closed) continue;
    s.closed = true;
    return CloseSocket{SocketId{static_cast<std::uint32_t>(unclosed_)}};
  }
  if (request_.send_now) {
    request_.send_now = false;
    ++request_.sent;
    outcome_.sent = now;
    due_ = now + options_.rto;
    return Transmit{request_.exchange.from, request_.exchange.to, write_request(buffer), 0};
  }
  return Deadline{due_, finished() ? "finished" : request_.active ? "answer to a Binding request" : "wait of a test"};
}

std::size_t Client::write_request(MutableBytes buffer) {
  stun::MessageWriter writer(buffer, stun::Class::request, stun::Method::binding, request_.id);
  const Exchange& e = request_.exchange;
  if (e.change != Change::nothing) writer.u32(stun::Attribute::change_request, static_cast<std::uint32_t>(e.change));
  if (e.response_port != 0) writer.u32(stun::Attribute::response_port, std::uint32_t{e.response_port} << 16);
  return writer.finish();
}

void Client::handle_datagram(Time now, const Datagram& datagram) {
  if (!request_.active || datagram.socket != request_.exchange.at) return;
  const auto message = stun::MessageView::parse(datagram.payload);
  if (!message || message->method() != stun::Method::binding || message->transaction_id() != request_.id) return;
  if (message->message_class() == stun::Class::error) return;
  outcome_.answered = true;
  outcome_.source = datagram.source;
  outcome_.mapped = message->address(stun::Attribute::xor_mapped_address).value_or(TransportAddress{});
  outcome_.other = message->address(stun::Attribute::other_address).value_or(TransportAddress{});
  request_.active = false;
  advance(now);
}

void Client::handle_timeout(Time now) {
  if (now < due_) return;
  if (request_.active && request_.sent < options_.tries) {
    request_.send_now = true;
    due_ = kNever;
    return;
  }
  request_.active = false;
  advance(now);
}

/// Hands the outcome to the running test and does what it says, through as many tests as finish at once.
void Client::advance(Time now) {
  due_ = kNever;
  while (!finished()) {
    const Step step = tests_[current_]->next(now, outcome_, *this);
    outcome_ = {};
    if (const auto* exchange = std::get_if<Exchange>(&step)) return begin(now, *exchange);
    if (const auto* wait = std::get_if<Wait>(&step)) {
      if (wait->until <= now) continue;
      due_ = wait->until;
      return;
    }
    end_test();
  }
}

void Client::begin(Time now, const Exchange& exchange) {
  request_ = {true, true, 0, exchange, stun::random_transaction_id(rng_)};
  outcome_.sent = now;
}

void Client::end_test() {
  first_of_test_ = sockets_.size();
  ++current_;
  if (!Context::findings.reachable) current_ = tests_.size();  // nothing else can be found out
}

}  // namespace punchlab::discovery
