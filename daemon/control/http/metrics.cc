// SPDX-License-Identifier: MIT
#include "daemon/control/http/metrics.h"

#include <algorithm>

namespace tlspact {
namespace {

/// A text as the value of a label.
std::string label(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < ' ' ? '?' : c;
  }
  return out + "\"";
}

class Metrics {
 public:
  void describe(const std::string& name, std::string_view type, std::string_view help) {
    name_ = "tlspact_" + name;
    out_ += "# HELP " + name_ + " " + std::string{help} + "\n# TYPE " + name_ + " " +
            std::string{type} + "\n";
  }
  template <class Number>
  void add(Number value, const std::string& labels = {}) {
    out_ += name_ + (labels.empty() ? "" : "{" + labels + "}") + " " + std::to_string(value) + "\n";
  }
  template <class Number>
  void single(const std::string& name, std::string_view type, std::string_view help, Number value) {
    describe(name, type, help);
    add(value);
  }
  void moment(const std::string& name, std::string_view help, const std::optional<Time>& time) {
    single(name, "gauge", help, time ? time->time_since_epoch().count() : 0);
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string name_;
  std::string out_;
};

void add_runs(Metrics& metrics, const ServiceStatus& status) {
  metrics.describe("build_info", "gauge", "The version that runs; always 1.");
  metrics.add(1, "version=" + label(status.version));
  metrics.moment("start_time_seconds", "When the service started.", status.started);
  metrics.single("runs_total", "counter", "Runs of the whole path since the start.", status.runs);
  metrics.single("runs_failed_total", "counter", "Runs that could not install anything.",
                 status.failed_runs);
  metrics.moment("last_run_timestamp_seconds", "When the last run began.", status.last_run);
  metrics.moment("last_success_timestamp_seconds", "When the last run began that did not fail.",
                 status.last_good);
  metrics.moment("next_run_timestamp_seconds", "When the next run is due.", status.next_run);
  metrics.single("last_run_duration_seconds", "gauge", "How long the last run took.",
                 status.last_duration.count());
  metrics.single("last_run_exit_code", "gauge",
                 "What tlspact generate would have exited with: 0, or a code of sysexits.h.",
                 status.last_exit_code);
  metrics.describe("config_reloads_total", "counter", "Times the configuration was read anew.");
  metrics.add(status.reloads, "result=\"good\"");
  metrics.add(status.refused_reloads, "result=\"refused\"");
}

void add_policies(Metrics& metrics, const ServiceStatus& status) {
  metrics.describe("entries", "gauge", "Next-hops with an entry in force, by what decided.");
  for (const auto& [source, name] :
       {std::pair{Source::agreement, "agreement"}, std::pair{Source::dane, "dane"},
        std::pair{Source::mta_sts, "mta_sts"}, std::pair{Source::list, "list"},
        std::pair{Source::learned, "learned"}})
    metrics.add(status.counts.by(source), "source=" + label(name));
  metrics.describe("map_rows", "gauge", "Rows of the maps in place.");
  for (const GeneratedFile& file : status.files) {
    metrics.add(file.rows, "file=" + label(file.path.string()));
  }
  metrics.describe("list_expires_timestamp_seconds", "gauge", "When a list ceases to hold.");
  for (const ListStatus& list : status.lists)
    metrics.add(list.expires.time_since_epoch().count(), "list=" + label(list.name));
  metrics.describe("list_fetched_timestamp_seconds", "gauge",
                   "When a list, or the news that it has not changed, came.");
  for (const ListStatus& list : status.lists)
    metrics.add(list.fetched.time_since_epoch().count(), "list=" + label(list.name));
  metrics.describe("list_enforced", "gauge", "Domains that a list enforces.");
  for (const ListStatus& list : status.lists)
    metrics.add(list.enforced, "list=" + label(list.name));
}

void add_evidence(Metrics& metrics, const ServiceStatus& status) {
  metrics.single("correspondents", "gauge", "Domains that are looked up ahead of mail.",
                 status.correspondents);
  metrics.describe("endpoints", "gauge", "MX endpoints, by what was last seen of their TLS.");
  metrics.add(status.evidence.positive, "evidence=\"positive\"");
  metrics.add(status.evidence.negative, "evidence=\"negative\"");
  metrics.add(status.evidence.inconclusive, "evidence=\"inconclusive\"");
  metrics.single("endpoint_alarms", "gauge", "MX endpoints that did TLS and do not any more.",
                 status.evidence.alarms);
  metrics.single("maps_held", "gauge",
                 "1 while an operator's rollback holds the maps: nothing is installed.",
                 status.hold ? 1 : 0);
  metrics.single("alerts", "gauge", "Causes for an alert that the last run noticed.",
                 noticed_alerts(status));
  metrics.describe("notices", "gauge", "What the last run had to say, by severity.");
  for (const auto& [severity, name] :
       {std::pair{Severity::alert, "alert"}, std::pair{Severity::warning, "warning"},
        std::pair{Severity::note, "note"}})
    metrics.add(std::ranges::count(status.notices, severity, &Notice::severity),
                "severity=" + label(name));
}

/// A word of ours as the value of a label: "MTA-STS policy" is "mta_sts_policy".
std::string label_word(std::string_view words) {
  std::string out;
  for (const char c : words)
    out += c == ' ' || c == '-'   ? '_'
           : c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A'))
                                  : c;
  return label(out);
}

void add_levels(Metrics& metrics, const EntryCounts& counts) {
  metrics.describe("entries_at_level", "gauge", "Next-hops with an entry in force, by its level.");
  for (std::size_t i = 0; i < kLevels; ++i) {
    std::size_t sum = 0;
    for (const auto& of_source : counts.levels)
      sum += of_source.at(i);
    metrics.add(sum, "level=" + label_word(level_name(static_cast<Level>(i))));
  }
}

void add_failures(Metrics& metrics, const Overview& overview) {
  metrics.single("failing_hosts", "gauge",
                 "MX hosts that do not meet what is enforced, or were last seen to do no TLS.",
                 overview.failing.count);
  metrics.describe("endpoint_failures", "gauge",
                   "MX endpoints whose last look was not positive, by where and how it ended.");
  for (const auto& [cause, count] : overview.causes.endpoints)
    metrics.add(count, "stage=" + label_word(stage_name(cause.first)) +
                           ",class=" + label_word(outcome_class_name(cause.second)));
  metrics.describe("mta_sts_failures", "gauge",
                   "Domains whose MTA-STS policy could not be fetched, by the last cause.");
  for (const StsFault fault : {StsFault::fetch_error, StsFault::webpki_invalid,
                               StsFault::policy_invalid, StsFault::ours}) {
    const auto found = overview.causes.sts.find(fault);
    const std::string_view name = fault == StsFault::ours ? "ours" : sts_fault_name(fault);
    metrics.add(found == overview.causes.sts.end() ? 0 : found->second,
                "cause=" + label_word(name));
  }
  metrics.describe("ending_soon", "gauge", "What ends within 30 days, by kind.");
  for (const auto& [kind, count] : overview.expiring.by_kind)
    metrics.add(count, "kind=" + label_word(ending_kind_name(kind)));
}

}  // namespace

std::string metrics_text(const ServiceStatus& status, const Overview& overview) {
  Metrics metrics;
  add_runs(metrics, status);
  add_policies(metrics, status);
  add_levels(metrics, status.counts);
  add_evidence(metrics, status);
  add_failures(metrics, overview);
  return metrics.take();
}

}  // namespace tlspact
