// SPDX-License-Identifier: MIT
/// Looking a domain up, with DNS that says what the test wants and a real HTTPS server.
#include "daemon/sources/sts_lookup.h"

#include <map>
#include <string>
#include <utility>

#include "tests/daemon/https_server.h"
#include "tests/support/catch.h"
#include "tests/support/coroutines.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;
using std::chrono::hours;
using std::chrono::minutes;
using test::answer;
using test::CertificateAuthority;
using test::Connection;
using test::HttpsServer;
using test::now;

const std::string kEnforce = "version: STSv1\nmode: enforce\nmx: mx.a.example\nmax_age: 604800\n";
const std::string kNone = "version: STSv1\nmode: none\nmax_age: 86400\n";

const CertificateAuthority& authority() {
  static const CertificateAuthority ca = [] {
    CertificateAuthority made;
    made.issue("good", "mta-sts.a.example");
    made.issue("expired", "mta-sts.a.example", true);
    return made;
  }();
  return ca;
}

/// Answers from a table; what is not in it does not exist.
class ScriptedResolver : public Resolver {
 public:
  asio::awaitable<DnsAnswer> query(std::string name, RecordType type) override {
    asked.push_back(name);
    const auto found = answers.find({name, type});
    if (found != answers.end()) co_return found->second;
    DnsAnswer none;
    none.outcome = DnsOutcome::nx_domain;
    none.ttl = hours{1};
    co_return none;
  }
  void put(const std::string& name, RecordType type, std::vector<std::string> rdata) {
    DnsAnswer found;
    found.outcome = DnsOutcome::records;
    found.rdata = std::move(rdata);
    found.ttl = hours{2};
    answers[{name, type}] = found;
  }
  void fail(const std::string& name, RecordType type) {
    DnsAnswer failed;
    failed.reason = "SERVFAIL";
    answers[{name, type}] = failed;
  }

  std::vector<std::string> asked;
  std::map<std::pair<std::string, RecordType>, DnsAnswer> answers;
};

std::string txt(const std::string& text) {
  return static_cast<char>(text.size()) + text;
}

/// a.example with a record and a policy host on this machine.
class World {
 public:
  explicit World(const std::string& policy = kEnforce, const std::string& certificate = "good")
      : server_(authority(), certificate, [policy](Connection& connection) {
          connection.send(answer("200 OK", "Content-Type: text/plain\r\n", policy));
        }) {
    record("v=STSv1; id=1;");
    resolver.put("mta-sts.a.example", RecordType::a, {std::string{"\x7F\0\0\1", 4}});
  }

  void record(const std::string& text) {
    resolver.put("_mta-sts.a.example", RecordType::txt, {txt(text)});
  }
  StsLookedUp look_up(StsState state, Seconds later = {}, const std::string& name = "a.example") {
    asio::io_context io{1};
    StsFetchOptions options;
    options.port = server_.port();
    options.private_addresses = true;
    options.ca_file = authority().ca_file();
    options.has_ipv6 = [this] { return has_ipv6; };
    StsFetcher fetcher{io.get_executor(), options};
    return test::run(io, look_up_sts(
                             test::domain(name), std::move(state), resolver, fetcher, {},
                             [later] { return now() + later; }, 0));
  }
  [[nodiscard]] std::size_t requests() const { return server_.requests().size(); }

  ScriptedResolver resolver;
  bool has_ipv6 = true;

 private:
  HttpsServer server_;
};

TEST_CASE("sts look-up: a record and its policy, then nothing more for a day (RFC 8461 3.2)") {
  World world;
  const StsLookedUp first = world.look_up({});
  INFO(first.error);
  CHECK(first.error.empty());
  CHECK(first.fetched);
  CHECK(first.fault == StsFault::none);
  REQUIRE(first.record);
  CHECK(first.record->record.id == "1");
  REQUIRE(first.state.cached);
  CHECK(first.state.cached->id == "1");
  CHECK(first.state.cached->fetched == now());
  CHECK(first.state.cached->policy.text == kEnforce);
  CHECK(first.state.looked == now());
  CHECK(first.state.next_look == now() + hours{2});  // the record's TTL
  CHECK(world.resolver.asked ==
        std::vector<std::string>{"_mta-sts.a.example", "mta-sts.a.example", "mta-sts.a.example"});
  const StsLookedUp second = world.look_up(first.state, hours{23});
  CHECK_FALSE(second.fetched);
  CHECK(second.state.cached == first.state.cached);
  CHECK(second.state.next_look == now() + hours{24});  // the refresh
  CHECK(world.requests() == 1);
  const StsLookedUp third = world.look_up(second.state, hours{24});
  CHECK(third.fetched);
  CHECK(third.state.cached->fetched == now() + hours{24});
  CHECK(world.requests() == 2);
}

TEST_CASE("sts look-up: a domain without a record is not asked further") {
  World world;
  struct Row {
    const char* why;
    const char* record;  ///< nullptr: there is none
    StsRecordOutcome outcome;
  };
  for (const Row& row : {Row{"no such name", nullptr, StsRecordOutcome::none},
                         Row{"another TXT", "v=spf1 -all", StsRecordOutcome::none},
                         Row{"an invalid one", "v=STSv1; id=;", StsRecordOutcome::invalid}}) {
    INFO(row.why);
    world.resolver.answers.erase({"_mta-sts.a.example", RecordType::txt});
    if (row.record != nullptr) world.record(row.record);
    const StsLookedUp out = world.look_up({});
    CHECK(out.error.empty());
    REQUIRE(out.record);
    CHECK(out.record->outcome == row.outcome);
    CHECK_FALSE(out.state.cached);
    CHECK(out.state.next_look >= now() + minutes{30});
  }
  CHECK(world.requests() == 0);
}

TEST_CASE("sts look-up: DNS that fails says nothing about the domain (RFC 8461 3.3)") {
  World world;
  const StsState known = world.look_up({}).state;
  world.resolver.fail("_mta-sts.a.example", RecordType::txt);
  const StsLookedUp fresh = world.look_up({});
  CHECK(fresh.error == "_mta-sts.a.example: SERVFAIL");
  CHECK_FALSE(fresh.record);
  CHECK_FALSE(fresh.state.cached);
  CHECK(fresh.state.next_look == now() + minutes{5});
  const StsLookedUp later = world.look_up(known, hours{1});
  CHECK(later.state.cached == known.cached);
  // Section 10.2: the refresh does not wait for the record.
  const StsLookedUp refreshed = world.look_up(known, hours{24});
  CHECK(refreshed.fetched);
  CHECK(refreshed.state.cached->fetched == now() + hours{24});
}

TEST_CASE("sts look-up: a vanished record cancels nothing (RFC 8461 5.1)") {
  World world;
  const StsState known = world.look_up({}).state;
  world.resolver.answers.clear();
  const StsLookedUp soon = world.look_up(known, hours{1});
  CHECK(soon.state.cached == known.cached);
  const StsLookedUp refused = world.look_up(known, hours{24});
  CHECK(refused.fault == StsFault::fetch_error);
  CHECK(refused.error.contains("has no address"));
  CHECK(refused.state.cached == known.cached);
  CHECK(refused.state.failures == 1);
  const StsLookedUp over = world.look_up(refused.state, hours{24 * 7});
  CHECK_FALSE(over.state.cached);
}

TEST_CASE("sts look-up: a new version that cannot be fetched keeps the old (RFC 8461 3.3)") {
  const StsState known = World{}.look_up({}).state;
  struct Row {
    const char* why;
    const char* policy;
    const char* certificate;
    StsFault fault;
  };
  for (const Row& row :
       {Row{"an expired certificate", kEnforce.c_str(), "expired", StsFault::webpki_invalid},
        Row{"no policy", "hello", "good", StsFault::policy_invalid}}) {
    INFO(row.why);
    World world{row.policy, row.certificate};
    world.record("v=STSv1; id=2;");
    const StsLookedUp out = world.look_up(known, hours{1});
    CHECK(out.fault == row.fault);
    CHECK_FALSE(out.error.empty());
    CHECK(out.state.cached == known.cached);
    CHECK(out.state.pending_id == "2");
    CHECK(out.state.next_look == now() + hours{1} + minutes{5});
    const StsLookedUp again = world.look_up(out.state, hours{1} + minutes{1});
    CHECK(again.error.empty());
    CHECK(again.state.cached == known.cached);
    CHECK(again.state.failures == 1);
  }
}

TEST_CASE("sts look-up: mode none replaces enforce at once (RFC 8461 8.3)") {
  const StsState known = World{}.look_up({}).state;
  World world{kNone};
  world.record("v=STSv1; id=2;");
  const StsLookedUp out = world.look_up(known, hours{1});
  REQUIRE(out.state.cached);
  CHECK(out.state.cached->policy.mode == Mode::none);
  CHECK(out.state.cached->id == "2");
}

TEST_CASE("sts look-up: without IPv6 here its addresses are asked for in need only") {
  const std::string host = "mta-sts.a.example";
  const auto asked_both = [&](const World& world) {
    const auto& asked = world.resolver.asked;
    return std::ranges::count(asked, host) == 2;
  };
  World world;
  CHECK(world.look_up({}).fetched);
  CHECK(asked_both(world));
  World without;
  without.has_ipv6 = false;
  CHECK(without.look_up({}).fetched);
  CHECK_FALSE(asked_both(without));
  World only_ipv6;
  only_ipv6.has_ipv6 = false;
  only_ipv6.resolver.answers.erase({host, RecordType::a});
  only_ipv6.resolver.put(host, RecordType::aaaa, {std::string(15, '\0') + "\1"});
  const StsLookedUp tried = only_ipv6.look_up({});
  CHECK(asked_both(only_ipv6));
  CHECK_FALSE(tried.fetched);
  CHECK_FALSE(tried.error.contains("has no address"));
}

TEST_CASE("sts look-up: the policy host's addresses") {
  World world;
  const std::string host = "mta-sts.a.example";
  struct Row {
    const char* why;
    void (*change)(ScriptedResolver&);
    const char* error;  ///< nullptr: it is fetched
  };
  const Row rows[] = {
      {"one family fails, the other answers",
       [](ScriptedResolver& dns) { dns.fail("mta-sts.a.example", RecordType::aaaa); }, nullptr},
      {"an address that does not listen comes first",
       [](ScriptedResolver& dns) {
         dns.put("mta-sts.a.example", RecordType::a,
                 {std::string{"\x7F\0\0\2", 4}, std::string{"\x7F\0\0\1", 4}});
       },
       nullptr},
      {"rdata of another size is passed over",
       [](ScriptedResolver& dns) {
         dns.put("mta-sts.a.example", RecordType::a, {"x", std::string{"\x7F\0\0\1", 4}});
       },
       nullptr},
      {"both fail",
       [](ScriptedResolver& dns) {
         dns.fail("mta-sts.a.example", RecordType::aaaa);
         dns.fail("mta-sts.a.example", RecordType::a);
       },
       "does not resolve: SERVFAIL"},
      {"one fails, the other has none: nobody knows",
       [](ScriptedResolver& dns) {
         dns.answers.erase({"mta-sts.a.example", RecordType::aaaa});
         dns.fail("mta-sts.a.example", RecordType::a);
       },
       "does not resolve: SERVFAIL"},
      {"there is none",
       [](ScriptedResolver& dns) { dns.answers.erase({"mta-sts.a.example", RecordType::a}); },
       "has no address"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    row.change(world.resolver);
    const StsLookedUp out = world.look_up({});
    INFO(out.error);
    CHECK(out.fetched == (row.error == nullptr));
    if (row.error != nullptr) CHECK(out.error.contains(row.error));
    if (row.error != nullptr) CHECK(out.fault == StsFault::fetch_error);
  }
}

TEST_CASE("sts look-up: a name that cannot exist is not asked for") {
  World world;
  const std::string label(60, 'a');
  const std::string longest = label + "." + label + "." + label + "." + label + ".example";
  const StsLookedUp out = world.look_up({}, {}, longest);
  CHECK(out.error.empty());
  CHECK_FALSE(out.fetched);
  CHECK(world.resolver.asked.empty());
}

}  // namespace
}  // namespace tlspact
