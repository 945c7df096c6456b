// SPDX-License-Identifier: MIT
/// Site: what each path of the service's HTTP answers.
#pragma once

#include <string>
#include <string_view>

#include "daemon/control/http/explainer.h"
#include "daemon/control/http/generation_diffs.h"
#include "daemon/control/http/query.h"
#include "daemon/control/http/turns.h"
#include "daemon/control/overview/overview.h"
#include "daemon/control/service/service_status.h"

namespace tlspact {

struct Page {
  int status = 200;  ///< of HTTP
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

/// For any thread. Nothing of it changes anything, asks the network or waits for a run.
class Site {
 public:
  /// The boards live longer.
  Site(const StatusBoard& status, const OverviewBoard& overview)
      : status_(status), overview_(overview) {}

  /// `target` as in the request line. 400: a query that is none, or a parameter that is missing or
  /// malformed; 404: there is nothing of that name; 503: others are asking, try again.
  [[nodiscard]] Page answer(std::string_view target);

 private:
  [[nodiscard]] Page health(const Query& query);
  [[nodiscard]] Page metrics(const Query& query);
  [[nodiscard]] Page style(const Query& query);
  [[nodiscard]] Page icon(const Query& query);
  [[nodiscard]] Page dashboard(const Query& query);
  [[nodiscard]] Page explanation(const Query& query);
  [[nodiscard]] Page generation(const Query& query);
  [[nodiscard]] Page api_status(const Query& query);
  [[nodiscard]] Page api_explain(const Query& query);
  [[nodiscard]] Page api_changes(const Query& query);
  [[nodiscard]] Page api_expiring(const Query& query);
  [[nodiscard]] Page api_failing_hosts(const Query& query);
  [[nodiscard]] Page api_evidence(const Query& query);
  [[nodiscard]] Page api_generations(const Query& query);
  [[nodiscard]] Page api_description(const Query& query);

  [[nodiscard]] History history() const;
  [[nodiscard]] Result<ExplainedDomain> explained(const Query& query, std::string& asked);
  [[nodiscard]] Result<GenerationChanges> compared(const Query& query, const History& history);

  const StatusBoard& status_;
  const OverviewBoard& overview_;
  /// For what takes long: the other threads of the server stay free for /healthz and /metrics.
  Turns slow_{2};
  Explainer explainer_;
  GenerationDiffs diffs_;
};

}  // namespace tlspact
