#include "protocol/ice/candidate_line.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace punchlab::ice {
namespace {

constexpr std::string_view kPrefix = "candidate:";
constexpr std::array<std::string_view, 4> kTypes{"host", "srflx", "prflx", "relay"};  // in the order of CandidateType
/// foundation, component, transport, priority, address, port, "typ", type.
constexpr std::size_t kFixedFields = 8;
constexpr std::uint16_t kHiddenPort = 9;

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  while (!line.empty()) {
    const auto end = std::min(line.find(' '), line.size());
    if (end > 0) fields.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return fields;
}

template <class Number>
bool read(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

Foundation foundation_of(std::string_view text) {
  Foundation foundation;
  if (text.size() <= foundation.text.size()) {
    std::copy(text.begin(), text.end(), foundation.text.begin());
    return foundation;
  }
  std::uint64_t hash = 0xCBF29CE484222325ULL;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3ULL;
  for (auto& c : foundation.text) {
    c = static_cast<char>('a' + hash % 26);
    hash /= 26;
  }
  return foundation;
}

bool is_udp(std::string_view text) { return text == "udp" || text == "UDP"; }

std::optional<TransportAddress> address_of(std::string_view address, std::string_view port) {
  TransportAddress out;
  const auto parsed = IpAddress::parse(address);
  if (!parsed || !read(port, out.port)) return std::nullopt;
  out.address = *parsed;
  return out;
}

}  // namespace

std::optional<Candidate> parse_candidate_line(std::string_view line) {
  if (!line.starts_with(kPrefix)) return std::nullopt;
  const auto fields = fields_of(line.substr(kPrefix.size()));
  if (fields.size() < kFixedFields || !is_udp(fields[2]) || fields[6] != "typ") return std::nullopt;
  Candidate candidate;
  const auto type = std::find(kTypes.begin(), kTypes.end(), fields[7]);
  const auto address = address_of(fields[4], fields[5]);
  if (!read(fields[1], candidate.component) || candidate.component != 1 || !read(fields[3], candidate.priority) ||
      type == kTypes.end() || !address || address->port == 0)
    return std::nullopt;
  candidate.foundation = foundation_of(fields[0]);
  candidate.type = static_cast<CandidateType>(type - kTypes.begin());
  candidate.address = *address;
  if (fields.size() >= kFixedFields + 4 && fields[8] == "raddr" && fields[10] == "rport")
    if (const auto base = address_of(fields[9], fields[11]); base && !base->address.is_unspecified())
      candidate.base = *base;
  return candidate;
}

std::string to_candidate_line(const Candidate& candidate) {
  const std::string_view foundation(candidate.foundation.text.data(), candidate.foundation.text.size());
  const auto endpoint = [](const TransportAddress& a, const char* between) {
    return a.address.to_string() + between + std::to_string(a.port);
  };
  std::string line(kPrefix);
  line += foundation.substr(0, foundation.find('\0'));
  line += " 1 udp " + std::to_string(candidate.priority) + ' ' + endpoint(candidate.address, " ") + " typ ";
  line += kTypes[static_cast<std::size_t>(candidate.type)];
  if (candidate.type == CandidateType::host) return line;
  const bool hidden = candidate.base.port == 0;
  const TransportAddress base = hidden ? TransportAddress{{}, kHiddenPort} : candidate.base;
  return line + " raddr " + endpoint(base, " rport ");
}

}  // namespace punchlab::ice
