// SPDX-License-Identifier: MIT
#include "policy/public_address.h"

#include <arpa/inet.h>

#include <string>

#include "tests/support/catch.h"

namespace tlspact {
namespace {

bool is_public(const std::string& text) {
  if (text.contains(':')) {
    std::array<std::uint8_t, 16> ipv6{};
    REQUIRE(inet_pton(AF_INET6, text.c_str(), ipv6.data()) == 1);
    return is_public_address(ipv6);
  }
  std::array<std::uint8_t, 4> ipv4{};
  REQUIRE(inet_pton(AF_INET, text.c_str(), ipv4.data()) == 1);
  return is_public_address(ipv4);
}

TEST_CASE("public addresses: the registries of RFC 6890, and their neighbours") {
  struct Row {
    const char* first;
    const char* last;
    const char* before;  ///< public; nullptr: the one before is not
    const char* after;
    const char* why;
  };
  const Row rows[] = {
      {"0.0.0.0", "0.255.255.255", nullptr, "1.0.0.0", "this network"},
      {"10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0", "private"},
      {"100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0", "shared by carriers"},
      {"127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0", "loopback"},
      {"169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0", "link-local"},
      {"172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0", "private"},
      {"192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0", "protocol assignments"},
      {"192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0", "documentation"},
      {"192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0", "6to4 relays"},
      {"192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0", "private"},
      {"198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0", "benchmarking"},
      {"198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0", "documentation"},
      {"203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0", "documentation"},
      {"224.0.0.0", "255.255.255.255", "223.255.255.255", nullptr, "multicast, reserved"},
      {"::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr, "not assigned"},
      {"2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
       "2000:ffff::", "2001:200::", "protocols"},
      {"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7::", "2001:db9::", "docs"},
      {"3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe::", "3fff:1000::", "docs"},
      {"4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:ffff::1", nullptr, "the rest"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    CHECK_FALSE(is_public(row.first));
    CHECK_FALSE(is_public(row.last));
    if (row.before != nullptr) CHECK(is_public(row.before));
    if (row.after != nullptr) CHECK(is_public(row.after));
  }
}

TEST_CASE("public addresses: single ones, each with its reason") {
  struct Row {
    const char* text;
    bool is_public;
    const char* why;
  };
  const Row rows[] = {
      {"8.8.8.8", true, "any"},
      {"192.31.196.1", true, "AS112 (RFC 7535) is reachable"},
      {"255.255.255.255", false, "limited broadcast"},
      {"2606:4700::1", true, "any"},
      {"::", false, "unspecified"},
      {"::1", false, "loopback"},
      {"::ffff:127.0.0.1", false, "loopback, mapped"},
      {"::ffff:8.8.8.8", false, "mapped: DNS has no business with it"},
      {"::127.0.0.1", false, "loopback, compatible"},
      {"fe80::1", false, "link-local"},
      {"fec0::1", false, "site-local"},
      {"fc00::1", false, "unique local"},
      {"fd12:3456::1", false, "unique local"},
      {"ff02::1", false, "multicast"},
      {"100::1", false, "discard only"},
      {"64:ff9b::8.8.8.8", true, "NAT64 to a public one"},
      {"64:ff9b::10.0.0.1", false, "NAT64 to a private one"},
      {"64:ff9b::7f00:1", false, "NAT64 to loopback"},
      {"64:ff9b:1::8.8.8.8", false, "NAT64 inside a network (RFC 8215)"},
      {"2002:808:808::1", true, "6to4 of a public one"},
      {"2002:7f00:1::1", false, "6to4 of loopback"},
      {"2002:c0a8:1::1", false, "6to4 of a private one"},
      {"2001:0:808:808::1", false, "Teredo"},
      {"2001:20::1", false, "ORCHIDv2"},
  };
  for (const Row& row : rows) {
    INFO(row.text << ": " << row.why);
    CHECK(is_public(row.text) == row.is_public);
  }
}

}  // namespace
}  // namespace tlspact
