#include "tools/agents/contract/arguments.hpp"

#include <charconv>
#include <map>

namespace punchlab::contract {
namespace {

using Values = std::map<std::string, std::string>;

struct Mistake {
  std::string text;
};

std::string take(Values& values, const std::string& key, const std::string& otherwise = "") {
  const auto node = values.extract(key);
  return node ? node.mapped() : otherwise;
}

unsigned number(Values& values, const std::string& key, const char* otherwise, unsigned least, unsigned most) {
  const auto text = take(values, key, otherwise);
  unsigned n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n < least || n > most)
    throw Mistake{"--" + key + " " + text + ": it must be a number from " + std::to_string(least) + " to " +
                  std::to_string(most)};
  return n;
}

/// One of two words; true for the first.
bool choice(Values& values, const std::string& key, const char* otherwise, const std::string& first,
            const std::string& second) {
  const auto text = take(values, key, otherwise);
  if (text != first && text != second) throw Mistake{"--" + key + ": it must be " + first + " or " + second};
  return text == first;
}

TransportAddress server(const std::string& key, const std::string& scheme, const std::string& url) {
  const auto address = url.starts_with(scheme) ? TransportAddress::parse(url.substr(scheme.size())) : std::nullopt;
  if (!address) throw Mistake{"--" + key + " " + url + ": it must be " + scheme + "IP:PORT"};
  return *address;
}

std::optional<TurnArgument> turn_server(Values& values) {
  const auto url = take(values, "turn");
  TurnArgument turn{.address = {}, .user = take(values, "turn-user"), .password = take(values, "turn-pass")};
  if (url.empty()) return std::nullopt;
  const auto question = url.find('?');
  turn.address = server("turn", "turn:", url.substr(0, question));
  const auto query = question == std::string::npos ? "?transport=udp" : url.substr(question);
  if (query != "?transport=udp" && query != "?transport=tcp") throw Mistake{"--turn " + url + ": transport=udp or tcp"};
  if (query == "?transport=tcp") turn.transport = Transport::tcp;
  return turn;
}

Values pairs_of(const std::vector<std::string>& words) {
  Values values;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    if (!words[i].starts_with("--") || i + 1 == words.size())
      throw Mistake{words[i] + ": arguments are pairs, --key value"};
    values[words[i].substr(2)] = words[i + 1];
  }
  return values;
}

Arguments read(Values values) {
  Arguments a;
  a.controlling = choice(values, "role", "controlled", "controlling", "controlled");
  a.name = choice(values, "name", "", "A", "B") ? "A" : "B";
  a.peer = a.name == "A" ? "B" : "A";
  if (take(values, "peer", a.peer) != a.peer) throw Mistake{"--peer: it must be the other one of A and B"};
  a.directory = take(values, "sig");
  if (a.directory.empty()) throw Mistake{"--sig DIR is missing"};
  if (const auto stun = take(values, "stun"); !stun.empty()) a.stun = server("stun", "stun:", stun);
  a.turn = turn_server(values);
  a.timeout = std::chrono::seconds{number(values, "timeout", "15", 1, 3600)};
  a.settle = std::chrono::milliseconds{number(values, "settle", "1000", 0, 60'000)};
  a.relayed_only = choice(values, "policy", "all", "relay", "all");
  a.echoes = number(values, "echo", "10", 1, 1000);
  a.length = number(values, "len", "400", 8, 1200);
  a.options = take(values, "opt");
  if (!values.empty()) throw Mistake{"--" + values.begin()->first + ": no such argument"};
  return a;
}

}  // namespace

std::variant<Arguments, std::string> parse_arguments(const std::vector<std::string>& words) {
  try {
    return read(pairs_of(words));
  } catch (const Mistake& mistake) {
    return mistake.text;
  }
}

}  // namespace punchlab::contract
