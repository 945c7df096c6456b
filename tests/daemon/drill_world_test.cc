// SPDX-License-Identifier: MIT
#include "daemon/control/drill/drill_world.h"

#include <string>

#include "daemon/control/drill/drill_maps.h"
#include "daemon/control/drill/drilled_mta.h"
#include "daemon/dns/dns_message.h"
#include "generators/process/temp_directory.h"
#include "tests/support/catch.h"

namespace tlspact {
namespace {

using std::string_literals::operator""s;

constexpr std::uint16_t kSoa = 6;

std::string query(const std::string& wire_name, std::uint16_t type) {
  return "\x12\x34\1\x20\0\1\0\0\0\0\0\1"s + wire_name + '\0' + static_cast<char>(type) + "\0\1"s +
         "\0\0\x29\x10\0\0\0\x80\0\0\0"s;
}

DnsMessage ask(const DrillZone& zone, const std::string& wire_name, RecordType type) {
  const std::string reply = zone.answer(query(wire_name, static_cast<std::uint16_t>(type)));
  REQUIRE(reply.starts_with("\x12\x34"));
  const auto message =
      read_message({reinterpret_cast<const std::uint8_t*>(reply.data()), reply.size()});
  REQUIRE(message);
  return *message;
}

DrillZone small_zone(bool validates) {
  DrillZone zone{validates};
  zone.add_mx("a.test", "mx.a.test");
  zone.add_address("mx.a.test", {192, 0, 2, 10});
  zone.add_tlsa("mx.a.test", {3, 1, 1, std::string(32, 'x')});
  return zone;
}

TEST_CASE("the DNS of a drill answers with what is in it") {
  const DrillZone zone = small_zone(true);
  const DnsAnswer mx = to_answer(ask(zone, "\1A\4tesT\0"s, RecordType::mx), RecordType::mx);
  CHECK(mx.rdata == std::vector{"\0\x0A\2mx\1a\4test\0"s});
  const DnsAnswer address = to_answer(ask(zone, "\2mx\1a\4test\0"s, RecordType::a), RecordType::a);
  CHECK(address.rdata == std::vector{"\xC0\0\2\x0A"s});
  const DnsAnswer tlsa =
      to_answer(ask(zone, "\3_25\4_tcp\2mx\1a\4test\0"s, RecordType::tlsa), RecordType::tlsa);
  CHECK(tlsa.rdata == std::vector{"\3\1\1"s + std::string(32, 'x')});
}

TEST_CASE("what is not in it does not exist, or has no such record") {
  const DrillZone zone = small_zone(true);
  CHECK(ask(zone, "\1a\4test\0"s, RecordType::aaaa).rcode == 0);
  CHECK(ask(zone, "\4_tcp\2mx\1a\4test\0"s, RecordType::a).rcode == 0);
  CHECK(ask(zone, "\5other\4test\0"s, RecordType::a).rcode == 3);
  CHECK(ask(zone, "\1b\4test\0"s, RecordType::mx).answer.empty());
}

TEST_CASE("the AD bit is that of the machine's own resolver") {
  CHECK(ask(small_zone(true), "\1a\4test\0"s, RecordType::mx).authentic);
  CHECK_FALSE(ask(small_zone(false), "\1a\4test\0"s, RecordType::mx).authentic);
  // Postfix asks for the root's name servers to find out.
  const DnsMessage root = ask(small_zone(true), "\0"s, static_cast<RecordType>(kSoa));
  CHECK(root.authentic);
  CHECK(root.answer.size() == 1);
}

TEST_CASE("what is no question gets no answer") {
  const DrillZone zone = small_zone(true);
  const std::string good = query("\1a\4test\0"s, 1);
  for (std::size_t size = 0; size < 12 + 8 + 4; ++size)
    CHECK(zone.answer(good.substr(0, size)).empty());
  std::string reply = good;
  reply[2] = '\x81';
  CHECK(zone.answer(reply).empty());
  std::string pointer = good;
  pointer[12] = '\xC0';
  CHECK(zone.answer(pointer).empty());
}

TEST_CASE("each case has a receiver of its own, and DNS that leads there") {
  const Time now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto cases = drill_cases(true);
  const DrillWorld world = DrillWorld::make(cases, make_drill_authority(now), true, now);
  REQUIRE(world.receivers.size() == cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    INFO(cases[i].name);
    const ReceiverScript& script = world.receivers[i].script;
    CHECK(world.receivers[i].address[3] != kDrillOwnHost);
    CHECK(script.name == cases[i].mx().text());
    CHECK(script.credential.has_value() == (cases[i].fault != DrillFault::no_starttls));
    CHECK(script.offer_starttls == (cases[i].fault != DrillFault::stripped));
  }
}

TEST_CASE("resolv.conf of a drill: its own name server, the machine's options") {
  CHECK(drill_resolv_conf(
            "# x\nnameserver 192.0.2.1\nnameserver ::1\noptions trust-ad\nsearch a.test") ==
        "nameserver 127.0.0.1\n# x\noptions trust-ad\nsearch a.test\n");
  CHECK(drill_resolv_conf("") == "nameserver 127.0.0.1\n");
}

TEST_CASE("a map with the drill's rows among its own") {
  const TempDirectory directory = TempDirectory::make().value();
  const Rows own{{"a.test", "encrypt"}, {"m.test", "secure match=x"}, {"z.test", "may"}};
  const DrillRows added{{"b.drill.test", "encrypt"}, {"zz.drill.test", "secure"}};
  for (const TableType type : {TableType::cdb, TableType::lmdb, TableType::texthash}) {
    const auto installed = directory.path() / ("map" + std::string{table_extension(type)});
    const auto copy = directory.path() / ("copy" + std::string{table_extension(type)});
    REQUIRE(write_table(type, installed, own));
    REQUIRE(copy_with_rows(type, installed, copy, added));
    CHECK(read_table(type, copy).value() == Rows{{"a.test", "encrypt"},
                                                 {"b.drill.test", "encrypt"},
                                                 {"m.test", "secure match=x"},
                                                 {"z.test", "may"},
                                                 {"zz.drill.test", "secure"}});
    CHECK(read_table(type, installed).value() == own);
    const auto again = directory.path() / ("again" + std::string{table_extension(type)});
    REQUIRE(copy_with_rows(type, copy, again, added));
    CHECK(read_table(type, again).value() == read_table(type, copy).value());
  }
}

}  // namespace
}  // namespace tlspact
