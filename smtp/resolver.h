// SPDX-License-Identifier: MIT
/// Resolver: the DNS that the delivery path needs, whoever provides it (daemon/dns has one).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "policy/time.h"

namespace tlspact {

/// The types of records that are asked for, by their numbers on the wire.
enum class RecordType : std::uint16_t {
  a = 1,
  cname = 5,
  mx = 15,
  txt = 16,
  aaaa = 28,
  tlsa = 52,
};

/// What validation says of an answer (RFC 4035 section 4.3). Nobody's AD bit counts.
enum class DnsSecurity : std::uint8_t { secure, insecure, bogus, indeterminate };

enum class DnsOutcome : std::uint8_t {
  records,    ///< at least one record
  no_data,    ///< the name exists, or has CNAMEs, but no such record (RFC 2308 section 2.2)
  nx_domain,  ///< the name, or where its CNAMEs lead, does not exist
  failed,     ///< SERVFAIL, REFUSED, bogus, no answer in time, no server: nothing is known
};

/// The answer to one question.
struct DnsAnswer {
  DnsOutcome outcome = DnsOutcome::failed;
  /// Of the whole answer: with CNAMEs, of every link and of the end. bogus only with `failed`.
  DnsSecurity security = DnsSecurity::indeterminate;
  std::vector<std::string> rdata;  ///< of each record, as on the wire, names uncompressed
  /// Where the CNAMEs led, lower-case, without the trailing dot; the name asked for if there are
  /// none.
  std::string canonical_name;
  /// How long the answer may be kept; of a denial min(SOA TTL, MINIMUM) (RFC 2308 section 5); 0 for
  /// a failure.
  Seconds ttl{0};
  std::string reason;  ///< of a failure, for people: one line, printable ASCII
};

/// Asynchronous; for one thread, the one that runs the awaiting coroutine. Every question ends by a
/// deadline of the resolver's own, as `failed`; it never throws.
class Resolver {
 public:
  Resolver() = default;
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  Resolver(Resolver&&) = delete;
  Resolver& operator=(Resolver&&) = delete;
  virtual ~Resolver() = default;

  /// `name`: without the trailing dot, any case; labels may begin with "_".
  [[nodiscard]] virtual boost::asio::awaitable<DnsAnswer> query(std::string name,
                                                                RecordType type) = 0;
};

}  // namespace tlspact
