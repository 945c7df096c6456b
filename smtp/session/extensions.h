// SPDX-License-Identifier: MIT
/// Extensions: what a server offers in its answer to EHLO (RFC 5321 section 4.1.1.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "smtp/session/reply.h"

namespace tlspact {

/// Those that this delivery path uses. A value of one answer: what was offered before STARTTLS
/// must not be carried over (RFC 3207 section 4.2).
struct Extensions {
  bool starttls = false;
  bool pipelining = false;
  bool eight_bit_mime = false;
  bool smtputf8 = false;
  bool chunking = false;
  bool dsn = false;
  bool enhanced_status_codes = false;
  bool requiretls = false;
  bool size = false;
  /// With SIZE: the most bytes; nullopt: no fixed limit (RFC 1870 section 4).
  std::optional<std::uint64_t> size_limit;
  /// Keywords that something on the way has overwritten: "XXXXXXXA" is how firewalls strike
  /// STARTTLS out.
  bool struck_out = false;

  /// Keywords are taken in any case; the first line is the greeting. Nothing is refused: an
  /// unknown keyword or an odd parameter is passed over.
  [[nodiscard]] static Extensions parse(const Reply& reply);

  friend bool operator==(const Extensions&, const Extensions&) = default;
};

}  // namespace tlspact
