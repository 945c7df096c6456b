// SPDX-License-Identifier: MIT
#include "generators/postfix/postfix_plain_value.h"

#include "generators/postfix/postfix_entry.h"
#include "generators/postfix/postfix_grammar.h"
#include "tests/support/catch.h"
#include "tests/support/random_snapshot.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

/// nullopt: it is no usual entry.
std::optional<std::string> plain_value(const Snapshot& snapshot, std::size_t index,
                                       const PostfixOptions& options) {
  const auto ruling = read_plain_ruling(snapshot.rulings()[snapshot.ruling_number(index)]);
  std::string out = "before:";
  if (!ruling || !append_plain_postfix_value(out, snapshot.key_text(index), *ruling, options))
    return std::nullopt;
  REQUIRE(out.starts_with("before:"));
  return out.substr(7);
}

std::optional<std::string> plain_value(const SnapshotEntry& entry, const PostfixOptions& options) {
  return plain_value(snapshot_of({entry}), 0, options);
}

}  // namespace

TEST_CASE("a usual entry is written as every entry is: 100,000 random decisions") {
  RandomSnapshots random{11};
  std::size_t entries = 0;
  std::size_t plain = 0;
  while (entries < 100'000) {
    const Snapshot snapshot = random.make(2000);
    PostfixOptions options;
    options.version = {3, static_cast<int>(random.below(12)), static_cast<int>(random.below(8))};
    for (bool* each :
         {&options.dane, &options.ca_store, &options.sha256_fingerprints, &options.bind_all_mx})
      *each = !random.once_in(4);
    entries += snapshot.size();
    for (std::size_t i = 0; i < snapshot.size(); ++i) {
      const auto value = plain_value(snapshot, i, options);
      if (!value) continue;
      ++plain;
      if (value != render_postfix_entry(snapshot.entry(i), options).value)
        FAIL(snapshot.key_text(i) << ": " << *value);
    }
  }
  CHECK(plain > 20'000);
}

TEST_CASE("which entries are usual") {
  PostfixOptions dane_off;
  dane_off.dane = false;
  PostfixOptions no_store;
  no_store.ca_store = false;
  TlsPolicy named = policy(Level::secure, {"mx.acme.example"});
  named.certificate_names = mxs({"smtp.acme.example"});
  TlsPolicy own_ca = policy(Level::secure, {"mx.acme.example"});
  own_ca.ca_file = "/etc/tlspact/ca.pem";
  const SnapshotEntry published =
      entry("acme.example", policy(Level::secure, {"mx.acme.example"}), Source::mta_sts);
  const struct {
    std::string why;
    SnapshotEntry entry;
    PostfixOptions options;
    bool is_plain;
  } rows[] = {
      {"what MTA-STS publishes", published, {}, true},
      {"what lists have",
       entry("acme.example", policy(Level::secure, {"mx.acme.example"})),
       {},
       true},
      {"DANE", entry("acme.example", policy(Level::dane_only), Source::dane), {}, true},
      {"a pattern", entry(".acme.example", policy(Level::encrypt)), {}, true},
      {"no TLS", entry("acme.example", policy(Level::none), Source::agreement), {}, true},
      {"a next-hop with a port", entry("acme.example:587", policy(Level::encrypt)), {}, false},
      {"a host", entry("[mx.acme.example]", policy(Level::encrypt)), {}, false},
      {"DANE where nothing validates",
       entry("acme.example", policy(Level::dane_only), Source::dane), dane_off, false},
      {"no authorities", published, no_store, false},
      {"names of certificates", entry("acme.example", named, Source::agreement), {}, false},
      {"an authority of its own", entry("acme.example", own_ca, Source::agreement), {}, false},
      {"no MX set", entry("acme.example", policy(Level::secure), Source::agreement), {}, false},
  };
  for (const auto& row : rows) {
    INFO(row.why);
    CHECK(plain_value(row.entry, row.options).has_value() == row.is_plain);
  }
}

TEST_CASE("a value that is too long for Postfix is not a usual one") {
  std::vector<std::string> many(6000);
  for (std::size_t i = 0; i < many.size(); ++i)
    many[i] = "mx" + std::to_string(i) + ".acme.example";
  SnapshotEntry each = entry("acme.example", policy(Level::secure, many), Source::mta_sts);
  CHECK_FALSE(plain_value(each, {}));
  CHECK_FALSE(render_postfix_entry(each, {}).value);
  many.resize(3000);  // fits, but not together with the patterns of the group
  each = entry("acme.example", policy(Level::secure, many), Source::mta_sts);
  PostfixOptions options;
  options.version = {3, 10, 6};
  CHECK(plain_value(each, {}));
  CHECK_FALSE(plain_value(each, options));
}

TEST_CASE("at the very end of the room both ways agree") {
  PostfixOptions options;
  options.version = {3, 10, 4};
  std::vector<std::string> names;
  const auto published = [&](const std::string& domain) {
    return entry(domain, policy(Level::secure, names), Source::mta_sts);
  };
  // As many names as there is room for, and then shorter ones.
  for (std::size_t size = 56; size > 0;) {
    names.push_back("n" + std::to_string(10'000 + names.size()) + std::string(size, 'x') +
                    ".example");
    if (render_postfix_entry(published("a.example"), options).value) continue;
    names.pop_back();
    size /= 2;
  }
  std::size_t written = 0;
  std::size_t refused = 0;
  for (std::size_t size = 1; size <= 63; ++size) {
    const SnapshotEntry each = published(std::string(size, 'a') + ".example");
    const auto value = plain_value(each, options);
    CHECK(value == render_postfix_entry(each, options).value);
    ++(value ? written : refused);
  }
  CHECK(written > 0);
  CHECK(refused > 0);
}

TEST_CASE("a name that is none, out of a damaged file, is refused") {
  const Snapshot snapshot = snapshot_of(
      {entry("acme.example", policy(Level::secure, {"mx.acme.example"}), Source::mta_sts)});
  std::string code{snapshot.rulings()[0]};
  REQUIRE(read_plain_ruling(code));
  code[code.find("mx.acme")] = ' ';
  std::string out;
  CHECK_FALSE(append_plain_postfix_value(out, "acme.example", *read_plain_ruling(code), {}));
  for (std::size_t size = 0; size < code.size(); ++size) {
    try {
      const auto ruling = read_plain_ruling(std::string_view{code}.substr(0, size));
      if (ruling) static_cast<void>(append_plain_postfix_value(out, "acme.example", *ruling, {}));
    } catch (const std::logic_error&) {
      continue;  // as it is said
    }
  }
}
