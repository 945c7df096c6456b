// SPDX-License-Identifier: MIT
#include "daemon/dns/resolv_conf.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace tlspact {
namespace {

using Texts = std::vector<std::string>;

TEST_CASE("the name servers of resolv.conf") {
  struct Row {
    std::string text;
    Texts servers;
    std::string why;
  };
  const std::vector<Row> rows{
      {"nameserver 9.9.9.9\n", {"9.9.9.9"}, "the common file"},
      {"nameserver 9.9.9.9", {"9.9.9.9"}, "no final newline"},
      {"search a.test\nnameserver 192.0.2.1\noptions edns0\nnameserver 192.0.2.2\n",
       {"192.0.2.1", "192.0.2.2"},
       "other words are passed over, the order stays"},
      {"nameserver 2001:db8::1\n", {"2001:db8::1"}, "IPv6"},
      {"nameserver fe80::1%eth0\n", {"fe80::1%eth0"}, "IPv6 of a link"},
      {"nameserver [2001:db8::1]:5353\n", {"[2001:db8::1]:5353"}, "a port, as OpenBSD has it"},
      {"  nameserver\t192.0.2.1 trailing\r\n", {"192.0.2.1"}, "white space, words behind, CR"},
      {"nameserver 192.0.2.1 # mine\n;nameserver 192.0.2.2\n#nameserver 192.0.2.3\n",
       {"192.0.2.1"},
       "comments"},
      {"nameserver dns.example\nnameserver 192.0.2.1\n", {"192.0.2.1"}, "a name is no address"},
      {"nameserver\nnameservers 192.0.2.1\n", {"127.0.0.1"}, "neither is one"},
      {"", {"127.0.0.1"}, "resolv.conf(5): without any, this machine"}};
  for (const Row& row : rows) {
    INFO(row.why);
    CHECK(resolv_conf_servers(row.text) == row.servers);
  }
}

TEST_CASE("whether the C library believes the AD bit") {
  struct Row {
    std::string text;
    bool trusted;
    std::string why;
  };
  const std::vector<Row> rows{
      {"nameserver 9.9.9.9\noptions trust-ad\n", true, "the common file"},
      {"options trust-ad", true, "no name server: this machine's, no final newline"},
      {"", false, "a server on this machine is not believed by itself"},
      {"nameserver 127.0.0.1\n", false, "neither is one that is named"},
      {"options timeout:2 trust-ad edns0\n", true, "among others"},
      {"options edns0\noptions\ttrust-ad\n", true, "lines add up"},
      {"options timeout:2 # trust-ad\n", true, "a comment begins a line, or is none"},
      {"#options trust-ad\n;options trust-ad\n", false, "comments"},
      {" options trust-ad\n", false, "the word begins the line"},
      {"options no-trust-ad\n", false, "another word"},
      {"options trust-adx\n", true, "glibc compares the beginning"}};
  for (const Row& row : rows) {
    INFO(row.why);
    CHECK(resolv_conf_trusts_ad(row.text) == row.trusted);
  }
}

TEST_CASE("how a name server may be written") {
  struct Row {
    std::string text;
    std::string read;  // "": refused
    bool loopback;
  };
  const std::vector<Row> rows{{"9.9.9.9", "9.9.9.9@53", false},
                              {"127.0.0.1@5353", "127.0.0.1@5353", true},
                              {"127.9.9.9:5353", "127.9.9.9@5353", true},
                              {"::1", "::1@53", true},
                              {"::1@5353", "::1@5353", true},
                              {"[::1]", "::1@53", true},
                              {"[::1]@5353", "::1@5353", true},
                              {"[::1]:5353", "::1@5353", true},
                              {"::ffff:127.0.0.1", "::ffff:127.0.0.1@53", true},
                              {"2001:db8::53", "2001:db8::53@53", false},
                              {"fe80::1%lo@54", "fe80::1%lo@54", false},
                              {"", "", false},
                              {"dns.example", "", false},
                              {"9.9.9.9@", "", false},
                              {"9.9.9.9@0", "", false},
                              {"9.9.9.9@65536", "", false},
                              {"9.9.9.9@53x", "", false},
                              {"9.9.9.9%lo", "", false},
                              {"[9.9.9.9]", "", false},
                              {"[::1", "", false},
                              {"9.9.9", "", false},
                              {"@53", "", false}};
  for (const Row& row : rows) {
    INFO(row.text);
    const auto server = parse_name_server(row.text);
    CHECK(server.has_value() == !row.read.empty());
    if (server) {
      CHECK(server->text == row.read);
      CHECK(server->loopback == row.loopback);
    } else {
      CHECK(server.error().code == Errc::config);
      CHECK(server.error().text.find("@ and the port") != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace tlspact
