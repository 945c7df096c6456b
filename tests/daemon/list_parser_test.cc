// SPDX-License-Identifier: MIT
#include "daemon/sources/list_parser.h"

#include <sstream>
#include <string>

#include "tests/daemon/list_text.h"
#include "tests/support/catch.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

using test::list_with;
using test::ListText;

Result<PolicyList> parse(const std::string& json) {
  std::istringstream in{json};
  return parse_list(in, "list.json");
}

/// Refused with these words, on this line of "list.json", and printable.
void check_refused(const std::string& json, const std::string& words, unsigned line = 1) {
  CAPTURE(words);
  const auto list = parse(json);
  REQUIRE_FALSE(list);
  const std::string& text = list.error().text;
  CAPTURE(text);
  CHECK(list.error().code == Errc::bad_input);
  CHECK(text.starts_with("list.json:" + std::to_string(line) + ": "));
  CHECK(text.contains(words));
  CHECK(text.size() < 400);
  CHECK_FALSE(text.contains('\n'));
  CHECK_FALSE(text.contains('\0'));
  CHECK_FALSE(text.contains('\x1b'));
}

std::vector<std::string> mx_texts(const TlsPolicy& policy) {
  std::vector<std::string> out;
  for (const MxPattern& pattern : policy.mx)
    out.push_back(pattern.text());
  return out;
}

/// The number of a listed domain's policy.
std::uint32_t policy_of(const PolicyList& list, const std::string& name) {
  const PolicyList::Entry* entry = list.find(name);
  REQUIRE(entry != nullptr);
  return entry->policy;
}

const char* const kGoodList = R"({
  "timestamp": "2026-10-20T10:25:12.7122-07:00",
  "expires": 1796083200,
  "version": "0.1",
  "author": "Zoë of the list",
  "policies": {
    "Example.ORG.": {"mode": "enforce", "mxs": ["MX1.Example.org.", ".mail.example.org"]},
    "gmail.example": {"policy-alias": "big"},
    "münchen.example": {"mxs": ["mx.bücher.example"], "mode": "testing"},
    "other.example": {"policy-alias": "big"},
    "same.example": {"mode": "enforce", "mxs": ["mx1.example.org", ".mail.example.org"]},
    "xn--80ak6aa92e.xn--p1ai": {"mode": "testing", "mxs": ["mx.example.net"]}
  },
  "policy-aliases": {
    "big": {"mode": "enforce", "mxs": ["aspmx.big.example", ".big.example"]},
    "never used": {"mode": "testing", "mxs": ["mx.unused.example"]}
  }
})";

TEST_CASE("A good list is read with every field") {
  const auto list = parse(kGoodList);
  REQUIRE(list);
  CHECK(list->author == "Zoë of the list");
  CHECK(format_time(list->timestamp) == "2026-10-20T17:25:12Z");
  CHECK(format_time(list->expires) == "2026-12-01T00:00:00Z");
  REQUIRE(list->entries.size() == 6);
  CHECK(list->count(Mode::enforce) == 4);
  CHECK(list->count(Mode::testing) == 2);
  CHECK(std::ranges::is_sorted(
      list->entries, {}, [&](const PolicyList::Entry& entry) { return list->domain(entry); }));

  const auto* example = list->find("example.org");
  REQUIRE(example != nullptr);
  CHECK(list->mode(*example) == Mode::enforce);
  const TlsPolicy tls = list->tls(*example);
  CHECK(tls.level == Level::secure);
  CHECK(tls.min_tls == TlsVersion::tls1_2);
  CHECK(mx_texts(tls) == std::vector<std::string>{"mx1.example.org", "*.mail.example.org"});

  const auto* munich = list->find("xn--mnchen-3ya.example");
  REQUIRE(munich != nullptr);
  CHECK(list->mode(*munich) == Mode::testing);
  CHECK(mx_texts(list->tls(*munich)) == std::vector<std::string>{"mx.xn--bcher-kva.example"});

  CHECK(list->find("xn--80ak6aa92e.xn--p1ai") != nullptr);
  CHECK(list->find("sub.example.org") == nullptr);
  CHECK(list->find("unused.example") == nullptr);
}

TEST_CASE("Domains with equal policies share one") {
  const auto list = parse(kGoodList);
  REQUIRE(list);
  CHECK(policy_of(*list, "example.org") == policy_of(*list, "same.example"));
  CHECK(policy_of(*list, "gmail.example") == policy_of(*list, "other.example"));
  CHECK(policy_of(*list, "gmail.example") != policy_of(*list, "same.example"));

  const auto modes = parse(list_with(R"({"a.example":{"mode":"enforce","mxs":["mx.example.org"]},
                    "b.example":{"mode":"testing","mxs":["mx.example.org"]},
                    "c.example":{"policy-alias":"x"}})",
                                     R"({"x":{"mode":"testing","mxs":["MX.example.org."]}})"));
  REQUIRE(modes);
  CHECK(modes->modes.size() == 2);
  CHECK(policy_of(*modes, "a.example") != policy_of(*modes, "b.example"));
  CHECK(policy_of(*modes, "b.example") == policy_of(*modes, "c.example"));
}

TEST_CASE("The members of a list may come in any order") {
  const std::string members[] = {
      R"("policies":{"a.example":{"policy-alias":"x"}})",
      R"("policy-aliases":{"x":{"mxs":["mx.example.org"],"mode":"enforce"}})", R"("version":"0.1")",
      R"("expires":1800000000)", R"("timestamp":0)"};
  for (std::size_t first = 0; first < std::size(members); ++first) {
    std::string json;
    for (std::size_t i = 0; i < std::size(members); ++i)
      json += (i == 0 ? "{" : ",") + members[(first + i) % std::size(members)];
    const auto list = parse(json + "}");
    REQUIRE(list);
    CHECK(list->author.empty());
    CHECK(list->timestamp == Time{});
    CHECK(list->find("a.example") != nullptr);
  }
}

TEST_CASE("Unusual lists that break no rule are accepted") {
  struct Row {
    std::string json;
    std::size_t entries;
    const char* why;
  };
  std::string hundred = R"({"a.example":{"mode":"enforce","mxs":["mx0.example.org")";
  for (int i = 1; i < 100; ++i)
    hundred += ",\"mx" + std::to_string(i) + ".example.org\"";
  hundred += "]}}";
  const std::string good = ListText{}.text();
  const Row rows[] = {
      {list_with("{}"), 0, "nothing is listed (policy-cli crashed)"},
      {ListText{.author = ""}.text(), 1, "author is optional"},
      {ListText{.author = R"("")"}.text(), 1, "an empty author"},
      {list_with(hundred), 1, "100 MX names"},
      {" \r\n\t" + good + "\r\n\t \n", 1, "white space around"},
      {ListText{.version = R"("\u0030.1")"}.text(), 1, "an escape for what needs none"},
      {list_with(R"({"\u0065xample.org":{"mode":"enforce","mxs":["mx.example.org"]}})"), 1,
       "an escape in a domain"},
      {list_with(R"({"m\u00fcnchen.example":{"mode":"enforce","mxs":["mx.example.org"]}})"), 1,
       "a U-label as an escape"},
      {list_with(R"({"a.example":{"mode":"enforce","mxs":["example.org",".example.org"]}})"), 1,
       "a host and a suffix of one name are two patterns"},
      {list_with(R"({"a.example":{"policy-alias":"a.example"}})",
                 R"({"a.example":{"mode":"testing","mxs":["mx.example.org"]}})"),
       1, "an alias may be named as a domain is"},
      {list_with("{}", R"({"a":{"mode":"testing","mxs":["mx.example.org"]},
                           "A":{"mode":"testing","mxs":["mx.example.org"]}})"),
       0, "names of aliases differ by case"},
      {ListText{.timestamp = "1", .expires = "253402300799"}.text(), 1, "the last epoch second"},
      {ListText{.expires = R"("2027-01-01T00:00:00+14:00")"}.text(), 1, "an offset"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const auto list = parse(row.json);
    INFO((list ? "" : list.error().text));
    REQUIRE(list);
    CHECK(list->entries.size() == row.entries);
  }
}

TEST_CASE("A list is cut off nowhere") {
  const std::string good = kGoodList;
  REQUIRE(parse(good));
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse(good.substr(0, size)));
  }
}

TEST_CASE("A byte that is replaced or inserted never makes a fault other than a refusal") {
  const std::string good = kGoodList;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char byte : {'\0', '"', '\\', '{', '}', '[', ',', '\x80', '\xff', '0'}) {
      std::string replaced = good;
      replaced[at] = byte;
      if (const auto list = parse(replaced); !list)
        CHECK(list.error().text.starts_with("list.json:"));
      std::string inserted = good;
      inserted.insert(at, 1, byte);
      if (const auto list = parse(inserted); !list)
        CHECK(list.error().text.starts_with("list.json:"));
    }
  }
}

TEST_CASE("What is not JSON, or more than one document of it, is refused") {
  const std::string good = ListText{}.text();
  struct Row {
    std::string json;
    const char* why;
  };
  const Row rows[] = {
      {"", "empty"},
      {" \n", "only white space"},
      {"\xEF\xBB\xBF" + good, "a byte order mark"},
      {std::string{"\0", 1} + good, "NUL first"},
      {good + std::string{"\0", 1}, "NUL behind"},
      {good + "x", "a letter behind"},
      {good + "}", "a brace behind"},
      {good + ",", "a comma behind"},
      {good + "\n{}", "a second document"},
      {good + good, "the same again"},
      {good + " null", "a value behind"},
      {good + "\n-----BEGIN PGP SIGNATURE-----\n", "a clearsigned list's end"},
      {"-----BEGIN PGP SIGNED MESSAGE-----\n\n" + good, "a clearsigned list's beginning"},
      {"<html></html>", "a web page"},
      {good.substr(0, good.size() - 1) + ",}", "a comma before the brace"},
      {"/* list */" + good, "a comment"},
      {good + " // list", "a comment behind"},
      {"{'timestamp':1}", "single quotes"},
      {"{timestamp:1}", "no quotes"},
      {ListText{.timestamp = "01"}.text(), "a leading zero"},
      {ListText{.timestamp = "+1"}.text(), "a plus sign"},
      {ListText{.timestamp = "0x10"}.text(), "hexadecimal"},
      {ListText{.timestamp = "NaN"}.text(), "not a number"},
      {ListText{.author = "\"a\nb\""}.text(), "a bare newline in a text"},
      {ListText{.author = std::string{"\"a\0b\"", 5}}.text(), "a bare NUL in a text"},
      {ListText{.author = R"("\x41")"}.text(), "an unknown escape"},
      {ListText{.author = R"("\ud800")"}.text(), "half a surrogate pair"},
      {ListText{.author = "\"\xFF\""}.text(), "no UTF-8"},
      {list_with(R"({"a.example":{"mode":"enforce","mxs":["mx.example.org",]}})"),
       "a comma at the end of an array"},
  };
  for (const Row& row : rows) {
    INFO(row.why << ": " << row.json);
    const auto list = parse(row.json);
    REQUIRE_FALSE(list);
    CHECK(list.error().code == Errc::bad_input);
    CHECK_FALSE(list.error().text.contains('\0'));
  }
}

TEST_CASE("Input without end to its depth or width is refused and does not crash") {
  constexpr std::size_t kDeep = 100'000;
  constexpr std::size_t kWide = 10UL << 20;
  const std::string wide(kWide, 'a');
  check_refused(std::string(kDeep, '['), "");
  check_refused(std::string(kDeep, '['), "must not be an array");
  std::string objects;
  for (std::size_t i = 0; i < kDeep; ++i)
    objects += R"({"policies":)";
  check_refused(objects, "");
  check_refused(ListText{.author = std::string(kDeep, '[')}.text(), "must not be an array");
  check_refused(
      list_with(R"({"a.example":{"mode":"enforce","mxs":)" + std::string(kDeep, '[') + "}}"), "");
  check_refused(list_with("{\"" + wide + R"(":{"mode":"enforce","mxs":["mx.example.org"]}})"),
                "is not a domain name");
  check_refused(list_with(R"({"a.example":{"mode":"enforce","mxs":[")" + wide + R"("]}})"),
                "is not a domain name");
  check_refused(list_with(R"({"a.example":{"mode":")" + wide + R"(","mxs":["mx.example.org"]}})"),
                "neither testing nor enforce");
  check_refused(list_with(R"({"a.example":{"policy-alias":")" + wide + R"("}})"), "is not defined");
  check_refused(ListText{.version = "\"" + wide + "\""}.text(), "is not supported");
  check_refused(ListText{.timestamp = "\"" + wide + "\""}.text(), "timestamp");
  check_refused(ListText{.timestamp = std::string(kWide, '9')}.text(), "");
  check_refused(ListText{.more = ",\"" + wide + "\":1"}.text(), "unknown field");

  const auto author = parse(ListText{.author = "\"" + wide + "\""}.text());
  if (author) CHECK(author->author.size() <= 1000);
}

TEST_CASE("An error names the line that it is on") {
  struct Row {
    std::string from;
    std::string to;
    unsigned line;
    const char* words;
  };
  const Row rows[] = {
      {"\"0.1\"", "\"99\"", 4, "version"},
      {"1796083200", "true", 3, "expires"},
      {"Example.ORG.", "Example..ORG", 7, "is not a domain name"},
      {"\"policy-alias\": \"big\"", "\"policy_alias\": \"big\"", 8, "unknown field"},
      {"\"testing\"}", "\"none\"}", 9, "neither testing nor enforce"},
      {"\"aspmx.big.example\"", "\"hostname\"", 15, "hostname"},
      {"mx.unused.example", "mx.unused.example\\u0000", 16, ""},
      {"\"never used\": {", "\"never used\": [", 16, "must not be an array"},
  };
  for (const Row& row : rows) {
    std::string json = kGoodList;
    const std::size_t at = json.find(row.from);
    REQUIRE(at != std::string::npos);
    check_refused(json.replace(at, row.from.size(), row.to), row.words, row.line);
  }

  // Lines are counted across the reader's pieces of 64 KiB as well.
  std::string big = "{\n\"policies\": {\n";
  for (int i = 0; i < 5000; ++i)
    big += "\"a" + std::to_string(i) +
           R"(.example": {"mode": "testing", "mxs": ["mx.example.org"]},)" + "\n";
  check_refused(big + R"("bad": 1})", "must not be a number", 5003);
}

}  // namespace
}  // namespace tlspact
