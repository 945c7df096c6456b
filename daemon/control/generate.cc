// SPDX-License-Identifier: MIT
#include "daemon/control/generate.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/control/confirm.h"
#include "daemon/control/identity.h"
#include "daemon/control/missing_files.h"
#include "daemon/control/mta_facts.h"
#include "daemon/control/postfix_reload.h"
#include "daemon/control/run_lock.h"
#include "generators/process/temp_directory.h"

namespace tlspact {
namespace {

class Generation {
 public:
  Generation(const Config& config, const GenerateOptions& options)
      : config_(config), options_(options) {}

  Result<GenerateReport> run() {
    if (auto ready = prepare(); !ready) return std::unexpected(ready.error());
    auto store = Store::open(config_.store_path(),
                             installs() ? Store::Access::read_write : Store::Access::read_only,
                             options_.now, report_.notices);
    if (!store) return std::unexpected(store.error());
    if (auto known = check_configured(*store); !known) return std::unexpected(known.error());
    report_.refreshed = refresh(config_, *store,
                                {.now = options_.at.value_or(options_.now),
                                 .offline = options_.offline || options_.at.has_value(),
                                 .keep_in_store = installs()});
    add_notices(report_.refreshed.notices);
    // With --output the files are those of another machine.
    if (!options_.output) {
      Notices missing = missing_files(report_.refreshed.snapshot);
      add_notices(missing);
    }
    render();
    if (auto put = install(); !put) return std::unexpected(put.error());
    report_.exit_code = exit_code();
    return std::move(report_);
  }

 private:
  /// Whether this run puts maps into place on this machine.
  [[nodiscard]] bool installs() const {
    return !options_.check && !options_.diff && !options_.output;
  }
  [[nodiscard]] bool writes() const { return installs() || (options_.output && !options_.check); }

  void add_notices(Notices& notices) {
    std::ranges::copy(notices, std::back_inserter(report_.notices));
  }

  /// What needs root comes first: asking the MTAs, and the process that can reload Postfix.
  Result<void> prepare() {
    if (options_.output) {
      facts_ = assumed_facts();
      return {};
    }
    auto facts = ask_mtas();
    if (!facts) return std::unexpected(facts.error());
    facts_ = *std::move(facts);
    if (installs() && wants_reload()) {
      auto reloader = PostfixReloader::prepare();
      if (!reloader) return std::unexpected(reloader.error());
      reloader_.emplace(*std::move(reloader));
    }
    if (auto changed = become_owner_of(config_.service.state_dir); !changed) return changed;
    if (!installs()) return {};
    auto lock = RunLock::take(std::filesystem::path{config_.service.state_dir} / "lock");
    if (!lock) return std::unexpected(lock.error());
    lock_.emplace(*std::move(lock));
    return {};
  }

  /// A configuration that has gone must not take every list with it in silence.
  Result<void> check_configured(Store& store) {
    if (!config_.absent) return {};
    const auto names = store.list_names();
    if (!names) return std::unexpected(names.error());
    if (!names->empty())
      return fail(Errc::no_input,
                  "there is no configuration file, but lists were configured before (" +
                      names->front() +
                      "): nothing is changed. Put the file back, or an empty one in its place");
    report_.notices.push_back(
        {Severity::warning, "configuration", "there is no file: the defaults are used"});
    return {};
  }

  [[nodiscard]] bool wants_reload() const {
    const GeneratorSettings settings = generator_settings(config_, facts_);
    return settings.postfix.enabled && facts_.postfix.installed &&
           config_.postfix.reload.value_or(true);
  }

  void render() {
    const GeneratorSettings settings = generator_settings(config_, facts_);
    for (const Generator& generator : generators()) {
      if (!generator.enabled(settings)) continue;
      Generated generated = generator.render(report_.refreshed.snapshot, settings);
      add_notices(generated.notices);
      std::ranges::move(generated.artifacts, std::back_inserter(artifacts_));
    }
    if (artifacts_.empty())
      report_.notices.push_back({Severity::warning, "generate",
                                 "neither Postfix nor Exim is installed here, so there is nothing "
                                 "to write: set enabled = "
                                 "true in [postfix] or [exim], or use --output"});
  }

  Result<void> install() {
    Staging::Place place;
    if (options_.output) place.prefix = *options_.output;
    std::optional<TempDirectory> scratch;
    if (!writes()) {
      auto made = TempDirectory::make();
      if (!made) return std::unexpected(made.error());
      scratch.emplace(*std::move(made));
      place.scratch = scratch->path();
    }
    auto staging = Staging::stage(artifacts_, place);
    if (!staging) return std::unexpected(staging.error());
    std::vector<std::vector<RowChange>> changes;
    for (const StagedArtifact& artifact : staging->artifacts())
      changes.push_back(row_changes(artifact));
    describe(*staging, changes);
    if (!writes()) return {};
    if (auto committed = staging->commit(); !committed) return committed;
    if (!installs()) return {};
    return take_effect(*staging, changes);
  }

  /// Reload where the type needs it, then confirm as the MTA looks up. If either fails, the
  /// previous files are put back, so that the next run tries again.
  Result<void> take_effect(Staging& staging, const std::vector<std::vector<RowChange>>& changes) {
    auto done = reload_if_changed(staging);
    if (done) done = confirm_installed(staging.artifacts(), changes, facts_, report_.notices);
    if (done) return {};
    if (auto restored = staging.restore(); !restored) return restored;
    if (auto reloaded = reload_if_changed(staging); !reloaded)
      report_.notices.push_back({Severity::alert, "Postfix", reloaded.error().text});
    return fail(done.error().code, done.error().text + "; the previous maps are back in place");
  }

  Result<void> reload_if_changed(const Staging& staging) {
    const bool always = config_.postfix.reload.value_or(false);
    const bool changed = std::ranges::any_of(staging.artifacts(), [&](const StagedArtifact& each) {
      const bool is_new = each.change == StagedArtifact::Change::created;
      return each.artifact.mta == "Postfix" && each.change != StagedArtifact::Change::unchanged &&
             (always || each.artifact.needs_reload(is_new));
    });
    return reloader_ && changed ? reloader_->reload() : Result<void>{};
  }

  void describe(const Staging& staging, const std::vector<std::vector<RowChange>>& changes) {
    report_.changed = staging.changes_anything();
    for (std::size_t i = 0; i < staging.artifacts().size(); ++i) {
      const StagedArtifact& artifact = staging.artifacts()[i];
      const TableContent* table = artifact.artifact.table();
      report_.files.push_back(
          {.path = artifact.target,
           .mta = artifact.artifact.mta,
           .change = artifact.change,
           .rows = table == nullptr ? artifact.artifact.rows : table->rows->size(),
           .changes = options_.diff ? changes[i] : std::vector<RowChange>{}});
    }
  }

  [[nodiscard]] int exit_code() const {
    if (report_.refreshed.refused) return static_cast<int>(Errc::bad_input);
    if (report_.refreshed.never_good) return static_cast<int>(Errc::unavailable);
    return (options_.check || options_.diff) && report_.changed ? 1 : 0;
  }

  const Config& config_;
  const GenerateOptions& options_;
  GenerateReport report_;
  MtaFacts facts_;
  std::optional<PostfixReloader> reloader_;
  std::optional<RunLock> lock_;
  std::vector<Artifact> artifacts_;
};

}  // namespace

Result<GenerateReport> generate(const Config& config, const GenerateOptions& options) {
  return Generation{config, options}.run();
}

}  // namespace tlspact
