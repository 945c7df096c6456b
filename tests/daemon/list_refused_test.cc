// SPDX-License-Identifier: MIT
/// What a list must not be: every rule of daemon/sources/list_parser.h, and what older generators
/// took from a list and wrote into a map.
#include <sstream>
#include <string>

#include "daemon/sources/list_parser.h"
#include "tests/daemon/list_text.h"
#include "tests/support/catch.h"

namespace tlspact {
namespace {

using test::list_with;
using test::ListText;

struct Refused {
  std::string json;
  const char* words;
  const char* why;
};

template <std::size_t N>
void check_refused(const Refused (&rows)[N]) {
  for (const Refused& row : rows) {
    INFO(row.why << ": " << row.json.substr(0, 300));
    std::istringstream in{row.json};
    const auto list = parse_list(in, "list.json");
    CHECK_FALSE(list);
    if (list) continue;
    INFO(list.error().text);
    CHECK(list.error().code == Errc::bad_input);
    CHECK(list.error().text.starts_with("list.json:1: "));
    CHECK(list.error().text.contains(row.words));
    CHECK_FALSE(list.error().text.contains('\n'));
    CHECK_FALSE(list.error().text.contains('\0'));
  }
}

/// A list in which example.org has this policy.
std::string policy(const std::string& definition) {
  return list_with("{\"example.org\":" + definition + "}");
}
/// A list in which `key`, a JSON text without its quotes, has a good policy.
std::string domain(const std::string& key) {
  return list_with("{\"" + key + R"(":{"mode":"enforce","mxs":["mx.example.org"]}})");
}
/// A list in which example.org has this MX.
std::string mx(const std::string& name) {
  return policy(R"({"mode":"enforce","mxs":[")" + name + "\"]}");
}
/// A list with two domains.
std::string domains(const std::string& one, const std::string& two) {
  const std::string good = R"(":{"mode":"enforce","mxs":["mx.example.org"]})";
  return list_with("{\"" + one + good + ",\"" + two + good + "}");
}

TEST_CASE("A list with a wrong, missing or unknown member is refused") {
  const Refused rows[] = {
      {ListText{.timestamp = ""}.text(), "\"timestamp\" is missing", "required"},
      {ListText{.expires = ""}.text(), "\"expires\" is missing", "required"},
      {ListText{.version = ""}.text(), "\"version\" is missing", "required"},
      {ListText{.aliases = ""}.text(), "\"policy-aliases\" is missing", "required"},
      {ListText{.policies = ""}.text(), "\"policies\" is missing", "required"},
      {"{}", "is missing", "nothing at all"},
      {ListText{.version = R"("99")"}.text(), "\"99\"", "policy-cli never looked at it"},
      {ListText{.version = R"("0.10")"}.text(), "\"0.10\"", "another version"},
      {ListText{.version = R"("")"}.text(), "version", "empty"},
      {ListText{.version = "0.1"}.text(), "version", "a number"},
      {ListText{.version = "null"}.text(), "version", "null"},
      {ListText{.more = R"(,"pinsets":{})"}.text(), "unknown field \"pinsets\"",
       "a member of an earlier schema"},
      {ListText{.more = R"(,"get_mxs":"x")"}.text(), "unknown field \"get_mxs\"",
       "policy-cli set it as an attribute of its object"},
      {ListText{.more = R"(,"Version":"0.1")"}.text(), "unknown field \"Version\"", "capitals"},
      {ListText{.more = R"(,"":1)"}.text(), "unknown field", "an empty name"},
      {ListText{.more = R"(,"version":"0.1")"}.text(), "\"version\" stands there twice", "twice"},
      {ListText{.more = R"(,"timestamp":1)"}.text(), "twice", "twice, with another value"},
      {ListText{.more = R"(,"policies":{})"}.text(), "twice", "twice: which one counts?"},
      {ListText{.more = R"(,"policy-aliases":{})"}.text(), "twice", "twice: which one counts?"},
  };
  check_refused(rows);
}

TEST_CASE("A list with a time that is none is refused") {
  const Refused rows[] = {
      {ListText{.timestamp = R"("")"}.text(), "timestamp", "empty"},
      {ListText{.timestamp = R"("2026-10-20")"}.text(), "timestamp", "a date alone"},
      {ListText{.timestamp = R"("2026-10-20T00:00:00")"}.text(), "timestamp", "no offset"},
      {ListText{.timestamp = R"("2026-10-20 00:00:00Z")"}.text(), "timestamp", "a space"},
      {ListText{.timestamp = R"("2026-02-30T00:00:00Z")"}.text(), "timestamp", "30 February"},
      {ListText{.timestamp = R"("2026-10-20T24:00:00Z")"}.text(), "timestamp", "hour 24"},
      {ListText{.timestamp = R"("1796083200")"}.text(), "timestamp", "epoch seconds as text"},
      {ListText{.expires = R"("2026-12-01T00:00:00Z\n")"}.text(), "expires", "a newline behind"},
      {ListText{.expires = "-1"}.text(), "expires", "before 1970"},
      {ListText{.expires = "1796083200.5"}.text(), "expires", "a fraction"},
      {ListText{.expires = "1e10"}.text(), "expires", "an exponent"},
      {ListText{.expires = "253402300800"}.text(), "expires", "the year 10000"},
      {ListText{.expires = "9223372036854775807"}.text(), "expires", "the largest 64-bit number"},
      {ListText{.expires = "9223372036854775808"}.text(), "expires", "over 63 bits"},
      {ListText{.expires = "18446744073709551615"}.text(), "expires", "64 bits"},
      {ListText{.expires = "18446744073709551616"}.text(), "", "over 64 bits"},
      {ListText{.expires = "99999999999999999999999999"}.text(), "", "far over 64 bits"},
      {ListText{.expires = "-9223372036854775809"}.text(), "", "under 64 bits"},
      {ListText{.expires = R"("2026-10-20T00:00:00Z")"}.text(), "expires", "as the timestamp"},
      {ListText{.expires = R"("2026-10-19T00:00:00Z")"}.text(), "expires", "before the timestamp"},
      {ListText{.expires = R"("2026-10-20T01:00:00+01:00")"}.text(), "expires",
       "as the timestamp, by another offset"},
  };
  check_refused(rows);
}

TEST_CASE("A value of the wrong type is refused wherever it stands") {
  const char* const values[] = {"1",  "1.5",      "true", "false", "null",      "[]",
                                "{}", "\"text\"", "[{}]", "-1",    "{\"a\":1}", "[\"a\"]"};
  const auto check = [](const std::string& json) {
    CAPTURE(json);
    std::istringstream in{json};
    const auto list = parse_list(in, "list.json");
    CHECK_FALSE(list);
    if (!list) CHECK(list.error().text.starts_with("list.json:1: "));
  };
  for (const std::string value : values) {
    check(value);
    if (value != "1") check(ListText{.timestamp = value}.text());
    check(ListText{.expires = value}.text());
    check(ListText{.version = value}.text());
    if (!value.starts_with('"')) check(ListText{.author = value}.text());
    if (value != "{}") check(ListText{.aliases = value}.text());
    if (value != "{}") check(ListText{.policies = value}.text());
    check(policy(value));
    check(list_with("{}", "{\"x\":" + value + "}"));
    check(policy("{\"mode\":" + value + R"(,"mxs":["mx.example.org"]})"));
    check(policy("{\"mode\":\"enforce\",\"mxs\":" + value + "}"));
    check(policy("{\"mode\":\"enforce\",\"mxs\":[" + value + "]}"));
    check(policy("{\"mode\":\"enforce\",\"mxs\":[\"mx.example.org\"," + value + "]}"));
    check(policy("{\"policy-alias\":" + value + "}"));
  }
}

TEST_CASE("A policy that breaks a rule is refused with the whole list") {
  std::string many = R"({"mode":"enforce","mxs":["mx.example.org")";
  for (int i = 0; i < 100; ++i)
    many += ",\"mx" + std::to_string(i) + ".example.org\"";
  many += "]}";
  const Refused rows[] = {
      {policy("{}"), "has no mode", "nothing"},
      {policy(R"({"mode":"enforce"})"), "has no mxs", "made \"secure match=\": all mail deferred"},
      {policy(R"({"mode":"enforce","mxs":[]})"), "has no mxs", "the same, with an empty array"},
      {policy(R"({"mode":"enforce","mxs":""})"), "mxs", "an empty text"},
      {policy(R"({"mode":"enforce","mxs":"abc"})"), "mxs", "made match=a:b:c"},
      {policy(R"({"mode":"enforce","mxs":{"0":"mx.example.org"}})"), "must not be an object",
       "an object"},
      {policy(R"({"mode":"enforce","mxs":[["mx.example.org"]]})"), "must not be an array",
       "an array in the array"},
      {policy(R"({"mxs":["mx.example.org"]})"), "has no mode", "no mode"},
      {policy(R"({"mode":"none","mxs":["mx.example.org"]})"), "neither testing nor enforce",
       "MTA-STS has none, a list has not"},
      {policy(R"({"mode":"Enforce","mxs":["mx.example.org"]})"), "neither", "a capital"},
      {policy(R"({"mode":"enforce ","mxs":["mx.example.org"]})"), "neither", "a space"},
      {policy(R"({"mode":"","mxs":["mx.example.org"]})"), "neither", "empty"},
      {policy(R"({"mode":"testing","mode":"enforce","mxs":["mx.example.org"]})"), "two modes",
       "which one counts?"},
      {policy(R"({"mode":"enforce","mode":"enforce","mxs":["mx.example.org"]})"), "two modes",
       "twice the same"},
      {policy(R"({"mode":"enforce","mxs":["a.example.org"],"mxs":["b.example.org"]})"), "mxs",
       "which one counts?"},
      {policy(R"({"mode":"enforce","mxs":["a.example.org"],"mxs":["a.example.org"]})"), "mxs",
       "twice the same"},
      {policy(many), "more than 100 MX names", "101 of them"},
      {policy(R"({"mode":"enforce","mxs":["mx.example.org","MX.example.org."]})"), "twice",
       "one MX by two spellings"},
      {policy(R"({"mode":"enforce","mxs":["mx.bücher.example","mx.xn--bcher-kva.example"]})"),
       "twice", "one MX as U-label and A-label"},
      {policy(R"({"mode":"enforce","mxs":[".example.org",".EXAMPLE.org"]})"), "twice",
       "one suffix twice"},
      {policy(R"({"mode":"enforce","mxs":["mx.example.org"],"tls":"1.3"})"), "unknown field",
       "an unknown field"},
      {policy(R"({"mode":"enforce","mxs":["mx.example.org"],"min-tls-version":"TLSv1.3"})"),
       "unknown field", "a field of an earlier schema"},
      {policy(R"({"Mode":"enforce","mxs":["mx.example.org"]})"), "unknown field", "a capital"},
      {policy(R"({"policy-alias":"x"})"), "is not defined", "no such alias"},
      {policy(R"({"policy-alias":""})"), "", "an alias without a name"},
      {list_with(R"({"example.org":{"policy-alias":"X"}})",
                 R"({"x":{"mode":"enforce","mxs":["mx.example.org"]}})"),
       "is not defined", "names of aliases are compared as they are"},
      {list_with(R"({"example.org":{"policy-alias":"x","mode":"enforce"}})",
                 R"({"x":{"mode":"enforce","mxs":["mx.example.org"]}})"),
       "both", "an alias and a mode"},
      {list_with(R"({"example.org":{"mxs":["mx.example.org"],"policy-alias":"x"}})",
                 R"({"x":{"mode":"enforce","mxs":["mx.example.org"]}})"),
       "both", "an alias and MX names"},
      {list_with(R"({"example.org":{"policy-alias":"x","policy-alias":"x"}})",
                 R"({"x":{"mode":"enforce","mxs":["mx.example.org"]}})"),
       "two", "an alias twice"},
      {list_with("{}", R"({"x":{"policy-alias":"y"},"y":{"mode":"testing","mxs":["a.example"]}})"),
       "refers to another alias", "a chain"},
      {list_with("{}", R"({"x":{"policy-alias":"x"}})"), "refers to another alias", "a loop"},
      {list_with("{}", R"({"x":{}})"), "has no mode", "an empty alias that nothing uses"},
      {list_with("{}", R"({"x":{"mode":"enforce"}})"), "has no mxs", "an alias without MX names"},
      {list_with("{}", R"({"":{"mode":"testing","mxs":["mx.example.org"]}})"), "empty name",
       "an alias without a name"},
      {list_with("{}", R"({"x":{"mode":"testing","mxs":["a.example"]},
                           "x":{"mode":"testing","mxs":["a.example"]}})"),
       "defined twice", "an alias twice"},
  };
  for (const Refused& row : rows) {
    std::string one_line = row.json;
    std::erase(one_line, '\n');
    const Refused one[] = {{one_line, row.words, row.why}};
    check_refused(one);
  }
}

TEST_CASE("A domain that is no domain is refused with the whole list") {
  const std::string label(63, 'a');
  const Refused rows[] = {
      {domain(""), "domain name", "empty"},
      {domain("."), "domain name", "a dot"},
      {domain("com"), "domain name", "a top-level domain"},
      {domain(".example.org"), "domain name", "a leading dot: every subdomain in Postfix"},
      {domain("*.example.org"), "domain name", "a wildcard"},
      {domain("evil.com none"), "domain name", "a second word: another level in a map"},
      {domain("evil.com none\\nother.example secure"), "domain name",
       "a newline injected a line into the map"},
      {domain("evil.com\\n"), "domain name", "a newline behind"},
      {domain("evil.com\\r"), "domain name", "a carriage return behind"},
      {domain("evil.com\\t"), "domain name", "a tab behind"},
      {domain(" evil.com"), "domain name", "a space before"},
      {domain("# evil.com"), "domain name", "a comment of a map"},
      {domain("evil.com\\u0000"), "", "NUL behind"},
      {domain("evil\\u0000.com"), "", "NUL inside"},
      {domain("evil.com\\u0000.example.org"), "", "NUL inside, with a whole domain before it"},
      {domain("${run{id}}.com"), "domain name", "Exim's expansion"},
      {domain("evil.com:25"), "domain name", "a port"},
      {domain("[evil.com]"), "domain name", "brackets"},
      {domain("user@evil.com"), "domain name", "an address of mail"},
      {domain("192.0.2.1"), "address", "an IPv4 address"},
      {domain("2001:db8::1"), "domain name", "an IPv6 address"},
      {domain("evil..com"), "empty label", "an empty label"},
      {domain("evil.com.."), "empty label", "two trailing dots"},
      {domain("-evil.com"), "begins or ends with -", "a hyphen first"},
      {domain("evil_.com"), "domain name", "an underscore"},
      {domain(label + "a.example"), "63", "a label of 64 bytes"},
      {domain(std::string(300, 'a') + ".example"), "", "a label of 300 bytes"},
      {domain(label + "." + label + "." + label + "." + label), "253", "over 253 bytes"},
      {domain("☃.example"), "internationalized", "a symbol"},
      {domains("a.example", "a.example"), "\"a.example\" is listed twice", "the same"},
      {domains("a.example", "A.Example"), "\"a.example\" is listed twice", "by case"},
      {domains("a.example", "a.example."), "\"a.example\" is listed twice", "by a trailing dot"},
      {domains("bücher.example", "xn--bcher-kva.example"), "is listed twice", "U- and A-label"},
      {domains("bücher.example", "BÜCHER.example."), "is listed twice", "all of it"},
      {list_with(R"({"a.example":{"policy-alias":"x"},)"
                 R"("A.example":{"mode":"testing","mxs":["mx.example.org"]}})",
                 R"({"x":{"mode":"enforce","mxs":["mx.example.org"]}})"),
       "is listed twice", "with two policies"},
  };
  check_refused(rows);
}

TEST_CASE("An MX that is no MX name is refused with the whole list") {
  const Refused rows[] = {
      {mx(""), "", "empty: policy-cli stopped looking at the rest"},
      {mx("."), "", "a dot"},
      {mx("hostname"), "hostname", "Postfix's keyword: any MX name that DNS gives"},
      {mx("nexthop"), "nexthop", "Postfix's keyword"},
      {mx("dot-nexthop"), "dot-nexthop", "Postfix's keyword"},
      {mx("HostName"), "HostName", "a keyword in capitals"},
      {mx("mx.example.org protocols=SSLv3"), "", "an attribute"},
      {mx("mx protocols=SSLv3"), "", "an attribute behind one label"},
      {mx("mx.example.org:hostname"), "", "a second name behind a colon"},
      {mx("mx.example.org,other.example"), "", "a comma"},
      {mx("mx.example.org|other.example"), "", "a bar"},
      {mx("{ mx.example.org }"), "", "braces"},
      {mx("mx.example.org\\nevil.com none"), "", "a newline"},
      {mx("mx.example.org\\u0000"), "", "NUL"},
      {mx("$host"), "", "Exim's expansion"},
      {mx("*.example.org"), "a suffix is written as", "MTA-STS's wildcard, not a list's"},
      {mx("*"), "", "every host"},
      {mx(".org"), "", "a whole top-level domain"},
      {mx("..example.org"), "", "two dots"},
      {mx(".*.example.org"), "", "a wildcard behind a dot"},
      {mx("mx.*.example.org"), "", "a wildcard inside"},
      {mx("[mx.example.org]"), "", "brackets"},
      {mx("192.0.2.1"), "", "an address"},
      {mx("[192.0.2.1]"), "", "an address literal"},
      {mx("2001:db8::1"), "", "an IPv6 address"},
      {mx("mx_1.example.org"), "", "an underscore"},
      {mx("☃.example.org"), "", "a symbol"},
  };
  check_refused(rows);
}

}  // namespace
}  // namespace tlspact
