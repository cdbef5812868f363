#include "sim/explain/diagram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "sim/explain/listing.hpp"
#include "sim/explain/sentence.hpp"
#include "sim/explain/words.hpp"

namespace punchlab::explain {
namespace {

using trial::HostId;
using Kind = trial::PacketEvent::Kind;

constexpr int kTimes = 90;    ///< width of the column of times
constexpr int kColumn = 230;  ///< between lifelines
constexpr int kTop = 64;
constexpr int kRow = 46;
constexpr int kApart = 5;   ///< between the two ways of a packet that turns back
constexpr int kLetter = 7;  ///< width of a letter of a label, more than most have
constexpr int kMargin = 8;  ///< between a label and what it stands beside

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

constexpr const char* kStyle = R"(<style>
svg.sequence { --ink:#1c1e21; --faint:#8a9099; --line:#d5d9de; --bad:#b3261e; --good:#1a7f37; --note:#0b57d0; --paper:#ffffff;
  font: 12px system-ui, sans-serif; background: var(--paper); }
@media screen and (prefers-color-scheme: dark) { svg.sequence { --ink:#e6e8eb; --faint:#8b929b; --line:#3a3f46; --bad:#ff8a80; --good:#6fdd8b;
  --note:#8ab4f8; --paper:#16181b; } }
svg.sequence text { fill: var(--ink); } svg.sequence .faint { fill: var(--faint); font-size: 10.5px; }
svg.sequence .bad { fill: var(--bad); } svg.sequence .note { fill: var(--note); font-weight: 600; }
svg.sequence .life { stroke: var(--line); } svg.sequence .way { stroke: var(--ink); fill: none; }
svg.sequence .way.lost { stroke: var(--bad); } svg.sequence .head { fill: var(--ink); } svg.sequence .dot { fill: var(--faint); }
svg.sequence .cross { stroke: var(--bad); stroke-width: 2.5; } svg.sequence .box { fill: var(--paper); stroke: var(--faint); }
</style>
)";

/// Where hosts and gateways stand, from the client on the left to the connector on the right; between them the gateways
/// that both share, from the inside out, and the relay.
class Columns {
 public:
  explicit Columns(const Recording& r)
      : client_(static_cast<int>(r.topology.host(HostId::client).gateways.size())),
        shared_(r.topology.shared ? static_cast<int>(r.topology.shared->gateways.size()) : 0),
        connector_(static_cast<int>(r.topology.host(HostId::connector).gateways.size())) {}

  int count() const { return client_ + shared_ + connector_ + 3; }
  int width() const { return kTimes + kColumn * (count() - 1) + 150; }
  int x(int column) const { return kTimes + 70 + kColumn * column; }
  int of_host(HostId host) const {
    return host == HostId::client ? 0 : host == HostId::relay ? client_ + shared_ + 1 : count() - 1;
  }
  /// Gateway `g` of a side; the core counts as one more, and is drawn where the relay stands.
  int of_gateway(HostId side, int g) const {
    if (side == HostId::relay) return of_host(side);
    if (side == HostId::shared) return 1 + client_ + g;
    if (side == HostId::client) return g < client_ ? 1 + g : of_host(HostId::relay);
    return count() - 2 - g;
  }

 private:
  int client_, shared_, connector_;
};

/// The line of a packet. What turns back does so a little below, so that there and back can both be seen.
class Way {
 public:
  Way(int x, int y) : start_(x), before_(x), x_(x), y_(y), path_(fmt::format("M{} {}", x, y)) {}

  void go(int to) {
    if (turns(to)) {
      path_ += fmt::format("H{}v{}", x_, kApart);
      y_ += kApart;
    }
    if (to != x_) before_ = x_;
    x_ = to;
  }
  bool turns(int to) const { return (to - x_) * (x_ - before_) < 0; }
  int start() const { return start_; }
  int x() const { return x_; }
  int y() const { return y_; }
  bool leftwards() const { return x_ < before_; }  ///< at its end
  std::string path() const { return path_ + fmt::format("H{}", x_); }

 private:
  int start_, before_, x_, y_;
  std::string path_;
};

/// Where a packet's labels stand: beside the end of its line where they fit, and cut where they fit nowhere.
struct Place {
  int x = 0;
  bool to_the_left = false;
  std::size_t letters = 0;  ///< that there is room for
};

std::string cut(const std::string& text, std::size_t letters) {
  return text.size() > letters ? text.substr(0, letters - 4) + " ..." : text;
}

class Drawing {
 public:
  explicit Drawing(const Recording& r) : r_(r), columns_(r) {}

  std::string svg(const std::vector<Journey>& journeys) {
    draw_rows(journeys);
    const int height = y_ + 24;
    std::string lives;
    for (int c = 0; c < columns_.count(); ++c)
      lives += fmt::format("<line class=\"life\" x1=\"{0}\" x2=\"{0}\" y1=\"{1}\" y2=\"{2}\"/>\n", columns_.x(c),
                           kTop - 18, height - 8);
    return fmt::format(
        "<svg class=\"sequence\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{}\" width=\"{}\" "
        "height=\"{}\" viewBox=\"0 0 {} {}\">\n{}{}{}{}</svg>\n",
        escaped(sentence(r_)), columns_.width(), height, columns_.width(), height, kStyle, lives, heads(), rows_);
  }

 private:
  std::string head(int column, const std::string& name, const std::string& detail) const {
    const int x = columns_.x(column);
    return fmt::format(
        "<rect class=\"box\" x=\"{}\" y=\"8\" width=\"140\" height=\"36\" rx=\"5\"/><text x=\"{}\" y=\"23\" "
        "text-anchor=\"middle\">{}</text><text class=\"faint\" x=\"{}\" y=\"38\" text-anchor=\"middle\">{}</text>\n",
        x - 70, x, escaped(name), x, escaped(detail));
  }

  std::string heads() const {
    std::string text;
    for (const auto id : {HostId::client, HostId::connector, HostId::relay, HostId::shared}) {
      if (!r_.topology.has(id)) continue;
      const auto& host = r_.topology.host(id);
      if (id != HostId::shared) text += head(columns_.of_host(id), name_of(id), host.addresses.front().to_string());
      for (std::size_t g = 0; g < host.gateways.size(); ++g)
        text += head(columns_.of_gateway(id, static_cast<int>(g)), name_of(r_, id, g),
                     host.gateways[g].profile.name.substr(0, 24));
    }
    return text;
  }

  void draw_rows(const std::vector<Journey>& journeys) {
    std::size_t change = 0, hidden = 0;
    for (const auto& journey : journeys) {
      const auto at = r_.events[journey.hops.front().event].at;
      while (change < r_.path_changes.size() && r_.path_changes[change].at <= at) {
        draw_hidden(hidden);
        draw_change(r_.path_changes[change++]);
      }
      if (journey.data) {
        ++hidden;
        continue;
      }
      draw_hidden(hidden);
      draw_packet(journey, at);
    }
    draw_hidden(hidden);
    while (change < r_.path_changes.size()) draw_change(r_.path_changes[change++]);
  }

  void draw_time(Time at) {
    rows_ += fmt::format("<text class=\"faint\" x=\"4\" y=\"{}\">{} ms</text>", y_, milliseconds(r_, at));
  }

  void draw_hidden(std::size_t& hidden) {
    if (hidden == 0) return;
    rows_ += fmt::format("<text class=\"faint\" x=\"{}\" y=\"{}\">{} packet{} of application data</text>\n",
                         columns_.x(0) + 8, y_, hidden, hidden == 1 ? "" : "s");
    hidden = 0;
    y_ += kRow / 2;
  }

  void draw_change(const trial::Trial::PathChange& c) {
    const char* what = c.path == PathKind::direct    ? "sends directly"
                       : c.path == PathKind::relayed ? "sends over the relay"
                                                     : "has no path";
    const int x = columns_.x(columns_.of_host(c.host));
    draw_time(c.at);
    rows_ += fmt::format("<text class=\"note\" x=\"{}\" y=\"{}\" text-anchor=\"{}\">{} {}</text>\n", x, y_,
                         c.host == HostId::client ? "start" : "end", name_of(c.host), what);
    y_ += kRow / 2;
  }

  int column_of(const Event& event) const {
    switch (event.kind) {
      case Kind::sent:
      case Kind::delivered:
      case Kind::ignored:
        return columns_.of_host(event.side);
      default:
        return columns_.of_gateway(event.side, event.gateway);
    }
  }

  /// Links have no column: a packet lost on one ends half-way beyond the last place.
  int x_of(const Event& event, int from) const {
    const int x = columns_.x(column_of(event));
    if (event.kind != Kind::lost_on_link && event.kind != Kind::queue_overflow) return x;
    return x == from ? from + (event.side == HostId::connector ? -kColumn / 2 : kColumn / 2) : (x + from) / 2;
  }

  void draw_packet(const Journey& journey, Time at) {
    draw_time(at);
    const auto& first = r_.events[journey.hops.front().event];
    const auto& last = r_.events[journey.hops.back().event];
    Way way(columns_.x(column_of(first)), y_ + 9);
    std::string marks, tip = journey.meaning;
    for (const auto& hop : journey.hops) {
      const auto& event = r_.events[hop.event];
      way.go(x_of(event, way.x()));
      tip += fmt::format("\n{} ms {}", milliseconds(r_, event.at), verdict(r_, event));
      if (event.kind == Kind::translated)
        marks += fmt::format("<circle class=\"dot\" cx=\"{}\" cy=\"{}\" r=\"3\"/>", way.x(), way.y());
      if (event.after)
        for (const auto& change : changes(*event.before, *event.after)) tip += "\n  " + change;
    }
    const bool arrived = last.kind == Kind::delivered || last.kind == Kind::ignored;
    rows_ += fmt::format("<g><title>{}</title>", escaped(tip));
    draw_labels(journey, last, way);
    rows_ += fmt::format("<path class=\"way{}\" d=\"{}\"/>{}", arrived ? "" : " lost", way.path(), marks);
    if (arrived)
      rows_ +=
          fmt::format("<path class=\"head\" d=\"M{0} {1}l{2} -4v8z\"/>", way.x(), way.y(), way.leftwards() ? 7 : -7);
    else if (last.kind != Kind::translated && last.kind != Kind::sent)
      rows_ += fmt::format("<path class=\"cross\" d=\"M{} {}l10 10m0 -10l-10 10\"/>", way.x() - 5, way.y() - 5);
    rows_ += "</g>\n";
    y_ += kRow;
  }

  /// From where the packet starts in its direction, when there is room for `letters`; else from where it ends, or from
  /// where there is more room.
  Place place(const Way& way, std::size_t letters) const {
    const bool leftwards = way.x() < way.start();
    const auto beside = [&](int x, bool to_the_left) {
      const int at = to_the_left ? x - kMargin : x + kMargin;
      const int room = to_the_left ? at - kTimes : columns_.width() - kMargin - at;
      return Place{at, to_the_left, static_cast<std::size_t>(std::max(room / kLetter, 8))};
    };
    const auto from = beside(way.start(), leftwards), to = beside(way.x(), !leftwards);
    return from.letters >= letters || from.letters >= to.letters ? from : to;
  }

  void draw_label(const char* style, const Place& place, int y, const std::string& text) {
    rows_ += fmt::format("<text{} x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>", style, place.x, y,
                         place.to_the_left ? "end" : "start", escaped(cut(text, place.letters)));
  }

  void draw_labels(const Journey& journey, const Event& last, const Way& way) {
    const auto meaning = cut(journey.meaning, 78);
    const auto& hop = journey.hops.back();
    auto below = fmt::format("{} -> {}", hop.source.to_string(), hop.destination.to_string());
    const bool bad = last.kind != Kind::delivered && last.kind != Kind::translated && last.kind != Kind::sent &&
                     last.kind != Kind::ignored;
    if (bad) below += ", " + verdict(r_, last);
    const auto where = place(way, std::max(meaning.size(), below.size()));
    draw_label("", where, y_ + 3, meaning);
    draw_label(bad ? " class=\"faint bad\"" : " class=\"faint\"", where, way.y() + 13, below);
  }

  const Recording& r_;
  Columns columns_;
  std::string rows_;
  int y_ = kTop;
};

constexpr const char* kPage = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{0}</title>
<style>
:root {{ color-scheme: light dark; }} body {{ font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 1500px; }}
figure {{ margin: 0; overflow-x: auto; }} pre {{ overflow-x: auto; font-size: 12.5px; line-height: 1.35; }}
</style></head>
<body><h1>{0}</h1>
<p>{1}</p>
<p><small>Again: <code>{2}</code></small></p>
<figure tabindex="0" aria-label="Sequence diagram; the same as text stands below">
{3}</figure>
<details><summary>The same as text, with what each packet changed in the gateways' tables</summary><pre>{4}</pre></details>
</body></html>
)";

}  // namespace

std::string diagram_svg(const Recording& recording, const std::vector<Journey>& journeys) {
  return Drawing(recording).svg(journeys);
}

std::string diagram_html(const Recording& recording, const std::vector<Journey>& journeys, const std::string& title,
                         const std::string& command) {
  return fmt::format(kPage, escaped(title), escaped(sentence(recording)), escaped(command),
                     diagram_svg(recording, journeys), escaped(listing(recording, journeys, {})));
}

}  // namespace punchlab::explain
