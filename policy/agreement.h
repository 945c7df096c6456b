// SPDX-License-Identifier: MIT
/// Agreement: what an operator and a partner promised each other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/network.h"
#include "policy/policy_key.h"
#include "policy/time.h"
#include "policy/tls_policy.h"

namespace tlspact {

/// Where in a file something stands; line and column begin at 1.
struct FilePosition {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;

  /// "acme.toml:12:3".
  [[nodiscard]] std::string text() const {
    return file + ":" + std::to_string(line) + ":" + std::to_string(column);
  }
};

/// What a partner promised for mail to us.
struct InboundAgreement {
  enum class Require { encrypt, client_certificate };
  std::vector<Network> networks;
  std::vector<Domain> sender_domains;
  Require require = Require::encrypt;
  std::vector<Fingerprint> fingerprints;  ///< of client certificates; only with that requirement
};

/// One [[agreement]] of a file of the agreements directory, valid in itself: every rule that needs
/// no other source holds (daemon/sources/agreement_parser.h).
struct Agreement {
  struct Covered {
    PolicyKey key;
    FilePosition position;  ///< of this key in `domains`
  };

  std::string partner;
  std::vector<Covered> domains;  ///< at least one
  TlsPolicy policy;
  std::string contact;
  std::string reference;
  std::optional<Time> starts;   ///< nullopt: since ever
  std::optional<Time> expires;  ///< the first moment at which it no longer holds
  bool exception = false;       ///< final even if weaker than what is published
  std::string reason;           ///< of the exception
  std::optional<InboundAgreement> inbound;
  FilePosition position;  ///< of the [[agreement]] line

  [[nodiscard]] bool holds_at(Time now) const {
    return (!starts || *starts <= now) && (!expires || now < *expires);
  }
};

}  // namespace tlspact
