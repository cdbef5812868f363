#pragma once
// Error codes that client and broker agree on (docs/protocol.md).

namespace punchlab::rendezvous {

inline constexpr int kBadRequest = 400;
inline constexpr int kForbidden = 403;       ///< the id belongs to another user
inline constexpr int kNotRegistered = 437;   ///< nobody is registered on this flow, or somebody else is
inline constexpr int kOccupied = 486;        ///< another peer's message waits for that peer already, or too many of this user
inline constexpr int kNoCapacity = 508;      ///< the table is full

}  // namespace punchlab::rendezvous
