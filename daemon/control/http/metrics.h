// SPDX-License-Identifier: MIT
/// The service's metrics, in the text format of Prometheus.
#pragma once

#include <string>

#include "daemon/control/overview/overview.h"
#include "daemon/control/service/service_status.h"

namespace tlspact {

/// Names begin with tlspact_; labels have a fixed set of values, but for the names of configured
/// lists. Pure.
[[nodiscard]] std::string metrics_text(const ServiceStatus& status, const Overview& overview);

}  // namespace tlspact
