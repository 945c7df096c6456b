// SPDX-License-Identifier: MIT
/// DnsOptions: what a validating resolver is told. Its own struct, so that dns/ does not need
/// config/; the keys are [dns] of tlspact.toml(5).
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace tlspact {

struct DnsOptions {
  /// To which all questions are forwarded, as parse_name_server() reads them. Empty: those of
  /// `resolv_conf`. Answers are validated here all the same.
  std::vector<std::string> servers;
  std::string resolv_conf = "/etc/resolv.conf";
  /// File with the DS or DNSKEY of the root. Empty: nothing is validated, everything is insecure.
  std::string trust_anchor;
  /// Domains that are never validated, with all below them: what an internal server invents below
  /// a name that the signed root denies ("corp.test") would be bogus otherwise.
  std::vector<std::string> insecure_domains;
  /// Of one question, from query() on, the wait for its turn included.
  std::chrono::milliseconds deadline = std::chrono::seconds{10};
  std::size_t max_queries = 256;        ///< at once; more wait in the order of their arrival
  std::size_t cache_bytes = 64U << 20;  ///< of answers and records, in all
  /// More of unbound.conf(5), {"name", "value"}, taken last. For tests and odd networks.
  std::vector<std::pair<std::string, std::string>> unbound;
};

}  // namespace tlspact
