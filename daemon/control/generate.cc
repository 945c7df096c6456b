// SPDX-License-Identifier: MIT
#include "daemon/control/generate.h"

#include <algorithm>
#include <future>
#include <iterator>
#include <utility>

#include "daemon/control/clock_guard.h"
#include "daemon/control/configured_guard.h"
#include "daemon/control/downgrades.h"
#include "daemon/control/identity.h"
#include "daemon/control/in_force.h"
#include "daemon/control/mta_dane.h"
#include "daemon/control/refresh.h"
#include "daemon/control/reload_wish.h"
#include "daemon/control/rollback.h"
#include "generators/process/temp_directory.h"
#include "lookup/snapshot_file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

class Generation {
 public:
  Generation(const Config& config, const GenerateOptions& options)
      : config_(config), options_(options) {}
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;
  Generation(Generation&&) = delete;
  Generation& operator=(Generation&&) = delete;
  ~Generation() { clear_scratch(); }

  Result<GenerateReport> run() {
    if (auto ready = prepare(); !ready) return std::unexpected(ready.error());
    auto store =
        Store::open(config_.store_path(),
                    options_.installs() ? Store::Access::read_write : Store::Access::read_only,
                    options_.now, report_.notices);
    if (!store) return std::unexpected(store.error());
    if (auto known = check_configured(config_, *store); !known)
      return std::unexpected(known.error());
    if (config_.says_nothing)
      report_.notices.push_back({Severity::warning, "configuration",
                                 "there is no file, or an empty one: the defaults are used"});
    clear_scratch();
    // Before anything is looked up: by a clock that is wrong, what is known would count as expired,
    // and be forgotten.
    auto good = clock_is_good(*store);
    if (!good) return std::unexpected(good.error());
    if (!*good) return finished();
    const RefreshOptions refresh_options{.now = options_.decides_at(),
                                         .offline = options_.offline || options_.at.has_value(),
                                         .keep_in_store = options_.installs(),
                                         .scratch = scratch(),
                                         .probe = options_.probe,
                                         .stop = options_.stop,
                                         .progress = options_.progress};
    Fetched fetched = fetch_sources(config_, *store, refresh_options);
    add_notices(fetched.notices);
    refused_ = fetched.refused;
    never_good_ = fetched.never_good;
    rendering_ = rendering_inputs(settings_);
    inputs_ = run_inputs(fetched.fingerprint, rendering_);
    if (!options_.publish_only && !options_.name_probes && repeats_last_run()) return finished();
    auto before = std::async(std::launch::async, [this] { return last_snapshot(); });
    refreshed_ = load_and_decide(config_, fetched, *store, refresh_options);
    before_ = before.get();
    if (!options_.probe && !options_.offline)
      report_.probe_next_hops = std::move(refreshed_.probe_next_hops);
    inputs_ = run_inputs(fetched.fingerprint, rendering_);  // with what was met for the first time
    if (options_.publish_only) {
      report_.counts = EntryCounts::of(refreshed_.snapshot);
      tell_downgrades();  // the next run compares with what is published now
      if (!installation_->history().hold() && !publish() && last_run_) {
        last_run_->inputs.clear();  // or the next run would take it for done
        keep_record(*last_run_);
      }
      return finished();
    }
    if (auto done = decide_and_write(fetched); !done) return std::unexpected(done.error());
    return finished();
  }

 private:
  /// Where private copies of lists are made: for an install where the next one finds and removes
  /// what this one leaves if it is killed.
  [[nodiscard]] fs::path scratch() const {
    return options_.installs() ? config_.state_path("tmp") : fs::path{};
  }
  void clear_scratch() const {
    std::error_code ignored;
    if (installation_) fs::remove_all(scratch(), ignored);  // under the lock
  }

  void add_notices(const Notices& notices) {
    std::ranges::copy(notices, std::back_inserter(report_.notices));
  }

  Result<void> prepare() {
    report_.decided_at = options_.decides_at();
    report_.looked = !options_.offline;
    facts_ = assumed_facts();
    if (options_.installs()) {
      auto installation = Installation::begin(config_);
      if (!installation) return std::unexpected(installation.error());
      installation_.emplace(*std::move(installation));
      facts_ = installation_->facts();
      last_run_ = read_run_record(run_record());
    } else if (!options_.output) {
      auto asked = ask_mtas();
      if (!asked) return std::unexpected(asked.error());
      facts_ = *std::move(asked);
      if (auto changed = become_owner_of(config_.service.state_dir); !changed) return changed;
      last_run_ = read_run_record(run_record());
    }
    if (!options_.output) {
      if (!options_.offline && !options_.at) ask_resolvers(config_, facts_);
      keep_conclusions(last_run_, facts_);
    }
    settings_ = generator_settings(config_, facts_);
    return {};
  }

  [[nodiscard]] fs::path run_record() const { return config_.state_path("run.json"); }

  /// False: nothing may be installed, and an alert says why.
  Result<bool> clock_is_good(Store& store) {
    if (!options_.installs() || !last_run_) return true;
    const auto alert = clock_alert(store, last_run_->decided_at, options_.now);
    if (!alert) return std::unexpected(alert.error());
    if (!*alert) return true;
    report_.notices.push_back(**alert);
    report_.counts = last_run_->counts;
    report_.looked = false;
    return false;
  }

  /// The shortcut: same inputs, same result, still in place.
  [[nodiscard]] bool repeats_last_run() {
    if (!options_.installs() || !last_run_ || !last_run_->holds(inputs_, options_.now))
      return false;
    if (installation_->history().hold() || installation_->history().unfinished()) return false;
    if (!check_published(config_)) return false;
    report_.counts = last_run_->counts;
    refused_ = refused_ || last_run_->refused;
    add_notices(last_run_->notices);
    add_notices(missing_files(last_run_->named_files));
    for (const RunRecord::File& file : last_run_->files)
      report_.files.push_back({.path = file.path,
                               .mta = file.mta,
                               .change = StagedArtifact::Change::unchanged,
                               .rows = file.rows,
                               .digest = file.digest,
                               .report = {},
                               .changes = {}});
    last_run_->decided_at = options_.now;
    keep_record(*last_run_);
    return true;
  }

  Result<void> decide_and_write(const Fetched& fetched) {
    refused_ = refreshed_.refused;
    never_good_ = never_good_ || refreshed_.never_good;
    report_.counts = EntryCounts::of(refreshed_.snapshot);
    RunRecord record{.inputs = inputs_,
                     .rendering = rendering_,
                     .decided_at = options_.now,
                     .until = fetched.next_change,
                     .counts = report_.counts,
                     .refused = refreshed_.snapshot.without_names > 0,
                     .notices = refreshed_.notices,
                     .named_files = named_files(refreshed_.snapshot),
                     .files = {},
                     .resolver_faults = conclusions(facts_),
                     .snapshot = {}};
    for (const Finding& each : resolver_findings(config_, facts_, refreshed_.snapshot)) {
      if (each.severity == Severity::alert)
        record.notices.push_back({each.severity, each.subject, each.text + "; " + each.remedy});
    }
    add_notices(record.notices);
    // With --output the files are those of another machine.
    if (!options_.output) add_notices(missing_files(record.named_files));
    render(record);
    if (!options_.installs()) return look();
    const auto hold = installation_->history().hold();
    if (hold) return stay_at(*hold);
    tell_downgrades();
    return install(std::move(record));
  }

  /// What the maps in place were made from; nullopt: nothing is installed.
  [[nodiscard]] std::optional<Result<Snapshot>> last_snapshot() const {
    if (!options_.installs()) return std::nullopt;
    return read_snapshot(config_.state_path("snapshot"));
  }

  /// Tells of each map what stands in place, if that is the last run's and was rendered as this
  /// one is, so that only what has changed is rendered.
  void add_installed(std::vector<Artifact>& fresh, const Generator& generator) {
    if (!last_run_ || last_run_->rendering != rendering_ || !before_ || !*before_ ||
        FileIdentity::of(config_.state_path("snapshot")) != last_run_->snapshot)
      return;
    const Generated made = generator.render(**before_, settings_);
    for (Artifact& artifact : fresh) {
      auto* table = std::get_if<TableContent>(&artifact.content);
      const RunRecord::File* file = last_run_->in_place(artifact.path);
      const auto old = std::ranges::find(made.artifacts, artifact.path, &Artifact::path);
      if (table == nullptr || file == nullptr || old == made.artifacts.end()) continue;
      if (const TableContent* before = old->table())
        table->installed = InstalledTable{.identity = file->identity,
                                          .stream = before->rows,
                                          .reported = file->report,
                                          .digest = file->digest};
    }
  }

  void render(RunRecord& record) {
    for (const Generator& generator : generators()) {
      if (!generator.enabled(settings_)) continue;
      Generated generated = generator.render(refreshed_.snapshot, settings_);
      add_notices(generated.notices);
      std::ranges::move(generated.notices, std::back_inserter(record.notices));
      add_installed(generated.artifacts, generator);
      std::ranges::move(generated.artifacts, std::back_inserter(artifacts_));
    }
    if (artifacts_.empty())
      report_.notices.push_back({Severity::warning, "generate",
                                 "neither Postfix nor Exim is installed here, so there is nothing "
                                 "to write: set enabled = "
                                 "true in [postfix] or [exim], or use --output"});
  }

  /// --check, --diff and --output: nothing of this machine is touched.
  Result<void> look() {
    Staging::Place place;
    if (options_.output) place.prefix = *options_.output;
    std::optional<TempDirectory> scratch;
    if (!options_.writes()) {
      auto made = TempDirectory::make();
      if (!made) return std::unexpected(made.error());
      scratch.emplace(*std::move(made));
      place.scratch = scratch->path();
    }
    auto staging = Staging::stage(artifacts_, place);
    if (!staging) return std::unexpected(staging.error());
    add_notices(staging->notices());
    report_.files = generated_files(*staging);
    report_.changed = staging->changes_anything();
    for (std::size_t i = 0; options_.diff && i < report_.files.size(); ++i)
      each_row_change(staging->artifacts()[i], [&](const RowChange& change) {
        report_.files[i].changes.push_back(change);
        return true;
      });
    return options_.writes() ? staging->commit() : Result<void>{};
  }

  Result<void> stay_at(const Hold& hold) {
    add_notices(survey(artifacts_));
    tell_lost_maps(hold);
    if (before_ && !*before_) put_held_snapshot_back(hold);
    if (before_ && *before_) {
      report_.counts = EntryCounts::of(**before_);
    } else if (last_run_) {
      report_.counts = last_run_->counts;
    }
    report_.notices.push_back({Severity::alert, "rollback",
                               hold_text(hold) +
                                   ": nothing is installed. To go on: tlspact rollback "
                                   "--release"});
    return {};
  }

  /// While a rollback holds no run puts a map right.
  void tell_lost_maps(const Hold& hold) {
    const auto& generations = installation_->history().generations();
    if (generations.empty()) return;
    for (const InstalledGeneration::File& each : generations.back().files) {
      if (FileIdentity::of(each.path) == each.identity) continue;
      report_.notices.push_back({Severity::alert, each.path.string(),
                                 "is gone, or not what was put back: tlspact rollback " +
                                     std::to_string(hold.generation) + " puts it right"});
    }
  }

  void put_held_snapshot_back(const Hold& hold) {
    std::string text = before_->error().text;
    if (auto back = restore_held_snapshot(config_, installation_->history(), hold); !back) {
      text += "; and it cannot be put back: " + back.error().text +
              ": live look-ups go without until the maps are released";
    } else {
      before_ = last_snapshot();
      text += "; it is put back";
    }
    report_.notices.push_back({Severity::alert, "snapshot", text});
  }

  void tell_downgrades() {
    if (!before_) return;
    if (*before_) {
      add_notices(downgrade_notices(**before_, refreshed_));
    } else if (before_->error().code != Errc::no_input) {
      report_.notices.push_back(
          {Severity::warning, "snapshot",
           before_->error().text + ": what has become less strict since cannot be told"});
    }
  }

  Result<void> install(RunRecord record) {
    Notices notices;
    const auto replaced = installation_->history().newest();
    auto files = installation_->install(artifacts_, options_.now, "generate", notices);
    add_notices(notices);
    if (!files) return std::unexpected(files.error());
    report_.files = *std::move(files);
    report_.changed = std::ranges::any_of(report_.files, [](const GeneratedFile& each) {
      return each.change != StagedArtifact::Change::unchanged;
    });
    // One of before may lack its own still.
    if (report_.changed && replaced && !installation_->history().snapshot_of(*replaced))
      keep_snapshot_of(*replaced);
    installation_->history().end_rollback();  // one that was killed is undone with this
    installation_->history().prune();
    // A run on the same inputs is to try again what could not be published.
    if (!publish()) {
      record.inputs.clear();
    } else if (report_.changed) {
      // Now: what live look-ups find later is not of this generation.
      keep_snapshot_of(installation_->history().newest().value_or(0));
    }
    std::ranges::move(notices, std::back_inserter(record.notices));
    for (const GeneratedFile& file : report_.files)
      record.files.push_back({.path = file.path,
                              .mta = file.mta,
                              .rows = file.rows,
                              .digest = file.digest,
                              .report = file.report,
                              .identity = FileIdentity::of(file.path).value_or(FileIdentity{})});
    record.snapshot = FileIdentity::of(config_.state_path("snapshot")).value_or(FileIdentity{});
    keep_record(record);
    return {};
  }

  /// For live lookups, and for the next run. False: it could not be written, and an alert says so.
  bool publish() {
    const LiveOptions how{settings_.postfix.options, settings_.exim.options};
    if (auto written = write_snapshot(config_.state_path("snapshot"), refreshed_.snapshot, how,
                                      refreshed_.negatives);
        !written) {
      report_.notices.push_back({Severity::alert, "snapshot", written.error().text});
      return false;
    }
    return true;
  }

  void keep_snapshot_of(unsigned generation) {
    const History& history = installation_->history();
    if (auto kept = history.keep_snapshot(generation, config_.state_path("snapshot")); !kept)
      report_.notices.push_back(
          {Severity::warning, "history",
           kept.error().text + "; live look-ups cannot be rolled back to it"});
  }

  void keep_record(const RunRecord& record) {
    if (auto written = write_run_record(run_record(), record); !written)
      report_.notices.push_back({Severity::warning, "run.json", written.error().text});
  }

  Result<GenerateReport> finished() {
    if (options_.installs()) {
      if (auto wish = wish_notice(config_, options_.now))
        report_.notices.push_back(*std::move(wish));
    }
    report_.exit_code = 0;
    if ((options_.check || options_.diff) && report_.changed) report_.exit_code = 1;
    if (never_good_) report_.exit_code = static_cast<int>(Errc::unavailable);
    if (refused_) report_.exit_code = static_cast<int>(Errc::bad_input);
    return std::move(report_);
  }

  const Config& config_;
  const GenerateOptions& options_;
  GenerateReport report_;
  MtaFacts facts_;
  GeneratorSettings settings_;
  std::optional<Installation> installation_;
  std::optional<RunRecord> last_run_;
  std::string inputs_;
  std::string rendering_;
  bool refused_ = false;
  bool never_good_ = false;
  Refreshed refreshed_;
  std::optional<Result<Snapshot>> before_;
  std::vector<Artifact> artifacts_;
};

}  // namespace

Result<GenerateReport> generate(const Config& config, const GenerateOptions& options) {
  return Generation{config, options}.run();
}

}  // namespace tlspact
