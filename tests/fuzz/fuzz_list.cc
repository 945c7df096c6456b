// SPDX-License-Identifier: MIT
/// libFuzzer: a policy list.
#include <sstream>

#include "daemon/sources/list_parser.h"
#include "tests/fuzz/fuzz.h"

void tlspact::fuzz(std::string_view bytes) {
  std::istringstream in{std::string{bytes}};
  const auto list = parse_list(in, "list.json");
  if (!list) return expect_printable(list.error().text);
  for (const PolicyList::Entry& entry : list->entries) {
    if (!Domain::is_normal_form(list->domain(entry))) __builtin_trap();
  }
}
