// SPDX-License-Identifier: MIT
/// The dashboard: one page, from templates/dashboard, without scripts and without anything from
/// elsewhere.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/control/overview/overview.h"
#include "daemon/control/service/service_status.h"
#include "generators/install/history.h"

namespace tlspact {

struct DashboardView {
  const ServiceStatus& status;
  const Overview& overview;
  const History& history;
  Time now;
};

/// Every text in it is escaped, every list bounded.
[[nodiscard]] std::string dashboard_page(const DashboardView& view);

}  // namespace tlspact
