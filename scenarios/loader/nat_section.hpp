#pragma once
// One NAT definition, inline in a scenario or as a preset's file: every axis of nat::Profile by its RFC 4787 word.
#include "scenarios/loader/value.hpp"
#include "sim/nat/profile.hpp"

namespace punchlab::loader {

/// What a definition says.
struct NatDefinition {
  nat::Profile profile;        ///< its name is the label
  bool gateway = true;         ///< false: nothing stands there, the host has a public address
  std::uint32_t order = 1000;  ///< place in tables of presets
};

/// Reads the axes that `section` gives over those of `definition`. `section` has the keys of `nat_keys()`.
void read_nat(const Section& section, NatDefinition& definition);
std::vector<std::string> nat_keys();

}  // namespace punchlab::loader
