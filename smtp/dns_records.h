// SPDX-License-Identifier: MIT
/// RDATA as Resolver gives it, read into values. Every length is checked; an Error is one line.
///
/// TLSA is read by TlsaRecord, which is the policy's.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace tlspact {

/// `wire` is one uncompressed name and nothing else (RFC 1035 section 3.1). Lower-case, without
/// the trailing dot, "" for the root. In a label "." and "\" get a backslash, and bytes that are
/// not printable ASCII become \DDD (section 5.1): two names are equal only if their texts are.
[[nodiscard]] Result<std::string> parse_dns_name(std::string_view wire);

/// RFC 1035 section 3.3.9.
struct MxRecord {
  std::uint16_t preference = 0;  ///< lower ones first
  std::string exchange;          ///< as parse_dns_name() gives it

  [[nodiscard]] static Result<MxRecord> parse(std::string_view rdata);

  friend auto operator<=>(const MxRecord&, const MxRecord&) = default;
};

/// Four bytes of an A record or sixteen of an AAAA record.
[[nodiscard]] Result<boost::asio::ip::address> parse_address(std::string_view rdata);

}  // namespace tlspact
