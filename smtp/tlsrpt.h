// SPDX-License-Identifier: MIT
/// What RFC 8460 calls a failure, and the datagram that a TLSRPT collector takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"
#include "smtp/outcome.h"
#include "smtp/session/session.h"

namespace tlspact {

/// RFC 8460 section 4.3, with the numbers of libtlsrpt.
enum class TlsrptFailure : std::uint16_t {
  starttls_not_supported = 201,
  certificate_host_mismatch = 202,
  certificate_not_trusted = 203,
  certificate_expired = 204,
  validation_failure = 205,
  sts_policy_fetch_error = 301,
  sts_policy_invalid = 302,
  sts_webpki_invalid = 303,
  tlsa_invalid = 304,
  dnssec_invalid = 305,
  dane_required = 306,
};

/// "starttls-not-supported" and so on.
[[nodiscard]] std::string_view tlsrpt_failure_name(TlsrptFailure failure);

/// nullopt: the session did not fail at TLS (RFC 8460 counts nothing else).
[[nodiscard]] std::optional<TlsrptFailure> tlsrpt_failure(const SessionRequest& request,
                                                          const SessionResult& result);
/// Of a host that was passed over.
[[nodiscard]] std::optional<TlsrptFailure> tlsrpt_failure(const Outcome& passed_over);

/// As libtlsrpt numbers them.
enum class TlsrptPolicyType : std::uint8_t { tlsa = 1, sts = 2, no_policy_found = 9 };

struct TlsrptFailureDetail {
  TlsrptFailure failure = TlsrptFailure::validation_failure;
  std::string receiving_host;     ///< the MX host
  std::string receiving_helo;     ///< remote words
  std::string receiving_address;  ///< empty: none was reached
  std::string additional;         ///< remote words may be in it
};

/// One delivery, towards one policy.
struct TlsrptEvent {
  std::string domain;  ///< the recipients'
  std::string record;  ///< the text of its _smtp._tls TXT record, as found
  TlsrptPolicyType policy_type = TlsrptPolicyType::no_policy_found;
  std::string policy_domain;
  std::vector<std::string> policy_lines;  ///< of STS, or TLSA records
  std::vector<std::string> mx_patterns;   ///< of STS
  std::vector<TlsrptFailureDetail> failures;
  bool delivered_by_tls = false;
};

/// One JSON object of libtlsrpt's protocol, version 1. Bytes that are not printable ASCII become
/// "?": a collector ends at one that is no UTF-8. At most 60,000 bytes: failures are left out for
/// it.
[[nodiscard]] std::string tlsrpt_datagram(const TlsrptEvent& event);

/// To the collector's UNIX socket, without waiting. Errors (unavailable): nobody listens, or its
/// queue is full: the event is lost, as RFC 8460 reports are best effort.
[[nodiscard]] Result<void> send_tlsrpt(const std::string& socket_path, const std::string& datagram);

}  // namespace tlspact
