// SPDX-License-Identifier: MIT
/// libFuzzer: what an SMTP server says, line by line, and what it offers.
#include "smtp/session/extensions.h"
#include "smtp/session/reply.h"
#include "tests/fuzz/fuzz.h"

void tlspact::fuzz(std::string_view bytes) {
  ReplyReader reader;
  while (!bytes.empty()) {
    const std::string_view line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(bytes.size(), line.size() + 1));
    const auto taken = reader.take(line);
    if (!taken) {
      expect_printable(taken.error().text);
      return;
    }
    if (!*taken) continue;
    const Reply& reply = **taken;
    expect_printable(reply.text());
    expect_printable(reply.enhanced());
    if (reply.lines.size() > 512) __builtin_trap();  // design.md section 15
    if (Extensions::parse(reply) != Extensions::parse(reply)) __builtin_trap();
    reader = ReplyReader{};
  }
}
