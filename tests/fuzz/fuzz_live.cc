// SPDX-License-Identifier: MIT
/// libFuzzer: what MTAs send to tlspact-lookupd, and what the daemon answers it.
#include "lookup/framing.h"
#include "lookup/query_key.h"
#include "lookup/resolve_client.h"
#include "policy/policy_key.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace tlspact;

void check_key(std::string_view asked) {
  const QueryKey key{asked};
  const auto parsed = PolicyKey::parse(asked);
  if (parsed.has_value() != (key.kind() != QueryKey::Kind::junk)) __builtin_trap();
  if (parsed && parsed->text() != key.text()) __builtin_trap();
}

template <class First>
void check_frames(std::string_view input, First first) {
  while (true) {
    const Frame frame = first(input);
    if (frame.state != Frame::State::complete) return;
    if (frame.size == 0 || frame.size > input.size()) __builtin_trap();
    check_key(read_map_request(frame.request).key);
    check_key(read_line_request(frame.request));
    input.remove_prefix(frame.size);
  }
}

}  // namespace

void tlspact::fuzz(std::string_view bytes) {
  check_key(bytes);
  check_frames(bytes, first_netstring);
  check_frames(bytes, [](std::string_view input) { return first_line(input, true); });
  if (const auto resolved = read_resolved(bytes); resolved && resolved->key.empty())
    __builtin_trap();
}
