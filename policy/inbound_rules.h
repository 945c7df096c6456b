// SPDX-License-Identifier: MIT
/// InboundRules: what all agreements together ask of mail to us, in words that belong to no MTA.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/agreement.h"
#include "policy/notice.h"

namespace tlspact {

/// Those whose certificate is asked for at one place: one agreement, or several that name the very
/// same network or domain. The certificate of a party passes at its own places only.
struct InboundParty {
  /// Of the partner's name, for names of files and settings: [a-z0-9_], not empty, at most 40 bytes
  /// and a number, unique among the parties.
  std::string slug;
  std::vector<std::string> partners;      ///< for people
  std::vector<Fingerprint> fingerprints;  ///< sorted, each once; any one of them suffices
};

/// What a network or a sender domain asks of a session: TLS, and with a party one of its
/// certificates (an index into InboundRules::parties).
using InboundRequirement = std::optional<std::size_t>;

struct InboundRules {
  std::vector<InboundParty> parties;
  /// The longest prefix first, each once: the first that holds the client decides, whole.
  std::vector<std::pair<Network, InboundRequirement>> networks;
  /// Sorted, each once. A subdomain is another domain.
  std::vector<std::pair<Domain, InboundRequirement>> sender_domains;
  Notices notices;

  [[nodiscard]] bool empty() const { return networks.empty() && sender_domains.empty(); }

  /// Whether somebody may have to show a certificate whose network is not known before: by sender
  /// domain.
  [[nodiscard]] bool certificate_from_anywhere() const;
};

/// Pure. Where several agreements name the same network or sender domain, a certificate is asked
/// for if any of them asks, and that of any of those passes: it is each one's own place. That is
/// said by a warning, because neither agreement says it.
[[nodiscard]] InboundRules inbound_rules(
    const std::vector<std::shared_ptr<const Agreement>>& agreements);

}  // namespace tlspact
