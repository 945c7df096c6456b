// SPDX-License-Identifier: MIT
/// Outcome: how far a session came, how it ended, and what that teaches.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/evidence.h"

namespace tlspact {

/// In the order in which a delivery meets them.
enum class Stage : std::uint8_t {
  dns_mx,       ///< where mail goes
  dns_address,  ///< the addresses of an MX host
  dns_tlsa,
  policy,    ///< the host is not one that the policy allows, or REQUIRETLS cannot be met
  connect,   ///< TCP
  banner,    ///< the greeting
  ehlo,      ///< in clear
  starttls,  ///< the offer, and the answer to the command
  handshake,
  verify,    ///< DANE, PKIX, pins
  ehlo_tls,  ///< the first answer under TLS
  mail,
  rcpt,
  data,
  end_of_data,  ///< the answer to the message
  quit,
};

/// "dns-mx", "ehlo-tls" and so on.
[[nodiscard]] std::string_view stage_name(Stage stage);
[[nodiscard]] std::optional<Stage> parse_stage(std::string_view name);

enum class OutcomeClass : std::uint8_t {
  ok,
  absent,        ///< an authenticated denial; a well-formed EHLO without what is needed
  refused,       ///< 5xx
  tempfail,      ///< 4xx
  policy_block,  ///< 4xx or 5xx whose text names a block list, greylisting or a rate
  timeout,       ///< a step's deadline, or the session's
  reset,         ///< the connection broke, or was never accepted
  protocol,      ///< what came is no SMTP, too much of it, or an injection
  crypto,        ///< the handshake failed
  mismatch,      ///< the certificate is not what the policy asks for
  bogus,         ///< DNSSEC validation failed, or DNS did
  insecure,      ///< an answer that had to be secure is not
  local,         ///< this side: a file that cannot be read, no route, an interception on the way
};

/// "ok", "policy-block" and so on.
[[nodiscard]] std::string_view outcome_class_name(OutcomeClass outcome);
[[nodiscard]] std::optional<OutcomeClass> parse_outcome_class(std::string_view name);

struct Outcome {
  Stage stage = Stage::connect;
  OutcomeClass outcome = OutcomeClass::ok;
  EvidenceKind evidence = EvidenceKind::inconclusive;
  std::string detail;  ///< for people, one line of printable ASCII; remote words are quoted in it

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

}  // namespace tlspact
