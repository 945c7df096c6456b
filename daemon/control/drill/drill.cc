// SPDX-License-Identifier: MIT
#include "daemon/control/drill/drill.h"

#include <algorithm>
#include <iterator>
#include <thread>

#include "daemon/control/drill/drill_maps.h"
#include "daemon/control/drill/drill_network.h"
#include "daemon/control/drill/drilled_mta.h"
#include "daemon/control/drill/private_mounts.h"
#include "generators/postfix/postfix_outbound.h"
#include "generators/table/file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{60};  // until a server has tried everything
constexpr std::chrono::milliseconds kLookAgain{20};
constexpr unsigned kReadable = 0644;

/// Name servers of the machine, and its log: neither is reached from inside.
Result<void> replace_resolver_and_log(const fs::path& work) {
  std::error_code error;
  const fs::path resolv_conf = "/etc/resolv.conf";
  if (fs::exists(resolv_conf, error)) {
    const std::string text = read_file(resolv_conf, 1U << 20U).value_or("");
    auto done = write_new_file(work / "resolv.conf", drill_resolv_conf(text), kReadable);
    if (done) done = show_at(work / "resolv.conf", resolv_conf);
    if (!done) return done;
  }
  const fs::path log = "/dev/log";
  if (!fs::exists(log, error)) return {};
  auto done = write_new_file(work / "no-log", "", kReadable);
  return done ? show_at(work / "no-log", log) : done;
}

/// One server, from its copies to the verdicts.
class Drill {
 public:
  Drill(DrilledMta& mta, const Credential& authority, const DrillOptions& options)
      : mta_(mta),
        options_(options),
        cases_(drill_cases(mta.without_dane_because().empty())),
        authority_(authority) {}

  Result<DrilledServer> run(const fs::path& work) {
    const Snapshot snapshot = drill_snapshot(cases_, options_.now);
    const auto rows = show_drill_maps(mta_.render(snapshot).artifacts, work / "maps");
    if (!rows) return std::unexpected(rows.error());
    const auto network = DrillNetwork::start(
        DrillWorld::make(cases_, authority_, mta_.without_dane_because().empty(), options_.now));
    if (!network) return std::unexpected(network.error());
    auto done = mta_.start();
    if (done) done = send_all();
    if (!done) return std::unexpected(done.error());
    const MtaWords words = wait_for_words();
    DrilledServer out = judge(*network, words, *rows);
    mta_.stop();
    tell(steps());
    return out;
  }

 private:
  [[nodiscard]] std::size_t steps() const { return cases_.size() * 2; }

  void tell(std::size_t done) const {
    if (options_.progress) options_.progress(mta_.name(), done, steps());
  }

  [[nodiscard]] Result<void> send_all() {
    std::size_t done = 0;
    for (const DrillCase& each : cases_) {
      tell(done++);
      if (auto sent = mta_.send(each); !sent) return sent;
    }
    return {};
  }

  [[nodiscard]] MtaWords wait_for_words() const {
    const Clock::time_point deadline = Clock::now() + kPatience;
    for (;;) {
      MtaWords words = mta_.words();
      const auto known = std::ranges::count_if(
          cases_, [&](const DrillCase& each) { return words.contains(each.recipient()); });
      tell(cases_.size() + static_cast<std::size_t>(known));
      if (static_cast<std::size_t>(known) == cases_.size() || Clock::now() >= deadline)
        return words;
      std::this_thread::sleep_for(kLookAgain);
    }
  }

  [[nodiscard]] DrilledServer judge(const DrillNetwork& network, const MtaWords& words,
                                    const DrillRows& rows) const {
    DrilledServer out{mta_.name(), {}, mta_.without_dane_because()};
    std::vector<std::vector<Conversation>> seen;
    seen.reserve(cases_.size());
    for (std::size_t i = 0; i < cases_.size(); ++i)
      seen.push_back(network.seen_by(i));
    const bool reached = std::ranges::any_of(seen, [](const auto& each) { return !each.empty(); });
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      const auto word = words.find(cases_[i].recipient());
      const auto row = rows.find(cases_[i].domain().text());
      DrillResult result{cases_[i], row == rows.end() ? "" : row->second, {}, {}, {}};
      const MtaWord said = word == words.end() ? MtaWord{} : word->second;
      result.verdict = judge_drill(cases_[i], {seen[i], reached}, said);
      result.said = said.reason;
      out.results.push_back(std::move(result));
    }
    add_findings(out);
    return out;
  }

  /// To each result that is not as expected, those of its domain and those of the whole server.
  void add_findings(DrilledServer& out) const {
    const auto wrong = [](const DrillResult& each) { return !each.verdict.as_expected; };
    if (std::ranges::none_of(out.results, wrong)) return;
    const Findings all = mta_.findings(cases_);
    for (DrillResult& each : out.results) {
      if (each.verdict.as_expected) continue;
      std::ranges::copy_if(all, std::back_inserter(each.findings), [&](const Finding& finding) {
        const bool of_another = finding.subject.ends_with(drill_zone_name()) &&
                                finding.subject != each.drilled.domain().text();
        return finding.severity != Severity::note && !finding.remedy.empty() && !of_another;
      });
    }
  }

  DrilledMta& mta_;
  const DrillOptions& options_;
  std::vector<DrillCase> cases_;
  const Credential& authority_;
};

std::vector<std::unique_ptr<DrilledMta>> servers_of(const DrillSurroundings& around) {
  std::vector<std::unique_ptr<DrilledMta>> out;
  for (const PostfixInstance& each : around.subjects.postfix)
    out.push_back(drilled_postfix(around, each));
  if (around.subjects.exim) out.push_back(drilled_exim(around, *around.subjects.exim));
  return out;
}

}  // namespace

bool DrillReport::as_expected() const {
  return std::ranges::all_of(servers, [](const DrilledServer& server) {
    return std::ranges::all_of(server.results,
                               [](const DrillResult& each) { return each.verdict.as_expected; });
  });
}

Result<DrillReport> drill(const Config& config, const DrillSubjects& subjects,
                          const DrillOptions& options, const fs::path& work) {
  if (auto done = replace_resolver_and_log(work); !done) return std::unexpected(done.error());
  const Credential authority = make_drill_authority(options.now);
  DrillTrust trust{work / "trust", authority};
  for (const std::string& each : {std::string{kSystemCaFile}, config.tls.ca_file})
    if (auto done = trust.add_to_file(each); !done) return std::unexpected(done.error());
  const DrillSurroundings around{config, subjects, generator_settings(config, subjects.facts), work,
                                 trust};
  DrillReport out;
  for (const auto& each : servers_of(around)) {
    auto drilled = Drill{*each, authority, options}.run(work / std::to_string(out.servers.size()));
    if (!drilled) return std::unexpected(drilled.error());
    out.servers.push_back(*std::move(drilled));
  }
  return out;
}

}  // namespace tlspact
