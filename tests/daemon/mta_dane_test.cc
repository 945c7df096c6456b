// SPDX-License-Identifier: MIT
#include "daemon/control/mta_dane.h"

#include "tests/daemon/dns_lab.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

using namespace std::chrono_literals;
using test::DnsLab;
using test::FakeNameServer;

/// A resolv.conf; the port, which the C library would not read, is for the test.
class ResolvConf {
 public:
  explicit ResolvConf(const std::string& text) { test::write(path(), text); }
  [[nodiscard]] std::filesystem::path path() const { return directory_.path() / "resolv.conf"; }

 private:
  TempDirectory directory_ = TempDirectory::make().value();
};

MtaResolver ask(const std::string& server, std::chrono::milliseconds deadline = 10s) {
  const ResolvConf file{"nameserver " + server + "\noptions trust-ad\n"};
  return ask_mta_resolver(file.path(), deadline);
}

/// The question, as an answer with these flags and this code, without any record.
std::string answered(std::string question, char flags, char code) {
  question[2] = flags;
  question[3] = code;
  question[11] = 0;  // no OPT
  return question.substr(0, 17);
}

TEST_CASE("a resolver that validates sets AD for a signed name, another one does not") {
  const DnsLab lab{"{}", true};
  CHECK(ask(lab.validating()).ad == AdBit::set);
  CHECK(ask(lab.server()).ad == AdBit::clear);
}

TEST_CASE("a copy of the signed root does not tell whether its server validates") {
  const DnsLab lab{"{}"};
  CHECK(ask(lab.authority()).ad == AdBit::unknown);
}

TEST_CASE("a root that is not signed is one that nobody can validate") {
  const DnsLab lab{R"({".": {"kind": "insecure"}})"};
  CHECK(ask(lab.authority()).ad == AdBit::clear);
  CHECK(ask(lab.server()).ad == AdBit::clear);
}

TEST_CASE("failures do not tell") {
  constexpr char kServfail = 2;
  constexpr char kRefused = 5;
  constexpr char kResponse = static_cast<char>(0x81);
  for (const char code : {kServfail, kRefused}) {
    const FakeNameServer failing{
        [&](const std::string& question) { return answered(question, kResponse, code); }};
    CHECK(ask(failing.place()).ad == AdBit::unknown);
  }
  const FakeNameServer empty{
      [&](const std::string& question) { return answered(question, kResponse, 0); }};
  CHECK(ask(empty.place()).ad == AdBit::unknown);
  const FakeNameServer silent{[](const std::string&) { return std::string{}; }};
  CHECK(ask(silent.place(), 100ms).ad == AdBit::unknown);
  CHECK(silent.questions() == 2);
  CHECK(ask("192.0.2.1%eth0", 100ms).server == "127.0.0.1");  // a line that cannot be read
}

TEST_CASE("what a resolver is worth to each mail server") {
  MtaResolver resolver{.file = "/etc/resolv.conf", .server = "192.0.2.1"};
  CHECK(fault_for_exim(resolver).value().contains("trust-ad"));
  CHECK_FALSE(fault_for_postfix(resolver));
  resolver.trusts_ad = true;
  CHECK_FALSE(fault_for_exim(resolver));
  resolver.ad = AdBit::clear;
  CHECK(fault_for_exim(resolver).value().contains("192.0.2.1"));
  CHECK(fault_for_postfix(resolver) == fault_for_exim(resolver));
  resolver.ad = AdBit::set;
  CHECK(fault_for_exim(resolver) == "");
  resolver.trusts_ad = false;
  CHECK(fault_for_postfix(resolver) == "");
}

TEST_CASE("what the last run concluded holds until something else is known") {
  RunRecord last;
  last.resolver_faults = {{"Postfix", ""}, {"Exim", "a reason"}};
  const auto kept = [](const std::optional<RunRecord>& record, MtaFacts facts) {
    keep_conclusions(record, facts);
    return conclusions(facts);
  };
  CHECK(kept(std::nullopt, {}).empty());
  CHECK(kept(RunRecord{}, {}).empty());
  CHECK(kept(last, {}) == last.resolver_faults);
  MtaFacts news;
  news.postfix.resolver_fault = "another";
  news.exim.resolver_fault = "";
  CHECK(kept(last, news) == ResolverFaults{{"Postfix", "another"}, {"Exim", ""}});
}

TEST_CASE("a conclusion of the last run decides what is rendered, the configuration above it") {
  MtaFacts facts = assumed_facts();
  Config config;
  CHECK(generator_settings(config, facts).exim.options.dane);
  CHECK(generator_settings(config, facts).postfix.options.dane);
  facts.exim.resolver_fault = facts.postfix.resolver_fault = "a reason";
  const GeneratorSettings without = generator_settings(config, facts);
  CHECK_FALSE(without.exim.options.dane);
  CHECK_FALSE(without.postfix.options.dane);
  CHECK(without.exim.options.no_dane_because == "a reason");
  CHECK(without.postfix.options.no_dane_because == "a reason");
  config.exim.dane = config.postfix.dane = true;
  CHECK(generator_settings(config, facts).exim.options.dane);
  CHECK(generator_settings(config, facts).postfix.options.dane);
  config.exim.dane = false;
  CHECK(generator_settings(config, facts).exim.options.no_dane_because.contains("[exim]"));
}

TEST_CASE("what is said of a resolver") {
  const Snapshot with_dane =
      test::snapshot_of({test::entry("a.example", test::policy(Level::dane_only), Source::dane)});
  MtaFacts facts;
  const auto said = [&](const Config& config, const Snapshot& snapshot) {
    const Findings findings = resolver_findings(config, facts, snapshot);
    return findings.empty() ? Finding{} : findings.front();
  };
  CHECK(said({}, with_dane) == Finding{});  // nothing was asked
  facts.exim.resolver =
      MtaResolver{.file = "/etc/resolv.conf", .server = "127.0.0.1", .loopback = true};
  facts.exim.resolver_fault = fault_for_exim(*facts.exim.resolver);
  CHECK(said({}, with_dane).severity == Severity::alert);
  CHECK(said({}, with_dane).text.contains("no DANE level is written for Exim"));
  CHECK(said({}, with_dane).remedy ==
        "\"options trust-ad\" (if that name server validates) in /etc/resolv.conf, then tlspact "
        "generate");
  CHECK(said({}, {}).severity == Severity::note);
  Config forced;
  forced.exim.dane = true;
  CHECK(said(forced, with_dane).text.contains("waits"));
  facts.exim.resolver->trusts_ad = true;
  facts.exim.resolver_fault = std::nullopt;
  CHECK(said({}, with_dane).text.contains("did not tell"));
  facts.exim.resolver->ad = AdBit::set;
  facts.exim.resolver_fault = "";
  CHECK(said({}, with_dane) == Finding{});
  facts.exim.resolver->loopback = false;
  CHECK(said({}, with_dane).text.contains("on another machine"));
}

}  // namespace
}  // namespace tlspact
