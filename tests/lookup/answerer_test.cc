// SPDX-License-Identifier: MIT
#include "lookup/answerer.h"

#include "generators/generator.h"
#include "lookup/framing.h"
#include "lookup/snapshot_file.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/random_snapshot.h"
#include "tests/support/rows.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

/// An answerer of one snapshot, through its file.
class Lab {
 public:
  Lab(const Snapshot& snapshot, const LiveOptions& options, std::vector<Negative> none = {}) {
    const auto file = directory_.path() / "snapshot";
    REQUIRE(write_snapshot(file, snapshot, options, none));
    answerer.exchange(MappedSnapshot::open(file).value());
  }

  std::string ask(LiveTable table, std::string_view key, Time when = now()) {
    const LiveAnswer found = answerer.answer(table, QueryKey{key}, when);
    is_known = found.is_known;
    if (table == LiveTable::exim) return std::string{found.bytes.substr(0, found.bytes.size() - 1)};
    const Frame frame = first_netstring(found.bytes);
    REQUIRE(frame.size == found.bytes.size());
    return std::string{frame.request};
  }
  std::string postfix(std::string_view key, Time when = now()) {
    return ask(LiveTable::postfix, key, when);
  }

  Answerer answerer;
  bool is_known = false;

 private:
  TempDirectory directory_ = TempDirectory::make().value();
};

Snapshot sample() {
  SnapshotEntry listed = entry("listed.example", policy(Level::secure, {"mx1.listed.example"}));
  listed.valid_until = now() + Seconds{100};
  SnapshotEntry published = entry("sts.example", policy(Level::secure, {"mx.sts.example"}));
  published.source = Source::mta_sts;
  published.policy_lines = std::make_shared<const std::string>("version: STSv1\nmode: enforce");
  return snapshot_of({entry(".acme.example", policy(Level::encrypt), Source::agreement),
                      entry(".b.acme.example", policy(Level::dane_only), Source::agreement),
                      entry("[relay.acme.example]:587", policy(Level::encrypt), Source::agreement),
                      listed, published});
}

/// One for each set of attributes that Postfix knows.
const std::vector<PostfixVersion> kVersions{{2, 11, 0}, {3, 5, 25}, {3, 7, 11},
                                            {3, 10, 4}, {3, 10, 6}, {3, 11, 0}};

GeneratorSettings settings_of(const LiveOptions& options) {
  GeneratorSettings out;
  out.postfix.types = {TableType::cdb};
  out.postfix.options = options.postfix;
  out.exim.options = options.exim;
  return out;
}

/// Every key of the snapshot and every row of the map.
void check_against_map(Lab& lab, LiveTable table, const Snapshot& snapshot, const Rows& rows) {
  const bool exim = table == LiveTable::exim;
  std::map<std::string, std::string, std::less<>> expected;
  for (const Row& row : rows)
    expected[row.key] = (exim ? "" : "OK ") + row.value;
  for (const auto& [key, value] : expected) {
    if (lab.ask(table, key) != value)
      FAIL(key << ": " << lab.ask(table, key) << " is not " << value);
  }
  for (std::size_t i = 0; i < snapshot.size(); ++i) {
    const std::string_view key = snapshot.key_text(i);
    if (exim || expected.contains(key)) continue;
    if (lab.ask(table, key) != "NOTFOUND ") FAIL(key << " is found");
  }
}

}  // namespace

TEST_CASE("keys of every form, for both MTAs") {
  Lab lab{sample(), {}};
  CHECK(lab.postfix("Listed.Example.") == "OK secure match=mx1.listed.example servername=hostname");
  CHECK(lab.is_known);
  CHECK(lab.postfix(".acme.example") == "OK encrypt");
  CHECK(lab.postfix("[Relay.acme.example]:587") == "OK encrypt");
  CHECK(lab.ask(LiveTable::exim, "x.acme.example") == "level=encrypt");
  CHECK(lab.ask(LiveTable::exim, "y.x.acme.example") == "level=encrypt");
  CHECK(lab.ask(LiveTable::exim, "x.b.acme.example") == "level=dane-only");
  CHECK(lab.ask(LiveTable::exim, "acme.example") == "level=default");
  CHECK(lab.ask(LiveTable::exim, "[relay.acme.example]:587") == "level=default");
}

TEST_CASE("what is known to have no policy, and what is not known") {
  Lab lab{sample(), {}, {{"a.none.example", now() + Seconds{1}}, {"b.none.example", now()}}};
  const auto is_known = [&](std::string_view key, Time when = now()) {
    CHECK(lab.postfix(key, when) == "NOTFOUND ");
    const bool known = lab.is_known;
    CHECK(lab.ask(LiveTable::exim, key, when) == "level=default");
    CHECK(lab.is_known == known);
    return known;
  };
  CHECK(is_known("a.none.example"));
  CHECK_FALSE(is_known("a.none.example", now() + Seconds{1}));
  CHECK_FALSE(is_known("b.none.example"));
  CHECK_FALSE(is_known("unheard.example"));
  CHECK_FALSE(is_known("[unheard.example]:587"));
  CHECK_FALSE(is_known("listed.example", now() + Seconds{100}));
  CHECK(is_known(".unheard.example"));
  CHECK(is_known(".example"));
  CHECK(is_known("example"));
  CHECK(is_known("[192.0.2.1]:25"));
  CHECK(is_known(""));
  CHECK(lab.ask(LiveTable::exim, "x.acme.example") == "level=encrypt");
  CHECK_FALSE(lab.is_known);  // covered by an agreement, but what it publishes is not known

  lab.answerer.remember_none("unheard.example", now() + Seconds{5});
  CHECK(is_known("unheard.example"));
  CHECK_FALSE(is_known("unheard.example", now() + Seconds{5}));
  lab.answerer.remember_none("listed.example", now() + Seconds{500});
  CHECK(lab.postfix("listed.example").starts_with("OK "));
  CHECK(is_known("listed.example", now() + Seconds{100}));
}

TEST_CASE("an entry that runs out is no answer") {
  Lab lab{sample(), {}};
  CHECK(lab.postfix("listed.example", now() + Seconds{99}).starts_with("OK "));
  CHECK(lab.postfix("listed.example", now() + Seconds{100}) == "NOTFOUND ");
  CHECK(lab.ask(LiveTable::exim, "listed.example", now() + Seconds{100}) == "level=default");
}

TEST_CASE("without a snapshot nothing has a policy, and nothing is known") {
  Answerer answerer;
  const QueryKey key{"a.example"};
  CHECK(answerer.answer(LiveTable::postfix, key, now()).bytes == "9:NOTFOUND ,");
  CHECK_FALSE(answerer.answer(LiveTable::postfix, key, now()).is_known);
  CHECK(answerer.answer(LiveTable::exim, key, now()).bytes == "level=default\n");
}

TEST_CASE("QUERY never has the TLSRPT group, every other name has what this Postfix takes") {
  CHECK(table_of_map("postfix") == LiveTable::postfix);
  CHECK(table_of_map("QUERYwithTLSRPT") == LiveTable::postfix);
  CHECK(table_of_map("anything") == LiveTable::postfix);
  CHECK(table_of_map("QUERY") == LiveTable::postfix_without_report);
  CHECK(table_of_map("query") == LiveTable::postfix_without_report);
  LiveOptions options;
  options.postfix.version = {3, 10, 6};
  Lab lab{sample(), options};
  for (int round = 0; round < 2; ++round) {
    CHECK(lab.postfix("sts.example").contains("policy_type=sts"));
    CHECK(lab.ask(LiveTable::postfix_without_report, "sts.example") ==
          "OK secure match=mx.sts.example servername=hostname");
  }
}

TEST_CASE("an entry that is there and cannot be read is a fault of ours") {
  const auto directory = TempDirectory::make().value();
  const auto file = directory.path() / "snapshot";
  REQUIRE(write_snapshot(file, sample(), {}));
  std::string bytes = read(file);
  const std::string name = "mx1.listed.example";
  bytes[bytes.find(name) - 1] = '\x7f';  // its length
  write(file, bytes);
  Answerer answerer;
  answerer.exchange(MappedSnapshot::open(file).value());
  const QueryKey key{"listed.example"};
  for (int round = 0; round < 2; ++round) {
    const LiveAnswer postfix = answerer.answer(LiveTable::postfix, key, now());
    CHECK(postfix.is_fault);
    CHECK(postfix.is_known);
    CHECK(postfix.bytes.contains(":TEMP "));
    CHECK(answerer.answer(LiveTable::exim, key, now()).bytes.empty());
  }
  CHECK(answerer.answer(LiveTable::postfix, QueryKey{".acme.example"}, now()).bytes ==
        "10:OK encrypt,");
}

TEST_CASE("another snapshot has other answers") {
  Lab lab{sample(), {}};
  CHECK(lab.postfix("listed.example").starts_with("OK secure"));
  Lab other{snapshot_of({entry("listed.example", policy(Level::encrypt))}), {}};
  lab.answerer.exchange(other.answerer.exchange(nullptr));
  CHECK(lab.postfix("listed.example") == "OK encrypt");
}

TEST_CASE("the live answer is the map's line: 100,000 random decisions, every Postfix and Exim") {
  constexpr std::size_t kSnapshots = 20;
  constexpr std::size_t kEntries = 5300;  // some keys come twice
  RandomSnapshots random{8};
  std::size_t decisions = 0;
  for (std::size_t i = 0; i < kSnapshots; ++i) {
    const Snapshot snapshot = random.make(kEntries);
    decisions += snapshot.size();
    LiveOptions options;
    for (bool* each :
         {&options.postfix.dane, &options.postfix.ca_store, &options.postfix.sha256_fingerprints,
          &options.postfix.bind_all_mx, &options.exim.ca_store, &options.exim.dane})
      *each = !random.once_in(4);
    if (random.once_in(2)) options.exim.tls_library = TlsLibrary::openssl;
    for (const PostfixVersion& version : kVersions) {
      options.postfix.version = version;
      Lab lab{snapshot, options};
      const Generated postfix = render_postfix(snapshot, settings_of(options));
      check_against_map(lab, LiveTable::postfix, snapshot, rows_of(postfix.artifacts.at(0)));
    }
    Lab lab{snapshot, options};
    const Generated exim = render_exim(snapshot, settings_of(options));
    check_against_map(lab, LiveTable::exim, snapshot, rows_of(exim.artifacts.at(0)));
  }
  CHECK(decisions >= 100'000);
}
