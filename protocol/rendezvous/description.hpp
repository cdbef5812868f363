#pragma once
// What one peer tells the other about itself: ICE credentials and candidates. Sealed in the handshake's payloads and, for
// candidates that come later (RFC 8838), in signal packets. The relay never sees it in clear.
#include <array>
#include <optional>
#include <span>

#include "protocol/base/bytes.hpp"
#include "protocol/ice/candidate.hpp"

namespace punchlab::rendezvous {

class Description {
 public:
  static constexpr std::size_t kMaxCandidates = 16;
  /// Largest encoding, in bytes: 16 candidates with IPv6 addresses and bases.
  static constexpr std::size_t kMaxSize = 1 + 34 + kMaxCandidates * 56 + 2;

  ice::Credentials credentials;
  bool end_of_candidates = false;  ///< no more will come (RFC 8838 section 8)

  /// False when there are 16 already.
  bool add(const ice::Candidate& candidate);
  /// Takes the candidates of this type back.
  void remove(ice::CandidateType type);
  std::span<const ice::Candidate> candidates() const { return {candidates_.data(), count_}; }

  /// Its encoding (docs/protocol.md, "Description"); 0 when `out` is too small or a field cannot be encoded.
  std::size_t write(MutableBytes out) const;
  /// Nothing unless every byte is as `write` would put it: known version, known elements in order, valid characters.
  static std::optional<Description> parse(Bytes encoded);

  friend bool operator==(const Description& a, const Description& b);

 private:
  std::array<ice::Candidate, kMaxCandidates> candidates_{};
  std::size_t count_ = 0;
};

}  // namespace punchlab::rendezvous
