// SPDX-License-Identifier: MIT
#include "lookup/answer.h"

#include "generators/generator.h"
#include "tests/support/catch.h"
#include "tests/support/policies.h"
#include "tests/support/rows.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

Snapshot sample(std::optional<Time> listed_until = {}) {
  SnapshotEntry listed = entry("listed.example", policy(Level::secure, {"mx1.listed.example"}));
  listed.valid_until = listed_until;
  return snapshot_of({entry(".acme.example", policy(Level::encrypt), Source::agreement),
                      entry(".b.acme.example", policy(Level::dane_only), Source::agreement),
                      entry("[relay.acme.example]:587", policy(Level::encrypt), Source::agreement),
                      listed});
}

}  // namespace

TEST_CASE("Postfix gets OK and the entry, or NOTFOUND and a space") {
  const Snapshot snapshot = sample();
  const auto ask = [&](std::string_view key_text) {
    return answer_postfix(snapshot, key_text, {}, now()).text;
  };
  CHECK(ask("listed.example") == "OK secure match=mx1.listed.example servername=hostname");
  CHECK(ask(".acme.example") == "OK encrypt");
  CHECK(ask("[relay.acme.example]:587") == "OK encrypt");
  CHECK(ask("x.acme.example") == "NOTFOUND ");
  CHECK(ask("x.listed.example") == "NOTFOUND ");
  CHECK(ask(".com") == "NOTFOUND ");
  CHECK(ask("") == "NOTFOUND ");
}

TEST_CASE("Exim gets the value, its parents' or an explicit default") {
  const Snapshot snapshot = sample();
  const auto ask = [&](std::string_view key_text) {
    return answer_exim(snapshot, key_text, {}, now()).text;
  };
  CHECK(ask("x.acme.example") == "level=encrypt");
  CHECK(ask("y.x.acme.example") == "level=encrypt");
  CHECK(ask("x.b.acme.example") == "level=dane-only");
  CHECK(ask("b.acme.example") == "level=encrypt");
  CHECK(ask("acme.example") == "level=default");
  CHECK(ask("other.example") == "level=default");
  CHECK(ask("") == "level=default");
}

TEST_CASE("an entry that has run out is not found") {
  const Snapshot snapshot = sample(now());
  CHECK_FALSE(answer_postfix(snapshot, "listed.example", {}, now()).found);
  CHECK(answer_postfix(snapshot, "listed.example", {}, now() - Seconds{1}).found);
  CHECK_FALSE(answer_exim(snapshot, "listed.example", {}, now()).found);
}

TEST_CASE("the live answer is the map's line") {
  const Snapshot snapshot = sample();
  GeneratorSettings settings;
  settings.postfix.types = {TableType::cdb};
  const Generated postfix = render_postfix(snapshot, settings);
  for (const Row& row : rows_of(postfix.artifacts.at(0)))
    CHECK(answer_postfix(snapshot, row.key, settings.postfix.options, now()).text ==
          "OK " + row.value);
  const Generated exim = render_exim(snapshot, settings);
  for (const Row& row : rows_of(exim.artifacts.at(0))) {
    if (row.key.starts_with('.')) continue;
    CHECK(answer_exim(snapshot, row.key, settings.exim.options, now()).text == row.value);
  }
}
