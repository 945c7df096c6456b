// SPDX-License-Identifier: MIT
#include "smtp/tlsrpt.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace tlspact {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDatagram = 60'000;
constexpr std::size_t kMaxText = 1'000;

std::string censored(std::string_view text) {
  std::string result{text.substr(0, kMaxText)};
  std::ranges::replace_if(result, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return result;
}

TlsrptFailure of_certificate(const SessionRequest& request, const CertificateVerdict& verdict) {
  if (request.policy.demand != TlsDemand::pkix) return TlsrptFailure::validation_failure;
  const auto has = [&](ChainFault::Kind kind) {
    return std::ranges::any_of(verdict.chain_faults,
                               [&](const ChainFault& each) { return each.kind == kind; });
  };
  if (has(ChainFault::Kind::expired)) return TlsrptFailure::certificate_expired;
  if (has(ChainFault::Kind::untrusted)) return TlsrptFailure::certificate_not_trusted;
  if (!verdict.chain_faults.empty()) return TlsrptFailure::validation_failure;
  return TlsrptFailure::certificate_host_mismatch;
}

json::array texts(const std::vector<std::string>& values) {
  json::array result;
  for (const std::string& value : values)
    result.emplace_back(censored(value));
  return result;
}

json::object failure_object(const TlsrptFailureDetail& detail) {
  json::object result;
  result["c"] = static_cast<int>(detail.failure);
  if (!detail.receiving_host.empty()) result["n"] = censored(detail.receiving_host);
  if (!detail.receiving_helo.empty()) result["h"] = censored(detail.receiving_helo);
  if (!detail.receiving_address.empty()) result["r"] = censored(detail.receiving_address);
  if (!detail.additional.empty()) result["a"] = censored(detail.additional);
  return result;
}

std::string datagram(const TlsrptEvent& event, std::size_t failures) {
  json::object policy;
  policy["policy-type"] = static_cast<int>(event.policy_type);
  if (!event.policy_domain.empty()) policy["policy-domain"] = censored(event.policy_domain);
  if (!event.policy_lines.empty()) policy["policy-string"] = texts(event.policy_lines);
  if (!event.mx_patterns.empty()) policy["mx-host"] = texts(event.mx_patterns);
  json::array details;
  for (std::size_t i = 0; i < failures; ++i)
    details.push_back(failure_object(event.failures[i]));
  const std::size_t count = details.size();
  if (count > 0) policy["failure-details"] = std::move(details);
  policy["t"] = count;
  policy["f"] = event.delivered_by_tls ? 0 : 1;
  json::object whole;
  whole["dpv"] = "1";
  whole["d"] = censored(event.domain);
  whole["pr"] = censored(event.record);
  whole["policies"] = json::array{std::move(policy)};
  return json::serialize(whole);
}

}  // namespace

std::string_view tlsrpt_failure_name(TlsrptFailure failure) {
  switch (failure) {
    case TlsrptFailure::starttls_not_supported:
      return "starttls-not-supported";
    case TlsrptFailure::certificate_host_mismatch:
      return "certificate-host-mismatch";
    case TlsrptFailure::certificate_not_trusted:
      return "certificate-not-trusted";
    case TlsrptFailure::certificate_expired:
      return "certificate-expired";
    case TlsrptFailure::validation_failure:
      return "validation-failure";
    case TlsrptFailure::sts_policy_fetch_error:
      return "sts-policy-fetch-error";
    case TlsrptFailure::sts_policy_invalid:
      return "sts-policy-invalid";
    case TlsrptFailure::sts_webpki_invalid:
      return "sts-webpki-invalid";
    case TlsrptFailure::tlsa_invalid:
      return "tlsa-invalid";
    case TlsrptFailure::dnssec_invalid:
      return "dnssec-invalid";
    case TlsrptFailure::dane_required:
      return "dane-required";
  }
  return "";
}

std::optional<TlsrptFailure> tlsrpt_failure(const SessionRequest& request,
                                            const SessionResult& result) {
  switch (result.outcome.stage) {
    case Stage::ehlo:
      // Without ESMTP there is no STARTTLS.
      if (result.outcome.outcome != OutcomeClass::refused) return std::nullopt;
      return TlsrptFailure::starttls_not_supported;
    case Stage::starttls:
      if (result.outcome.outcome == OutcomeClass::protocol)
        return TlsrptFailure::validation_failure;
      return TlsrptFailure::starttls_not_supported;
    case Stage::handshake:
      return TlsrptFailure::validation_failure;
    case Stage::verify:
      return of_certificate(request, *result.certificate);
    default:
      return std::nullopt;
  }
}

std::optional<TlsrptFailure> tlsrpt_failure(const Outcome& passed_over) {
  if (passed_over.stage == Stage::dns_tlsa) {
    return passed_over.outcome == OutcomeClass::insecure ? TlsrptFailure::dane_required
                                                         : TlsrptFailure::dnssec_invalid;
  }
  if (passed_over.stage == Stage::policy && passed_over.outcome == OutcomeClass::mismatch)
    return TlsrptFailure::validation_failure;
  return std::nullopt;
}

std::string tlsrpt_datagram(const TlsrptEvent& event) {
  std::size_t failures = event.failures.size();
  std::string result = datagram(event, failures);
  while (result.size() > kMaxDatagram && failures > 0) {
    failures /= 2;
    result = datagram(event, failures);
  }
  return result;
}

Result<void> send_tlsrpt(const std::string& socket_path, const std::string& datagram) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path)
    return fail(Errc::config, socket_path + ": the path is too long for a UNIX socket");
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size() + 1);
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return fail(Errc::io, "no socket for TLSRPT");
  const auto sent = ::sendto(socket, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = errno;
  ::close(socket);
  if (sent >= 0) return {};
  return fail(Errc::unavailable, socket_path + ": the TLSRPT event is lost: " +
                                     std::generic_category().message(error));
}

}  // namespace tlspact
