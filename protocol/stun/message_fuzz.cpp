// libFuzzer entry: clang++ -fsanitize=fuzzer,address,undefined over this file and the library.
#include "protocol/stun/message_invariants.hpp"
#include "protocol/stun/stream_framer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace punchlab;
  if (!stun::message_invariants_hold({data, size})) std::abort();
  stun::StreamFramer framer;
  for (Bytes input{data, size}; framer.next(input) == stun::FrameStatus::complete;) {
    if (!stun::message_invariants_hold(framer.frame())) std::abort();
  }
  return 0;
}
