// SPDX-License-Identifier: MIT
/// The documents below /api/ beside status_json.h, as docs/openapi.json describes them.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "daemon/control/overview/overview.h"
#include "generators/install/history.h"

namespace tlspact {

/// Times are as in RFC 3339, texts UTF-8 whatever they were made from. Pure.
[[nodiscard]] boost::json::object changes_json(const GenerationChanges& changes);
[[nodiscard]] boost::json::object expiring_json(const Expiring& expiring);
[[nodiscard]] boost::json::object failing_hosts_json(const FailingHosts& failing);
[[nodiscard]] boost::json::object evidence_days_json(const std::vector<EvidenceDay>& days);
[[nodiscard]] boost::json::object generations_json(const History& history);
[[nodiscard]] boost::json::object fault_json(const std::string& fault);

}  // namespace tlspact
