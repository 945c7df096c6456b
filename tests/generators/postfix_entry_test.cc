// SPDX-License-Identifier: MIT
#include "generators/postfix/postfix_entry.h"

#include <algorithm>
#include <random>

#include "generators/postfix/postfix_grammar.h"
#include "tests/support/catch.h"
#include "tests/support/policies.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

PostfixOptions postfix(const std::string& version) {
  PostfixOptions options;
  options.version = PostfixVersion::parse(version).value();
  return options;
}

TlsPolicy secure_12(const std::vector<std::string>& mx_hosts) {
  TlsPolicy out = policy(Level::secure, mx_hosts);
  out.min_tls = TlsVersion::tls1_2;
  return out;
}

Fingerprint pin(const std::string& kind) {
  std::string hex;
  for (int i = 0; i < 32; ++i)
    hex += "a1";
  return Fingerprint::parse(kind + ":" + hex).value();
}

std::string pin_text() {
  std::string out = "A1";
  for (int i = 1; i < 32; ++i)
    out += ":A1";
  return out;
}

std::string value_of(const SnapshotEntry& each, const PostfixOptions& options) {
  return render_postfix_entry(each, options).value.value_or("no entry");
}

SnapshotEntry with_lines(SnapshotEntry each, const std::string& lines) {
  each.policy_lines = std::make_shared<const std::string>(lines);
  return each;
}

/// The policy_string attributes as our reader of Postfix's grammar finds them.
std::vector<std::string> strings_of(const SnapshotEntry& each, const PostfixOptions& options) {
  const std::string value = value_of(each, options);
  const auto line = read_postfix_value(value, options.version);
  if (!line) return {line.error().text};
  std::vector<std::string> out;
  for (const auto& [name, text] : line->attributes)
    if (name == "policy_string") out.emplace_back(text);
  return out;
}

bool alerts(const SnapshotEntry& each, const PostfixOptions& options, std::string_view word) {
  return std::ranges::any_of(render_postfix_entry(each, options).notices, [&](const Notice& n) {
    return n.severity == Severity::alert && n.text.contains(word);
  });
}

}  // namespace

TEST_CASE("TLSA at the name of an alias changes nothing: Postfix looks there, too") {
  SnapshotEntry at_alias = entry("a.example", policy(Level::dane_only), Source::dane);
  at_alias.tlsa_at_alias = true;
  const RenderedEntry rendered = render_postfix_entry(at_alias, {});
  CHECK(rendered.value == "dane-only");
  CHECK(rendered.notices.empty());
}

TEST_CASE("a list entry is written for each version of Postfix") {
  const SnapshotEntry listed =
      entry("acme.example", secure_12({"mx1.acme.example", "*.m.acme.example"}));
  const std::string match = "secure match=mx1.acme.example:.m.acme.example";
  CHECK(value_of(listed, postfix("3.3.0")) == match + " protocols=!SSLv2:!SSLv3:!TLSv1:!TLSv1.1");
  CHECK(value_of(listed, postfix("3.4.0")) ==
        match + " servername=hostname protocols=!SSLv2:!SSLv3:!TLSv1:!TLSv1.1");
  const std::string modern = match + " servername=hostname protocols=>=TLSv1.2";
  CHECK(value_of(listed, postfix("3.6.0")) == modern);
  CHECK(value_of(listed, postfix("3.7.11")) == modern);
  CHECK(value_of(listed, postfix("3.10.3")) == modern);
  const std::string bound =
      modern +
      " policy_type=sts policy_domain=acme.example mx_host_pattern=mx1.acme.example"
      " mx_host_pattern=*.m.acme.example { policy_string = source: list }";
  CHECK(value_of(listed, postfix("3.10.5")) == bound);
  CHECK(value_of(listed, postfix("3.11.0")) == bound);
}

TEST_CASE("the policy_type group goes with MTA-STS from 3.10, with others only to bind the MX") {
  const TlsPolicy secure = secure_12({"mx1.acme.example"});
  const SnapshotEntry sts_entry = entry("acme.example", secure, Source::mta_sts);
  CHECK_FALSE(value_of(sts_entry, postfix("3.9.1")).contains("policy_type"));
  CHECK(value_of(sts_entry, postfix("3.10.0")).contains("mx_host_pattern=mx1.acme.example"));
  PostfixOptions sends_tlsrpt = postfix("3.10.13");
  sends_tlsrpt.bind_all_mx = false;
  CHECK(value_of(sts_entry, sends_tlsrpt).contains("policy_type=sts"));
  CHECK_FALSE(value_of(entry("acme.example", secure), sends_tlsrpt).contains("policy_type"));
  CHECK_FALSE(value_of(entry("acme.example", secure, Source::agreement), sends_tlsrpt)
                  .contains("policy_type"));
}

TEST_CASE("the lines of an MTA-STS policy are its policy_strings, from 3.10") {
  const std::string lines = "version: STSv1\nmode: enforce\nmx: mx1.acme.example\nmax_age: 86400";
  const SnapshotEntry published =
      with_lines(entry("acme.example", secure_12({"mx1.acme.example"}), Source::mta_sts), lines);
  const std::string group =
      " policy_type=sts policy_domain=acme.example mx_host_pattern=mx1.acme.example"
      " { policy_string = version: STSv1 } { policy_string = mode: enforce }"
      " { policy_string = mx: mx1.acme.example } { policy_string = max_age: 86400 }";
  for (const char* version : {"3.10.0", "3.10.4", "3.10.5", "3.11.0"}) {
    CAPTURE(version);
    const RenderedEntry rendered = render_postfix_entry(published, postfix(version));
    REQUIRE(rendered.value);
    CHECK(rendered.value->ends_with(" protocols=>=TLSv1.2" + group));
    INFO("equal rulings of two domains have two values");
    CHECK(rendered.depends_on_key);
  }
  CHECK_FALSE(value_of(published, postfix("3.9.9")).contains("policy_string"));
  CHECK_FALSE(render_postfix_entry(published, postfix("3.9.9")).depends_on_key);
}

TEST_CASE("an agreement that took its MX set from MTA-STS has the lines where it has the group") {
  const SnapshotEntry agreed = with_lines(
      entry("acme.example", secure_12({"mx1.acme.example"}), Source::agreement), "version: STSv1");
  PostfixOptions sends_tlsrpt = postfix("3.10.13");
  sends_tlsrpt.bind_all_mx = false;
  CHECK(value_of(agreed, postfix("3.10.13")).ends_with(" { policy_string = version: STSv1 }"));
  CHECK_FALSE(value_of(agreed, postfix("3.10.4")).contains("policy_type"));
  CHECK_FALSE(value_of(agreed, sends_tlsrpt).contains("policy_type"));
}

TEST_CASE("where DANE has won but cannot be used, the group is that of MTA-STS") {
  SnapshotEntry full =
      with_lines(entry("acme.example", policy(Level::dane_only), Source::dane), "version: STSv1");
  full.policy_without_dane = std::make_shared<const TlsPolicy>(secure_12({"mx1.acme.example"}));
  PostfixOptions options = postfix("3.10.0");
  CHECK(value_of(full, options) == "dane-only");
  options.dane = options.bind_all_mx = false;
  CHECK(value_of(full, options).ends_with(" { policy_string = version: STSv1 }"));
  full.policy_lines = nullptr;  // a list's
  CHECK_FALSE(value_of(full, options).contains("policy_type"));
}

TEST_CASE("no line of a stranger's policy breaks the grammar") {
  struct Row {
    const char* lines;
    std::vector<std::string> strings;
    const char* why;
  };
  const Row rows[] = {
      {"x: } ciphers=null {", {"x: ? ciphers=null ?"}, "a closing brace would end the attribute"},
      {"x: {", {"x: ?"}, "an open one would swallow the rest"},
      {"x: {a}", {"x: ?a?"}, "pairs are treated alike"},
      {"x: } { policy_type = tlsa }", {"x: ? ? policy_type = tlsa ?"}, "an attribute of its own"},
      {"x: \"a 'b\\", {"x: \"a 'b\\"}, "Postfix knows no quotes and no backslash here"},
      {"x=y: =,=, \\} a", {"x=y: =,=, \\? a"}, "the first = ends the name policy_string"},
      {"= x", {"= x"}, "no name"},
      {"x: \xC3\xA9\x01\x7F\ty", {"x: ?????y"}, "bytes outside printable ASCII"},
      {"# x\n$(x) ${x}", {"# x", "$(x) $?x?"}, "not a comment, no expansion"},
      {"\n  \n\t\r\nx: y \t\r\n\n", {"x: y"}, "an empty value is a policy error"},
      {"\n \n", {"source: MTA-STS"}, "there must be one"},
      {"", {"source: MTA-STS"}, "there must be one"},
      {"{\n}", {"?", "?"}, "braces alone"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.lines, row.why);
    const SnapshotEntry hostile = with_lines(
        entry("acme.example", secure_12({"mx1.acme.example"}), Source::mta_sts), row.lines);
    CHECK(strings_of(hostile, postfix("3.10.0")) == row.strings);
    CHECK(strings_of(hostile, postfix("3.10.13")) == row.strings);
  }
}

TEST_CASE("random lines leave the rest of the entry as it is") {
  using namespace std::string_view_literals;
  constexpr std::string_view kNasty{"{}{}{}=,: \t\r\n\n\"'\\#$|!\0\x7F\xFFpolicy_type"sv};
  const std::string head =
      "secure match=mx1.acme.example servername=hostname protocols=>=TLSv1.2 policy_type=sts "
      "policy_domain=acme.example mx_host_pattern=mx1.acme.example { policy_string = ";
  std::mt19937 random{1};
  for (int round = 0; round < 3000; ++round) {
    std::string lines(random() % 40, ' ');
    for (char& c : lines)
      c = kNasty[random() % kNasty.size()];
    CAPTURE(lines);
    const SnapshotEntry hostile =
        with_lines(entry("acme.example", secure_12({"mx1.acme.example"}), Source::mta_sts), lines);
    const std::string value = value_of(hostile, postfix("3.10.13"));
    REQUIRE(value.starts_with(head));
    const auto line = read_postfix_value(value, postfix("3.10.13").version);
    REQUIRE(line);
    REQUIRE(std::ranges::count(line->attributes, "policy_string",
                               [](const auto& each) { return each.first; }) +
                6 ==
            std::ssize(line->attributes));
  }
}

TEST_CASE("lines at the end are left out where an entry would be too long, and that is said") {
  std::string lines;
  for (int i = 0; i < 500; ++i)
    lines += "x: " + std::to_string(1000 + i) + std::string(293, 'y') + "\n";
  SnapshotEntry published =
      with_lines(entry("acme.example", secure_12({"mx1.acme.example"}), Source::mta_sts), lines);
  const RenderedEntry rendered = render_postfix_entry(published, postfix("3.10.13"));
  REQUIRE(rendered.value);
  CHECK(rendered.value->size() <= kMaxPostfixValue);
  CHECK(rendered.value->size() > kMaxPostfixValue - 400);
  REQUIRE(rendered.notices.size() == 1);
  CHECK(rendered.notices[0].severity == Severity::note);
  CHECK(rendered.notices[0].text.contains("left out"));
  const auto strings = strings_of(published, postfix("3.10.13"));
  CHECK(strings.front().starts_with("x: 1000y"));
  CHECK(strings.back().starts_with("x: " + std::to_string(999 + strings.size()) + "y"));
  INFO("not even the first has room");
  published.policy_lines = std::make_shared<const std::string>(std::string(99000, 'y'));
  CHECK(strings_of(published, postfix("3.10.13")) == std::vector<std::string>{"source: MTA-STS"});
}

TEST_CASE("the largest policy that is accepted fits whole") {
  const std::string label(60, 'm');
  TlsPolicy tls = secure_12({});
  for (int i = 100; i < 200; ++i)  // kMaxStsMxPatterns
    tls.mx.push_back(mx(std::to_string(i) + "." + label + "." + label + "." + label + "." +
                        std::string(50, 'n') + ".test"));
  std::string lines;
  for (int i = 0; i < 150; ++i)  // as many as sts_policy_lines gives
    lines += "x: " + std::string(213, 'y') + "\n";
  const SnapshotEntry published = with_lines(entry("acme.example", tls, Source::mta_sts), lines);
  CHECK(strings_of(published, postfix("3.10.13")).size() == 150);
  CHECK(render_postfix_entry(published, postfix("3.10.13")).notices.empty());
}

TEST_CASE("other certificate names exclude the group, because Postfix would replace match=") {
  TlsPolicy named = secure_12({"mx1.acme.example"});
  named.certificate_names = mxs({"smtp.acme.example"});
  const std::string value =
      value_of(entry("acme.example", named, Source::agreement), postfix("3.10.13"));
  CHECK(value == "secure match=smtp.acme.example servername=hostname protocols=>=TLSv1.2");
}

TEST_CASE("every level has its line") {
  const PostfixOptions options = postfix("3.7.11");
  const auto agreed = [&](TlsPolicy tls, const std::string& key_text = "acme.example") {
    return value_of(entry(key_text, std::move(tls), Source::agreement), options);
  };
  CHECK(agreed(policy(Level::none)) == "none");
  CHECK(agreed(policy(Level::may)) == "may");
  TlsPolicy encrypt = policy(Level::encrypt);
  encrypt.min_tls = TlsVersion::tls1_3;
  encrypt.ciphers = CipherGrade::high;
  CHECK(agreed(encrypt) == "encrypt protocols=>=TLSv1.3 ciphers=high");
  CHECK(agreed(policy(Level::dane)) == "dane");
  TlsPolicy dane_only = policy(Level::dane_only);
  dane_only.min_tls = TlsVersion::tls1_2;
  CHECK(agreed(dane_only) == "dane-only protocols=>=TLSv1.2");
  TlsPolicy pinned = policy(Level::fingerprint);
  pinned.pins = {pin("sha256"), pin("spki-sha256")};
  CHECK(agreed(pinned) ==
        "fingerprint match=" + pin_text() + "|" + pin_text() + " servername=hostname");
  TlsPolicy own_ca = policy(Level::secure, {"mx1.acme.example"});
  own_ca.ca_file = "/etc/ssl/acme.pem";
  CHECK(agreed(own_ca) ==
        "secure match=mx1.acme.example servername=hostname tafile=/etc/ssl/acme.pem");
  CHECK(agreed(policy(Level::secure), "[relay.acme.example]:587") ==
        "secure match=relay.acme.example servername=hostname");
}

TEST_CASE("without a CA store secure becomes encrypt, with an alert, except with a trust anchor") {
  PostfixOptions options = postfix("3.7.11");
  options.ca_store = false;
  const SnapshotEntry listed = entry("acme.example", secure_12({"mx1.acme.example"}));
  CHECK(value_of(listed, options) == "encrypt protocols=>=TLSv1.2");
  CHECK(alerts(listed, options, "CA store"));
  TlsPolicy own_ca = policy(Level::secure, {"mx1.acme.example"});
  own_ca.ca_file = "/etc/ssl/acme.pem";
  CHECK(value_of(entry("acme.example", own_ca, Source::agreement), options).starts_with("secure "));
}

TEST_CASE("a Postfix that does not validate gets no DANE level") {
  PostfixOptions options = postfix("3.7.11");
  options.dane = false;
  SnapshotEntry full = entry("acme.example", policy(Level::dane_only), Source::dane);
  full.policy_without_dane = nullptr;
  CHECK(value_of(full, options) == "encrypt");
  full.policy_without_dane = std::make_shared<const TlsPolicy>(secure_12({"mx1.acme.example"}));
  CHECK(value_of(full, options).starts_with("secure match=mx1.acme.example"));
  SnapshotEntry some = entry("acme.example", policy(Level::dane), Source::dane);
  some.policy_without_dane = nullptr;
  CHECK(value_of(some, options) == "no entry");
  const SnapshotEntry agreed = entry("acme.example", policy(Level::dane_only), Source::agreement);
  CHECK(value_of(agreed, options) == "encrypt");
  CHECK(alerts(agreed, options, "dane-only"));
  const SnapshotEntry named =
      entry("acme.example", policy(Level::dane_only, {"mx1.acme.example"}), Source::agreement);
  CHECK(value_of(named, options).starts_with("secure match=mx1.acme.example"));
}

TEST_CASE("fingerprints need sha256 digests in Postfix") {
  PostfixOptions options = postfix("3.7.11");
  options.sha256_fingerprints = false;
  TlsPolicy pinned = policy(Level::fingerprint);
  pinned.pins = {pin("sha256")};
  const SnapshotEntry agreed = entry("acme.example", pinned, Source::agreement);
  CHECK(value_of(agreed, options) == "encrypt");
  CHECK(alerts(agreed, options, "smtp_tls_fingerprint_digest"));
}

TEST_CASE("what Postfix cannot express is said") {
  const PostfixOptions options = postfix("3.10.13");
  for (const Level level : {Level::encrypt, Level::dane_only}) {
    const SnapshotEntry agreed =
        entry("acme.example", policy(level, {"mx1.acme.example"}), Source::agreement);
    CHECK(alerts(agreed, options, "cannot bind the MX host"));
  }
  TlsPolicy with_client = policy(Level::encrypt);
  with_client.client_certificate = "/etc/ssl/us.pem";
  with_client.client_key = "/etc/ssl/us.key";
  CHECK(
      alerts(entry("acme.example", with_client, Source::agreement), options, "client certificate"));
}

TEST_CASE("the gaps of match= are notes below 3.10.5 and closed after it") {
  const SnapshotEntry listed = entry("acme.example", secure_12({"*.m.acme.example"}));
  CHECK(render_postfix_entry(listed, postfix("3.7.11")).notices.size() == 2);
  CHECK(render_postfix_entry(listed, postfix("3.10.13")).notices.empty());
}

TEST_CASE("every rendering is one that Postfix reads, at any version") {
  const std::vector<std::string> versions{"3.3.0", "3.5.8", "3.7.11", "3.9.0", "3.10.3", "3.10.13"};
  for (const Level level : {Level::none, Level::may, Level::encrypt, Level::dane, Level::dane_only,
                            Level::fingerprint, Level::secure}) {
    for (const bool with_mx : {false, true}) {
      for (const Source source : {Source::agreement, Source::mta_sts, Source::list}) {
        for (const std::string& version : versions) {
          for (const bool capable : {false, true}) {
            TlsPolicy tls = policy(level);
            if (with_mx) tls.mx = mxs({"mx1.acme.example", "*.m.acme.example"});
            if (level == Level::fingerprint) tls.pins = {pin("sha256")};
            tls.min_tls = TlsVersion::tls1_2;
            PostfixOptions options = postfix(version);
            options.dane = options.ca_store = options.sha256_fingerprints = capable;
            const RenderedEntry rendered =
                render_postfix_entry(entry("acme.example", tls, source), options);
            REQUIRE(rendered.value);
            CHECK(read_postfix_value(*rendered.value, options.version));
          }
        }
      }
    }
  }
}

TEST_CASE("an agreement that cannot be expressed is never weaker than what is published") {
  PostfixOptions options = postfix("3.7.11");
  options.dane = options.sha256_fingerprints = false;
  TlsPolicy pinned = policy(Level::fingerprint);
  pinned.pins = {pin("sha256")};
  for (const TlsPolicy& agreed : {policy(Level::dane_only), pinned}) {
    SnapshotEntry each = entry("acme.example", agreed, Source::agreement);
    each.published_without_dane =
        std::make_shared<const TlsPolicy>(secure_12({"mx1.acme.example"}));
    CHECK(value_of(each, options) ==
          "secure match=mx1.acme.example servername=hostname protocols=>=TLSv1.2");
  }
}
