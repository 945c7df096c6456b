// SPDX-License-Identifier: MIT
/// The store's tables of evidence.
#include <Poco/Data/Session.h>

#include "daemon/store/evidence_json.h"
#include "daemon/store/store.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

using test::now;

Store open(const TempDirectory& directory, Store::Access access = Store::Access::read_write) {
  Notices notices;
  auto store = Store::open(directory.path() / "tlspact.db", access, now(), notices);
  REQUIRE(store);
  return *std::move(store);
}

/// Every field has a value of its own.
Evidence full() {
  return {.host = "mx.acme.example",
          .address = "2001:db8::1",
          .at = now() + Seconds{1},
          .kind = EvidenceKind::negative,
          .stage = "verify",
          .outcome = "mismatch",
          .detail = "x'; DROP TABLE evidence; -- \"}",
          .tls = TlsVersion::tls1_2,
          .chain_trusted = true,
          .names_host = true,
          .dane = false,
          .certificate_end = now() + Seconds{2},
          .certificate_sha256 = std::string(64, 'a'),
          .public_key_sha256 = std::string(64, 'b'),
          .names = {"a.example", "*.b.example"}};
}

EndpointMemory memory() {
  EndpointMemory out;
  out.host = "mx.acme.example";
  out.address = "2001:db8::1";
  out.last = Evidence{.host = out.host, .address = out.address, .at = now(), .names = {}};
  out.conclusive = full();
  out.sightings = {{now() - Seconds{3}, true}, {now() - Seconds{2}, false}};
  out.did_tls = now() - Seconds{3};
  out.confirmed = now() - Seconds{4};
  out.alarm = now() - Seconds{2};
  out.failures = 5;
  out.probe_again = now() + Seconds{6};
  return out;
}

TEST_CASE("Evidence and what is remembered survive as JSON", "[store]") {
  CHECK(parse_evidence_json(evidence_json(full())) == full());
  const Evidence bare{.host = "mx", .address = "192.0.2.1", .at = now(), .names = {}};
  CHECK(parse_evidence_json(evidence_json(bare)) == bare);
  CHECK(parse_endpoint_json(endpoint_json(memory())) == memory());
  CHECK(parse_endpoint_json(endpoint_json({})) == EndpointMemory{});
  LearnedDomain domain{.domain = "acme.example", .hosts = {"a", "b:587"}};
  CHECK(parse_learned_domain_json(learned_domain_json(domain)) == domain);
  domain.learned = now();
  domain.supported = now() + Seconds{1};
  domain.look_again = now() + Seconds{2};
  CHECK(parse_learned_domain_json(learned_domain_json(domain)) == domain);
}

TEST_CASE("What is no such JSON is refused, at every cut and every changed byte", "[store]") {
  const std::string good = endpoint_json(memory());
  for (std::size_t i = 0; i < good.size(); ++i) {
    CHECK_FALSE(parse_endpoint_json(good.substr(0, i)));
    std::string bad = good;
    bad[i] = '\x01';
    const auto parsed = parse_endpoint_json(bad);  // it may be a text of another kind, but no crash
    if (parsed) CHECK(parsed->sightings.size() <= kMaxSightings);
  }
  for (const char* text : {"", "[]", "{}", "null", "{\"host\":1}", "{\"sightings\":{}}",
                           "{\"sightings\":[[1]],\"failures\":1}"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_endpoint_json(text));
    CHECK_FALSE(parse_learned_domain_json(text));
  }
}

TEST_CASE("Endpoints, history and domains survive a restart", "[store]") {
  const auto directory = TempDirectory::make().value();
  {
    Store store = open(directory);
    REQUIRE(store.keep_endpoints(std::vector{memory()}));
    Evidence old = full();
    old.at = now() - kEvidenceHistory;
    REQUIRE(store.add_evidence(std::vector{old}));
    REQUIRE(store.add_evidence(std::vector{full(), full()}));
    REQUIRE(store.keep_learned_domains(
        std::vector{LearnedDomain{.domain = "acme.example", .hosts = {"mx.acme.example"}}}));
    REQUIRE(store.keep_only_held_policies(
        std::vector{HeldPolicy{.domain = "acme.example", .since = now(), .accepted = true},
                    HeldPolicy{.domain = "b.example", .source = Source::learned, .since = now()}}));
  }
  Store store = open(directory, Store::Access::read_only);
  const auto endpoints = store.endpoints();
  REQUIRE(endpoints);
  REQUIRE(endpoints->all().size() == 1);
  CHECK(endpoints->all().begin()->second == memory());
  const auto history = store.evidence_of("mx.acme.example");
  REQUIRE(history);
  CHECK(history->size() == 2);  // the old one is gone
  CHECK(store.learned_domains().value().size() == 1);
  const auto held = store.held_policies().value();
  REQUIRE(held.size() == 2);
  CHECK(held[0].accepted);
  CHECK(held[1].source == Source::learned);
  CHECK_FALSE(store.keep_endpoints(std::vector{memory()}));
}

TEST_CASE("What is forgotten is gone, and nothing else", "[store]") {
  const auto directory = TempDirectory::make().value();
  Store store = open(directory);
  EndpointMemory other = memory();
  other.host = "mx.other.example";
  REQUIRE(store.keep_endpoints(std::vector{memory(), other}));
  REQUIRE(store.add_evidence(std::vector{full()}));
  REQUIRE(store.forget_endpoints(std::vector<std::string>{"mx.acme.example"}));
  CHECK(store.endpoints().value().all().size() == 1);
  CHECK(store.evidence_of("mx.acme.example").value().empty());
  REQUIRE(
      store.keep_learned_domains(std::vector{LearnedDomain{.domain = "a.example", .hosts = {}},
                                             LearnedDomain{.domain = "b.example", .hosts = {}}}));
  REQUIRE(store.keep_only_held_policies(
      std::vector{HeldPolicy{.domain = "a.example", .since = now()}}));
  REQUIRE(store.forget_learned_domains(std::vector<std::string>{"a.example"}));
  CHECK(store.learned_domains().value().size() == 1);
  CHECK(store.held_policies().value().empty());
}

TEST_CASE("Evidence is counted by the day", "[store]") {
  const auto directory = TempDirectory::make().value();
  Store store = open(directory);
  const auto look = [](Time at, EvidenceKind kind) {
    Evidence out = full();
    out.at = at;
    out.kind = kind;
    return out;
  };
  const auto today = std::chrono::floor<std::chrono::days>(now());
  REQUIRE(store.add_evidence(
      std::vector{look(now(), EvidenceKind::positive), look(now(), EvidenceKind::positive),
                  look(now() + Seconds{86399}, EvidenceKind::negative),
                  look(now() - Seconds{1}, EvidenceKind::inconclusive),
                  look(now() - std::chrono::days{3}, EvidenceKind::positive)}));
  const auto days = store.evidence_by_day(now() - std::chrono::days{2}).value();
  REQUIRE(days.size() == 2);
  CHECK(days[0] == EvidenceDay{today - std::chrono::days{1}, 0, 0, 1});
  CHECK(days[1] == EvidenceDay{today, 2, 1, 0});
  const auto empty = TempDirectory::make().value();
  CHECK(open(empty, Store::Access::read_beside).evidence_by_day(now()).value().empty());
}

TEST_CASE("A store is read beside the one who writes it", "[store]") {
  const auto directory = TempDirectory::make().value();
  {
    Store first = open(directory);
    REQUIRE(first.keep_endpoints(std::vector{memory()}));
  }
  Store reader = open(directory, Store::Access::read_beside);  // nobody writes, so there is no log
  CHECK(reader.endpoints().value().all().size() == 1);
  Store writer = open(directory);
  EndpointMemory other = memory();
  other.host = "mx.other.example";
  REQUIRE(writer.keep_endpoints(std::vector{other}));
  CHECK(reader.endpoints().value().all().size() == 2);
  CHECK_FALSE(reader.keep_endpoints(std::vector{other}));
}

TEST_CASE("A row that is noise is passed over", "[store]") {
  const auto directory = TempDirectory::make().value();
  {
    Store store = open(directory);
    REQUIRE(store.keep_endpoints(std::vector{memory()}));
  }
  {
    Poco::Data::Session sql{"SQLite", (directory.path() / "tlspact.db").string()};
    sql << "INSERT INTO endpoint VALUES ('mx', '192.0.2.1', 'noise', 0)", Poco::Data::Keywords::now;
  }
  CHECK(open(directory).endpoints().value().all().size() == 1);
}

}  // namespace
}  // namespace tlspact
