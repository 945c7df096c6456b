// SPDX-License-Identifier: MIT
/// The agreements on mail to us, as init and check need them while they are still root: what the
/// directory says now, judged as the next generate judges it, but without the store, which another
/// user may write.
#pragma once

#include "daemon/config/config.h"
#include "daemon/control/wiring/finding.h"
#include "generators/postfix/postfix_inbound.h"
#include "policy/time.h"

namespace tlspact {

struct InboundDirectory {
  /// Those that hold at the time and have an inbound part; in the order that generate has, too, on
  /// which the names of classes and tables depend.
  InboundAgreements agreements;
  /// Files that are refused: nothing of them is known here, while generate may go on with their
  /// last good version.
  Findings refused;
};

/// Reads files, changes nothing.
[[nodiscard]] InboundDirectory read_inbound_agreements(const Config& config, Time now);

}  // namespace tlspact
