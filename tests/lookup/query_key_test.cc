// SPDX-License-Identifier: MIT
#include "lookup/query_key.h"

#include <random>
#include <string>

#include "policy/policy_key.h"
#include "tests/support/catch.h"

using namespace tlspact;

namespace {

using Kind = QueryKey::Kind;

struct Row {
  std::string asked;
  Kind kind;
  std::string text = {};
};

}  // namespace

TEST_CASE("keys as MTAs ask for them") {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');
  const Row rows[] = {
      {"acme.example", Kind::next_hop, "acme.example"},
      {"ACME.Example", Kind::next_hop, "acme.example"},
      {"acme.example.", Kind::next_hop, "acme.example"},
      {"xn--bcher-kva.example", Kind::next_hop, "xn--bcher-kva.example"},
      {longest, Kind::next_hop, longest},
      {longest + ".", Kind::next_hop, longest},
      {"[Relay.Acme.Example]", Kind::next_hop, "[relay.acme.example]"},
      {"[relay.acme.example.]:587", Kind::next_hop, "[relay.acme.example]:587"},
      {"Acme.example:587", Kind::next_hop, "acme.example:587"},
      {"[" + longest + ".]:65535", Kind::next_hop, "[" + longest + "]:65535"},
      {".acme.example", Kind::parent, ".acme.example"},
      {".ACME.example.", Kind::parent, ".acme.example"},
      {".com", Kind::junk},
      {"com", Kind::junk},
      {"localhost", Kind::junk},
      {"", Kind::junk},
      {".", Kind::junk},
      {"..", Kind::junk},
      {"acme.example..", Kind::junk},
      {"a..example", Kind::junk},
      {"..acme.example", Kind::junk},
      {"192.0.2.1", Kind::junk},
      {"[192.0.2.1]", Kind::junk},
      {"[192.0.2.1]:25", Kind::junk},
      {"[2001:db8::1]", Kind::junk},
      {"[IPv6:2001:db8::1]:25", Kind::junk},
      {"2001:db8::1", Kind::junk},
      {"[acme.example", Kind::junk},
      {"[acme.example]25", Kind::junk},
      {"[acme.example]:", Kind::junk},
      {"[.acme.example]", Kind::junk},
      {"acme.example:0", Kind::junk},
      {"acme.example:65536", Kind::junk},
      {"acme.example:smtp", Kind::junk},
      {"[]", Kind::junk},
      {":25", Kind::junk},
      {"b\xc3\xbc"
       "cher.example",
       Kind::junk},
      {"\xff\xfe.example", Kind::junk},
      {std::string{"acme\0.example", 13}, Kind::junk},
      {"acme example", Kind::junk},
      {"acme.example\n", Kind::junk},
      {"-acme.example", Kind::junk},
      {"*.acme.example", Kind::junk},
      {"user@acme.example", Kind::junk},
      {longest + "a", Kind::junk},
      {std::string(9000, 'a'), Kind::junk},
      {std::string(9000, '['), Kind::junk},
      {std::string(272, ':'), Kind::junk},
  };
  for (const Row& row : rows) {
    CAPTURE(row.asked.substr(0, 80));
    const QueryKey key{row.asked};
    CHECK(key.kind() == row.kind);
    CHECK(key.text() == row.text);
  }
}

TEST_CASE("a key is what PolicyKey makes of it") {
  std::mt19937 random{1};
  const std::string alphabet = "aZ9-.[]:25xn\xc3 ";
  for (int i = 0; i < 200'000; ++i) {
    std::string asked;
    for (std::size_t size = random() % 12; asked.size() < size;)
      asked += alphabet[random() % alphabet.size()];
    const QueryKey key{asked};
    const auto parsed = PolicyKey::parse(asked);
    CAPTURE(asked);
    REQUIRE(parsed.has_value() == (key.kind() != Kind::junk));
    if (parsed) REQUIRE(key.text() == parsed->text());
  }
}
