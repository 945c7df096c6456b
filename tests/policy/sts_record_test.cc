// SPDX-License-Identifier: MIT
#include "policy/sts_record.h"

#include <vector>

#include "tests/support/catch.h"

namespace tlspact {
namespace {

using Outcome = StsRecordOutcome;
using Texts = std::vector<std::string>;

/// TXT rdata of one character-string, or of as many as are given.
std::string rdata(const Texts& strings) {
  std::string out;
  for (const std::string& each : strings) {
    out += static_cast<char>(each.size());
    out += each;
  }
  return out;
}

StsRecordFinding find(const Texts& texts) {
  Texts wire;
  for (const std::string& each : texts)
    wire.push_back(rdata({each}));
  return find_sts_record(wire);
}

TEST_CASE(
    "sts record: the character-strings of a TXT are joined with nothing between (RFC 8461 3.1)") {
  CHECK(join_character_strings(rdata({"v=STS", "v1; id", "=1"})) == "v=STSv1; id=1");
  CHECK(join_character_strings(rdata({""})) == "");
  CHECK(join_character_strings(rdata({"a", "", "b"})) == "ab");
  CHECK(join_character_strings(rdata({std::string(255, 'x'), "y"})) == std::string(255, 'x') + "y");
  CHECK_FALSE(join_character_strings(""));
  CHECK_FALSE(
      join_character_strings("\x05"
                             "four"));  // promises more than there is
  CHECK_FALSE(join_character_strings(rdata({"a"}) + "\x01"));
  const Texts wire{rdata({"v=STSv1; id=20", "16"})};
  CHECK(find_sts_record(wire).record.id == "2016");
}

TEST_CASE(
    "sts record: what does not begin with v=STSv1; is discarded, one must remain (RFC 8461 3.1)") {
  struct Row {
    const char* why;
    Texts texts;
    Outcome outcome;
  };
  const Row rows[] = {
      {"one", {"v=STSv1; id=1"}, Outcome::valid},
      {"no record at all", {}, Outcome::none},
      {"something else", {"hello"}, Outcome::none},
      {"empty", {""}, Outcome::none},
      {"others beside it do not spoil it", {"v=spf1 -all", "v=STSv1; id=1", "x"}, Outcome::valid},
      {"another version beside it does not", {"v=STSv10; id=2", "v=STSv1; id=1"}, Outcome::valid},
      {"nor v=STSv12", {"v=STSv1; id=1", "v=STSv12; id=2"}, Outcome::valid},
      {"another version alone", {"v=STSv10; id=2"}, Outcome::none},
      {"two", {"v=STSv1; id=1", "v=STSv1; id=2"}, Outcome::several},
      {"the same twice", {"v=STSv1; id=1", "v=STSv1; id=1"}, Outcome::several},
      {"a broken one counts", {"v=STSv1; id=1", "v=STSv1; nonsense"}, Outcome::several},
      {"a version without anything behind", {"v=STSv1"}, Outcome::none},
      {"white space first", {" v=STSv1; id=1"}, Outcome::none},
      {"v is not the first field", {"id=1; v=STSv1;"}, Outcome::none},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const auto found = find(row.texts);
    CHECK(found.outcome == row.outcome);
    CHECK(found.record.id == (row.outcome == Outcome::valid ? "1" : ""));
  }
}

TEST_CASE(
    "sts record: a TXT that is no sequence of character-strings is discarded (RFC 1035 3.3)") {
  const Texts wire{"\xFFv=STSv1; id=2", rdata({"v=STSv1; id=1"})};
  CHECK(find_sts_record(wire).record.id == "1");
}

TEST_CASE("sts record: the grammar of RFC 8461 section 3.1") {
  struct Row {
    const char* why;
    std::string text;
    const char* id;  ///< nullptr: invalid
  };
  const std::string long_id(32, 'z');
  const Row rows[] = {
      {"as in the RFC", "v=STSv1; id=20160831085700Z;", "20160831085700Z"},
      {"no semicolon at the end", "v=STSv1;id=1", "1"},
      {"white space before the first semicolon", "v=STSv1 \t; id=1", "1"},
      {"white space around every semicolon", "v=STSv1\t ;\t id=1 \t; a=b\t; ", "1"},
      {"white space at the end", "v=STSv1; id=1 \t", "1"},
      {"32 characters", "v=STSv1; id=zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
       "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"},
      {"33 characters", "v=STSv1; id=zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", nullptr},
      {"an empty id", "v=STSv1; id=", nullptr},
      {"an id with a hyphen", "v=STSv1; id=bad-value", nullptr},
      {"an id with a space", "v=STSv1; id=1 2", nullptr},
      {"an id in quotes", "v=STSv1; id=\"1\"", nullptr},
      {"an id beyond ASCII", "v=STSv1; id=\xC3\xA9", nullptr},
      {"a NUL in the id", std::string("v=STSv1; id=1\0002", 15), nullptr},
      {"no id", "v=STSv1; a=b", nullptr},
      {"nothing behind the version", "v=STSv1;", nullptr},
      {"only white space behind it", "v=STSv1; ", nullptr},
      {"ID is another field", "v=STSv1; ID=1", nullptr},
      {"ID beside id", "v=STSv1; ID=2; id=1", "1"},
      {"white space around the equals sign", "v=STSv1; id = 1", nullptr},
      {"an extension first", "v=STSv1; a.b_c-d=x:/?#; id=1", "1"},
      {"an extension last", "v=STSv1; id=1; z=x", "1"},
      {"the first id counts", "v=STSv1; id=1; id=2", "1"},
      {"the first id counts, a bad second is nothing", "v=STSv1; id=1; id=bad-value", "1"},
      {"the first id counts, bad as it is", "v=STSv1; id=bad-value; id=1", nullptr},
      {"two semicolons at the end", "v=STSv1; id=1;;", nullptr},
      {"two semicolons with space between", "v=STSv1; id=1; ;", nullptr},
      {"two semicolons behind the version", "v=STSv1;; id=1", nullptr},
      {"two semicolons in the middle", "v=STSv1; a=b;; id=1", nullptr},
      {"a field without equals sign", "v=STSv1; id=1; word", nullptr},
      {"a field without a name", "v=STSv1; id=1; =x", nullptr},
      {"an extension without a value", "v=STSv1; id=1; a=", nullptr},
      {"two equals signs", "v=STSv1; id=1; a=b=c", nullptr},
      {"an extension's name with a space", "v=STSv1; id=1; a b=c", nullptr},
      {"an extension's name of 33", "v=STSv1; id=1; zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz=c", nullptr},
      {"an extension's name of 32", "v=STSv1; id=1; zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz=c", "1"},
      {"an extension's name that begins with a hyphen", "v=STSv1; id=1; -a=c", nullptr},
      {"a control byte in a value", "v=STSv1; id=1; a=\x7F", nullptr},
      {"a line end", "v=STSv1; id=1\n", nullptr},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const auto found = find({row.text});
    CHECK(found.outcome == (row.id == nullptr ? Outcome::invalid : Outcome::valid));
    CHECK(found.record.id == (row.id == nullptr ? "" : row.id));
    CHECK(found.reason.empty() == (row.id != nullptr));
  }
}

TEST_CASE("sts record: the version is case-sensitive (RFC 8461 3.1, RFC 7405)") {
  for (const char* text : {"V=STSv1; id=1", "v=stsv1; id=1", "v=STSV1; id=1", "v = STSv1; id=1"}) {
    INFO(text);
    CHECK(find({text}).outcome == Outcome::none);
  }
}

TEST_CASE("sts record: a reason shows hostile bytes only escaped") {
  const auto found = find({"v=STSv1; id=\x1B[31m\r\n"});
  CHECK(found.outcome == Outcome::invalid);
  CHECK(found.reason.find('\x1B') == std::string::npos);
  CHECK(found.reason.contains("\\x1B[31m\\x0D"));
}

}  // namespace
}  // namespace tlspact
