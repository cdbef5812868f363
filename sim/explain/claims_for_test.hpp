#pragma once
// For tests: what the sentence about a trial claims (sides, gateways, addresses, numbers of packets, times) against the
// events that its listing shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <string>

#include "sim/explain/evidence.hpp"
#include "sim/explain/journeys.hpp"
#include "sim/explain/listing.hpp"
#include "sim/explain/sentence.hpp"
#include "sim/explain/words.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::explain {

class Claims {
 public:
  explicit Claims(const Recording& recording) : r_(recording), f_(recording.finding), sentence_(sentence(recording)) {}

  void expect_shown() const {
    SCOPED_TRACE(sentence_);
    expect_addresses();
    expect_drops();
    switch (f_.code) {
      case trial::ReasonCode::mapping_varies:
        return expect_varying();
      case trial::ReasonCode::clash:
        return expect_clash();
      case trial::ReasonCode::filtered_by_port:
      case trial::ReasonCode::filtered_by_address:
        return expect_memory(f_.code == trial::ReasonCode::filtered_by_port);
      case trial::ReasonCode::mapping_expired:
        EXPECT_TRUE(any([&](const Event& e, const packet::View&) { return mapped(e, f_.destination); })) << "was there";
        return;
      case trial::ReasonCode::lost:
        return expect_losses();
      case trial::ReasonCode::too_late:
      case trial::ReasonCode::waited:
        EXPECT_EQ(losses().size(), 0U);
        return;
      case trial::ReasonCode::udp_blocked:
      case trial::ReasonCode::port_exhausted:
      case trial::ReasonCode::hairpin_missing:
        return expect_verdict();
      default:
        FAIL() << "nothing checks this sentence";
    }
  }

 private:
  using Kind = trial::PacketEvent::Kind;

  /// Each one is in the listing.
  void expect_addresses() const {
    const auto text = listing(r_, journeys(r_), {.all = true});
    const std::regex endpoint(R"((\d+\.){3}\d+:\d+)");
    for (std::sregex_iterator it(sentence_.begin(), sentence_.end(), endpoint), end; it != end; ++it)
      EXPECT_THAT(text, testing::HasSubstr(it->str()));
  }

  /// "the connector's NAT dropped 5 packets": that gateway, so many, from where the sentence says.
  void expect_drops() const {
    std::smatch said;
    if (!std::regex_search(sentence_, said, std::regex(R"(the ([^,:]*) dropped (a|\d+) packets?)"))) return;
    const auto name =
        said[1].str().substr(said[1].str().rfind("the ") == std::string::npos ? 0 : said[1].str().rfind("the ") + 4);
    const auto count = std::count_if(r_.events.begin(), r_.events.end(), [&](const Event& e) {
      const auto view = packet::parse(e.packet);
      return e.kind == Kind::dropped_by_gateway && name_of(r_, e.side, e.gateway) == name && view &&
             view->source == f_.source && view->destination == f_.destination;
    });
    EXPECT_EQ(std::to_string(count), said[2] == "a" ? "1" : said[2].str());
    if (f_.observed.port != 0) {
      EXPECT_TRUE(f_.source == f_.observed || shown_outside(f_.source, f_.observed)) << "dropped were others' packets";
    }
  }

  /// Neither side's packets came from where the other had sent to.
  void expect_crossed() const {
    EXPECT_TRUE(sent(f_.destination, f_.expected)) << "the peer's packets";
    EXPECT_TRUE(sent(f_.observed, f_.destination)) << "what the side sent there";
    EXPECT_FALSE(sent(f_.destination, f_.observed)) << "the peer had sent there";
    const auto client = varying_gateway(r_, trial::HostId::client);
    const auto connector = varying_gateway(r_, trial::HostId::connector);
    ASSERT_TRUE(client && connector);
    const auto whose = client == connector
                           ? "the " + name_of(r_, client->side, client->gateway) + "'s mappings vary for both sides"
                           : std::string("both NATs' mappings vary");
    EXPECT_THAT(sentence_, testing::HasSubstr(whose));
    EXPECT_EQ(client == connector, client->side == trial::HostId::shared);
  }

  void expect_varying() const {
    if (f_.packets == 0) return expect_crossed();
    EXPECT_TRUE(reached_relay(f_.expected)) << "the relay saw the side there";
    expect_memory(true);
    const auto place = varying_gateway(r_, f_.side);
    ASSERT_TRUE(place) << "no gateway's table shows a mapping that varies";
    EXPECT_THAT(sentence_, testing::HasSubstr("the " + name_of(r_, place->side, place->gateway) + " mapping varies"));
    const auto& gateways = r_.topology.host(place->side).gateways;
    const auto& profile = gateways[place->gateway].profile;
    EXPECT_TRUE(profile.mapping != nat::Dependence::endpoint_independent || profile.unsolicited_creates_state)
        << "another NAT's fault";
  }

  void expect_clash() const {
    if (f_.observed.port == 0) return;
    EXPECT_TRUE(reached_relay(f_.expected));
    const auto peer = f_.side == trial::HostId::client ? trial::HostId::connector : trial::HostId::client;
    auto outside = r_.topology.host(peer).outside_addresses();
    if (r_.topology.shared)
      for (const auto& gateway : r_.topology.shared->gateways)
        outside.insert(outside.end(), gateway.addressing.external.begin(), gateway.addressing.external.end());
    const auto clash = std::find_if(r_.events.begin(), r_.events.end(), [&](const Event& e) {
      return e.side == f_.side && e.reason == nat::Reason::mapping_clashed;
    });
    ASSERT_NE(clash, r_.events.end());
    EXPECT_TRUE(std::any_of(r_.events.begin(), clash, [&](const Event& e) {
      const auto view = packet::parse(e.packet);
      return view && e.side == f_.side && e.gateway == clash->gateway && e.kind != Kind::delivered &&
             std::find(outside.begin(), outside.end(), view->source.address) != outside.end();
    })) << "the peer's packet came first";
  }

  /// The gateway that the sentence names did so, with those addresses.
  void expect_verdict() const {
    using nat::Reason;
    const auto fits = [&](Reason reason) {
      switch (f_.code) {
        case trial::ReasonCode::udp_blocked:
          return reason == Reason::udp_blocked;
        case trial::ReasonCode::hairpin_missing:
          return reason == Reason::no_hairpin;
        default:
          return reason == Reason::ports_exhausted || reason == Reason::too_many_mappings ||
                 reason == Reason::too_many_mappings_of_host;
      }
    };
    const bool turned_back = f_.observed.port != 0;
    EXPECT_TRUE(turned_back || any([&](const Event& e, const packet::View& v) {
                  return e.kind == Kind::dropped_by_gateway && fits(e.reason) && v.source == f_.source &&
                         v.destination == f_.destination &&
                         sentence_.find("the " + name_of(r_, e.side, e.gateway)) != std::string::npos;
                }));
    if (turned_back) {
      EXPECT_TRUE(
          any([&](const Event& e, const packet::View&) { return e.mapped && e.mapped->inside == f_.observed; }));
      EXPECT_TRUE(reached_relay(f_.expected));
    }
  }

  /// "had forgotten": the receiver had sent there, by that gateway and before the last of the packets that were
  /// dropped.
  void expect_memory(bool whole_endpoint) const {
    auto last = r_.events.end();
    for (auto event = r_.events.begin(); event != r_.events.end(); ++event) {
      const auto view = packet::parse(event->packet);
      if (event->kind == Kind::dropped_by_gateway && at_the_gateway(*event) && view && view->source == f_.source &&
          view->destination == f_.destination)
        last = event;
    }
    ASSERT_NE(last, r_.events.end());
    const auto seen = last->mapped ? last->mapped->outside : f_.source;
    const bool sent = std::any_of(r_.events.begin(), last, [&](const Event& e) {
      const auto view = packet::parse(e.packet);
      if (!view || e.kind != Kind::translated || !at_the_gateway(e)) return false;
      const auto from = e.mapped ? e.mapped->outside : view->source;
      const auto to = e.mapped ? e.mapped->to : view->destination;
      return from == f_.destination && (whole_endpoint ? to == seen : to.address == seen.address);
    });
    EXPECT_EQ(sentence_.find("had forgotten") != std::string::npos, sent);
    if (r_.record.outcome != results::Outcome::direct) {
      EXPECT_THAT(sentence_, testing::Not(testing::HasSubstr("not yet")));
    }
  }
  bool at_the_gateway(const Event& e) const { return e.side == f_.dropped_by && e.gateway == f_.gateway; }

  /// "links lost 9 packets, the first at 60.001 ms".
  void expect_losses() const {
    const auto lost = losses();
    ASSERT_FALSE(lost.empty());
    EXPECT_THAT(sentence_,
                testing::HasSubstr(lost.size() == 1 ? "links lost a packet"
                                                    : "links lost " + std::to_string(lost.size()) + " packets"));
    EXPECT_THAT(sentence_, testing::HasSubstr("the first at " + milliseconds(r_, lost.front()) + " ms"));
  }

  /// Of packets that are no application data, before the trial was direct.
  std::vector<Time> losses() const {
    std::vector<Time> lost;
    const auto direct = first_direct();
    for (const auto& journey : journeys(r_)) {
      const auto& end = r_.events[journey.hops.back().event];
      const bool is_lost = end.kind == Kind::lost_on_link || end.kind == Kind::queue_overflow;
      if (is_lost && !journey.data && end.at < direct) lost.push_back(end.at);
    }
    std::sort(lost.begin(), lost.end());
    return lost;
  }

  /// When both peers sent directly for the first time; they may have gone back to the relay since.
  Time first_direct() const {
    std::array<bool, 2> direct{};
    for (const auto& change : r_.path_changes) {
      direct[static_cast<std::size_t>(change.host)] = change.path == PathKind::direct;
      if (direct[0] && direct[1]) return change.at;
    }
    return Time::max();
  }

  template <class Is>
  bool any(Is is) const {
    return std::any_of(r_.events.begin(), r_.events.end(), [&](const Event& e) {
      const auto view = packet::parse(e.packet);
      return view && is(e, *view);
    });
  }
  bool reached_relay(const TransportAddress& source) const {
    return any([&](const Event& e, const packet::View& v) {
      return e.kind == Kind::delivered && e.side == trial::HostId::relay && v.source == source;
    });
  }
  bool sent(const TransportAddress& from, const TransportAddress& to) const {
    return any([&](const Event& e, const packet::View& v) {
      if (e.mapped && e.mapped->outside == from && e.mapped->to == to) return true;
      return e.kind == Kind::translated && v.source == from && v.destination == to;
    });
  }
  bool shown_outside(const TransportAddress& inside, const TransportAddress& outside) const {
    return any([&](const Event& e, const packet::View&) {
      return e.mapped && e.mapped->inside == inside && e.mapped->outside == outside;
    });
  }
  static bool mapped(const Event& e, const TransportAddress& external) {
    return e.before && std::any_of(e.before->mappings.begin(), e.before->mappings.end(),
                                   [&](const auto& m) { return m.external == external; });
  }

  const Recording& r_;
  const trial::Finding& f_;
  std::string sentence_;
};

}  // namespace punchlab::explain
