// SPDX-License-Identifier: MIT
/// The dashboard: one page, from templates/dashboard, without scripts and without anything from
/// elsewhere.
#pragma once

#include <string>

#include "daemon/control/service/service_status.h"

namespace tlspact {

/// Every text in it is escaped. Pure.
[[nodiscard]] std::string dashboard_page(const ServiceStatus& status);

[[nodiscard]] std::string dashboard_style();

}  // namespace tlspact
