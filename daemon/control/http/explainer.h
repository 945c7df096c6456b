// SPDX-License-Identifier: MIT
/// Explainer: what `tlspact explain` says, for somebody who asks over HTTP.
#pragma once

#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/control/explain.h"
#include "daemon/control/http/turns.h"
#include "daemon/store/stored_evidence.h"

namespace tlspact {

/// The evidence on one MX host, of the last 90 days.
struct HostHistory {
  std::string host;
  std::vector<EvidenceDay> days;
};

struct ExplainedDomain {
  Explanation explanation;
  GeneratorSettings settings;
  std::vector<HostHistory> history;  ///< of its MX hosts, each once
};

/// Reads the inputs as they are now, and starts no look-up: what is remote counts as not changed.
/// The entries are rendered as the published snapshot says, that is as those of the maps in force.
/// For any thread; one domain at a time, because all sources are read for each.
class Explainer {
 public:
  /// Errors: try_again, others were being explained for five seconds; io, the store.
  [[nodiscard]] Result<ExplainedDomain> explain(const Config& config, const PolicyKey& key,
                                                Time now);

 private:
  Turns turns_{1};
};

}  // namespace tlspact
