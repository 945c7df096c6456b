// SPDX-License-Identifier: MIT
/// The service's status as JSON: what GET /api/status and `tlspact --json status` show.
#pragma once

#include <boost/json/object.hpp>

#include "daemon/control/service/service_status.h"

namespace tlspact {

/// Times are as in RFC 3339. Pure.
[[nodiscard]] boost::json::object status_json(const ServiceStatus& status);

/// For people, a few lines.
[[nodiscard]] std::string status_text(const ServiceStatus& status);

/// The same without what only a service knows.
[[nodiscard]] std::string last_run_text(const ServiceStatus& status);

}  // namespace tlspact
