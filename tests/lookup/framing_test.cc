// SPDX-License-Identifier: MIT
#include "lookup/framing.h"

#include "lookup/answerer.h"
#include "tests/support/catch.h"

using namespace tlspact;

namespace {

using State = Frame::State;

struct Row {
  std::string input;
  State state;
  std::string request = {};
  std::size_t size = 0;
};

}  // namespace

TEST_CASE("netstrings: what is accepted, waited for and refused") {
  const std::string longest(kMaxRequest, 'k');
  const Row rows[] = {
      {"17:postfix a.example,", State::complete, "postfix a.example", 21},
      {"17:postfix a.example,17:postfix b", State::complete, "postfix a.example", 21},
      {"0:,", State::complete, "", 3},
      {"1:,,", State::complete, ",", 4},
      {"3:a\n\0,", State::incomplete},
      {std::string{"3:a\0b,", 6}, State::complete, std::string{"a\0b", 3}, 6},
      {"10000:" + longest + ",", State::complete, longest, kMaxRequest + 7},
      {"", State::incomplete},
      {"1", State::incomplete},
      {"17", State::incomplete},
      {"17:", State::incomplete},
      {"17:postfix a.example", State::incomplete},
      {"10000:x", State::incomplete},
      {"10001", State::too_long},
      {"10001:", State::too_long},
      {"99999999999999999999:", State::too_long},
      {"18446744073709551617:", State::too_long},
      {"00:,", State::malformed},
      {"017:postfix a.example,", State::malformed},
      {":,", State::malformed},
      {",", State::malformed},
      {"x", State::malformed},
      {" 1:a,", State::malformed},
      {"-1:a,", State::malformed},
      {"+1:a,", State::malformed},
      {"1 :a,", State::malformed},
      {"1;a,", State::malformed},
      {"1:a;", State::malformed},
      {"1:ab,", State::malformed},
      {"\n17:postfix a.example,", State::malformed},
      {"GET / HTTP/1.1\r\n", State::malformed},
  };
  for (const Row& row : rows) {
    CAPTURE(row.input.substr(0, 40));
    const Frame frame = first_netstring(row.input);
    CHECK(frame.state == row.state);
    CHECK(frame.request == row.request);
    CHECK(frame.size == row.size);
  }
}

TEST_CASE("a netstring that is cut anywhere is waited for") {
  const std::string whole = as_netstring("postfix a.example");
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(first_netstring(whole.substr(0, size)).state == State::incomplete);
}

TEST_CASE("lines: what is accepted, waited for and refused") {
  const std::string longest(kMaxRequest, 'k');
  const Row rows[] = {
      {"get a.example\n", State::complete, "get a.example", 14},
      {"get a.example\r\n", State::complete, "get a.example", 15},
      {"a.example\nb.example\n", State::complete, "a.example", 10},
      {"\n", State::complete, "", 1},
      {longest + "\n", State::complete, longest, kMaxRequest + 1},
      {"", State::incomplete},
      {"a.example", State::incomplete},
      {longest, State::incomplete},
      {longest + "k", State::too_long},
      {longest + "k\n", State::too_long},
  };
  for (const Row& row : rows) {
    CAPTURE(row.input.substr(0, 40));
    const Frame frame = first_line(row.input, false);
    CHECK(frame.state == row.state);
    CHECK(frame.request == row.request);
    CHECK(frame.size == row.size);
  }
}

TEST_CASE("the last line needs no LF") {
  const Frame frame = first_line("a.example", true);
  CHECK(frame.state == State::complete);
  CHECK(frame.request == "a.example");
  CHECK(frame.size == 9);
  CHECK(first_line("", true).state == State::incomplete);
}

TEST_CASE("a request names a map and a key") {
  const auto good = [](std::string_view text, std::string_view map, std::string_view key) {
    const MapRequest request = read_map_request(text);
    return request.good && request.map == map && request.key == key;
  };
  CHECK(good("postfix a.example", "postfix", "a.example"));
  CHECK(good("QUERY [a.example]:25", "QUERY", "[a.example]:25"));
  CHECK(good("postfix ", "postfix", ""));
  CHECK(good("postfix a b", "postfix", "a b"));
  CHECK_FALSE(read_map_request("").good);
  CHECK_FALSE(read_map_request("postfix").good);
  CHECK_FALSE(read_map_request(" a.example").good);

  CHECK(read_line_request("get a.example") == "a.example");
  CHECK(read_line_request("a.example") == "a.example");
  CHECK(read_line_request("get  a.example ") == "a.example");
  CHECK(read_line_request("get.example") == "get.example");
  CHECK(read_line_request("get ").empty());
  CHECK(read_line_request("  ").empty());
  CHECK(read_line_request("").empty());
}

TEST_CASE("the replies that are written out are netstrings") {
  for (const std::string_view reply :
       {Answerer::malformed(), Answerer::fault(LiveTable::postfix).bytes}) {
    const Frame frame = first_netstring(reply);
    CHECK(frame.state == State::complete);
    CHECK(frame.size == reply.size());
  }
  CHECK(Answerer::malformed().contains(":PERM "));
  CHECK(Answerer::fault(LiveTable::postfix).bytes.contains(":TEMP "));
  CHECK(Answerer::fault(LiveTable::exim).bytes.empty());
}
