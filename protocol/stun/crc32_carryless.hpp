#pragma once
// The CRC of whole 16-byte blocks by carry-less multiplication, where the processor has it (x86-64 with PCLMULQDQ).
#include "protocol/base/bytes.hpp"

namespace punchlab::stun {

/// Asked of the processor once.
bool has_carryless_multiplication();

/// The CRC register, not complemented, after `blocks` when it starts as all ones. `blocks` has a multiple of 16 bytes, at
/// least 16. Only where `has_carryless_multiplication()`. Gopal et al., "Fast CRC Computation for Generic Polynomials
/// Using PCLMULQDQ Instruction", Intel 2009, with the constants of its section on bit-reflected CRC-32.
std::uint32_t crc32_of_blocks(Bytes blocks);

}  // namespace punchlab::stun
