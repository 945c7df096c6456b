// SPDX-License-Identifier: MIT
/// Reading a DNS message (RFC 1035 section 4) into a DnsAnswer. Pure; whatever the bytes are, it
/// ends and reads nothing beyond them.
///
/// Not a validator: what the answer is worth is set by who asks.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "smtp/resolver.h"

namespace tlspact {

/// Names in here are on-the-wire, uncompressed and lower-case unless it says otherwise.
struct DnsRecord {
  std::string owner;
  std::uint16_t type = 0;
  std::uint32_t ttl = 0;
  std::string rdata;  ///< names in MX, CNAME, NS and SOA uncompressed, their case kept
};

struct DnsMessage {
  bool truncated = false;      ///< TC
  bool authoritative = false;  ///< AA
  bool authentic = false;      ///< AD
  unsigned rcode = 0;          ///< without the bits of EDNS
  std::string question;        ///< the name
  std::vector<DnsRecord> answer;
  std::vector<DnsRecord> authority;
};

/// nullopt if it is no answer with one question, or is cut off or malformed anywhere before the
/// additional section, which is not read.
[[nodiscard]] std::optional<DnsMessage> read_message(std::span<const std::uint8_t> bytes);

/// Follows the CNAMEs from the question and collects what is at their end; `security` and, for
/// another rcode than NOERROR and NXDOMAIN, `reason` are the caller's to fill.
[[nodiscard]] DnsAnswer to_answer(const DnsMessage& message, RecordType type);

}  // namespace tlspact
