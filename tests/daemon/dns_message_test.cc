// SPDX-License-Identifier: MIT
#include "daemon/dns/dns_message.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace tlspact {
namespace {

using std::string_literals::operator""s;

std::optional<DnsMessage> read(const std::string& bytes) {
  return read_message({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

/// A header with these counts, and the question "A.b MX".
std::string head(char answers, char authorities = 0, const std::string& flags = "\x81\x80") {
  return "\0\1"s + flags + "\0\1\0"s + answers + "\0"s + authorities + "\0\0\1A\1b\0\0\x0F\0\1"s;
}
const std::string kMx = "\xC0\x0C\0\x0F\0\1\0\0\1\x2C\0\6\0\x0A\1m\xC0\x0E"s;
const std::string kCname = "\xC0\x0C\0\5\0\1\0\0\0\5\0\4\1C\xC0\x0E"s;
const std::string kSoa =
    "\xC0\x0E\0\6\0\1\0\0\0\x28\0\x1C\1n\xC0\x0E\1h\xC0\x0E\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\x1E"s;

TEST_CASE("a DNS message as an answer") {
  struct Row {
    std::string bytes;
    DnsOutcome outcome;
    std::string canonical;
    int ttl;
    std::vector<std::string> rdata;
    std::string why;
  };
  using enum DnsOutcome;
  const std::vector<Row> rows{
      {head(1) + kMx,
       records,
       "a.b",
       300,
       {"\0\x0A\1m\1b\0"s},
       "compressed names come uncompressed"},
      {head(0, 1) + kSoa, no_data, "a.b", 30, {}, "MINIMUM is less than the TTL"},
      {head(0, 1, "\x81\x83") + kSoa, nx_domain, "a.b", 30, {}, "NXDOMAIN"},
      {head(0), no_data, "a.b", 0, {}, "without an SOA it is not to be kept"},
      {head(1, 1) + kCname + kSoa, no_data, "c.b", 5, {}, "the TTL of the CNAME is the least"},
      {head(2) + kCname + kMx, no_data, "c.b", 0, {}, "an MX of another name is not meant"},
      {head(2) + kCname + "\1c\xC0\x0E\0\5\0\1\0\0\0\5\0\2\xC0\x0C"s,
       no_data,
       "a.b",
       0,
       {},
       "a loop"},
      {head(1) + "\xC0\x0C\0\x0F\0\1\xFF\0\0\0\0\3\0\0\0"s,
       records,
       "a.b",
       0,
       {"\0\0\0"s},
       "RFC 2181 section 8"},
      {head(1, 0, "\x81\x82") + kMx, failed, "a.b", 0, {}, "SERVFAIL"},
      {head(1, 0, "\x81\x85") + kMx, failed, "a.b", 0, {}, "REFUSED"}};
  for (const Row& row : rows) {
    INFO(row.why);
    const auto message = read(row.bytes);
    REQUIRE(message);
    const DnsAnswer answer = to_answer(*message, RecordType::mx);
    CHECK(answer.outcome == row.outcome);
    CHECK(answer.canonical_name == row.canonical);
    CHECK(answer.ttl.count() == row.ttl);
    CHECK(answer.rdata == row.rdata);
  }
}

TEST_CASE("what is no DNS message") {
  struct Row {
    std::string bytes;
    std::string why;
  };
  const std::vector<Row> rows{
      {"", "nothing"},
      {head(0, 0, "\x01\x00"s), "a question"},
      {head(1), "a record less than promised"},
      {head(1) + "\xC0\x80\0\1\0\1\0\0\0\1\0\0"s, "a pointer forwards"},
      {head(1) + "\xC0\x19\0\1\0\1\0\0\0\1\0\0"s, "a pointer to itself"},
      {head(1) + "\x80\0\1\0\1\0\0\0\1\0\0"s, "an unknown kind of label"},
      {head(1) + "\xC0\x0C\0\x0F\0\1\0\0\0\1\0\7\0\x0A\1m\xC0\x0E"s, "an MX longer than it says"},
      {head(1) + "\xC0\x0C\0\1\0\1\0\0\0\1\0\4\x7F\0"s, "an address that is cut off"}};
  for (const Row& row : rows) {
    INFO(row.why);
    CHECK_FALSE(read(row.bytes));
  }
}

TEST_CASE("a message that is cut off anywhere, or has any one byte changed, is read to no harm") {
  const std::string whole = head(2, 1) + kCname + kMx + kSoa;
  REQUIRE(read(whole));
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(read(whole.substr(0, size)));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int byte : {0, 1, 0x3F, 0x40, 0xC0, 0xFF}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(byte);
      if (const auto message = read(changed))
        static_cast<void>(to_answer(*message, RecordType::mx));
    }
  }
}

}  // namespace
}  // namespace tlspact
