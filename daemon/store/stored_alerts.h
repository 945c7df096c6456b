// SPDX-License-Identifier: MIT
/// What the store keeps of alerts, so that none is told twice, and none is lost.
#pragma once

#include <string>
#include <vector>

#include "policy/alert_book.h"

namespace tlspact {

/// An event that a notifier has not taken yet.
struct PendingAlert {
  std::string notifier;
  AlertEvent event;
  unsigned attempts = 0;
  Time due;

  friend bool operator==(const PendingAlert&, const PendingAlert&) = default;
};

struct StoredAlerts {
  std::vector<AlertRecord> records;
  std::vector<PendingAlert> pending;  ///< in the order in which they came

  friend bool operator==(const StoredAlerts&, const StoredAlerts&) = default;
};

}  // namespace tlspact
