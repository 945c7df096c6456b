// SPDX-License-Identifier: MIT
/// The way out: whether what probes saw tells of the servers, or of something between them and this
/// machine. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/evidence.h"

namespace tlspact {

/// One probe, as far as the way out is concerned.
struct ProbeSighting {
  Evidence evidence;
  std::string operator_name;
  std::string greeting;  ///< banner and answer to EHLO; empty: none came
  bool canary = false;
};

/// What is at fault.
struct WayOutFault {
  std::string text;  ///< for people, one line with the remedy
  /// Only servers that greet like this are concerned; empty: all are.
  std::string greeting;
};

/// Why a run teaches less than it seems to; nullopt: it does not. TLS that was had is never in
/// doubt.
///
/// - Canaries, hosts that are known to do TLS: one without STARTTLS means that it is taken out on
///   the way; none of them positive, that mail cannot be sent from here.
/// - Without canaries: five or more operators, and none of them could be connected to.
/// - The same greeting without STARTTLS, by servers of three operators or more, none of which it
///   names: something on the way answers port 25 itself. Three strangers can bring that about, too:
///   so it concerns nobody else.
[[nodiscard]] std::optional<WayOutFault> way_out_fault(const std::vector<ProbeSighting>& sightings);

}  // namespace tlspact
