// SPDX-License-Identifier: MIT
#include "daemon/control/installation.h"
#include "daemon/control/reload_wish.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/control/confirm.h"
#include "daemon/control/identity.h"

namespace tlspact {
std::vector<GeneratedFile> generated_files(const Staging& staging) {
  std::vector<GeneratedFile> out;
  for (const StagedArtifact& each : staging.artifacts())
    out.push_back({.path = each.target,
                   .mta = each.artifact.mta,
                   .change = each.change,
                   .rows = each.rows,
                   .digest = each.digest,
                   .report = each.report,
                   .changes = {}});
  return out;
}

Result<Installation> Installation::begin(const Config& config) {
  auto facts = ask_mtas();
  if (!facts) return std::unexpected(facts.error());
  std::optional<PostfixReloader> reloader;
  const bool postfix = generator_settings(config, *facts).postfix.enabled;
  if (postfix && facts->postfix.installed && config.postfix.reload.value_or(true)) {
    auto prepared = PostfixReloader::prepare();
    if (!prepared) return std::unexpected(prepared.error());
    reloader.emplace(*std::move(prepared));
  }
  if (auto changed = become_owner_of(config.service.state_dir); !changed)
    return std::unexpected(changed.error());
  auto lock = RunLock::take(config.state_path("lock"));
  if (!lock) return std::unexpected(lock.error());
  History history = History::open(config.state_path("history"), config.service.history);
  history.remove_leftovers();
  remove_leftovers(config.postfix_map().parent_path());
  remove_leftovers(config.exim_map().parent_path());
  return Installation{config, *std::move(facts), std::move(reloader), *std::move(lock),
                      std::move(history)};
}

Result<std::vector<GeneratedFile>> Installation::install(std::span<const Artifact> artifacts,
                                                         Time now, const std::string& cause,
                                                         Notices& notices) {
  remove_leftovers(artifacts, {});
  auto staging = Staging::stage(artifacts, {});
  if (!staging) return std::unexpected(staging.error());
  std::ranges::copy(staging->notices(), std::back_inserter(notices));
  std::vector<GeneratedFile> files = generated_files(*staging);
  const bool interrupted = history_.unfinished();
  if (!staging->changes_anything()) {
    if (interrupted) {
      if (auto reloaded = reload_if_needed(*staging, true, notices); !reloaded)
        return std::unexpected(reloaded.error());
      history_.end_install();
    }
    return files;
  }
  std::vector<std::optional<RowChange>> changes;
  for (const StagedArtifact& artifact : staging->artifacts())
    changes.push_back(first_row_change(artifact));
  std::vector<std::pair<std::filesystem::path, FileIdentity>> replaced;
  for (const StagedArtifact& artifact : staging->artifacts()) {
    if (const auto identity = FileIdentity::of(artifact.target))
      replaced.emplace_back(artifact.target, *identity);
  }
  const auto number = history_.enter(staging->artifacts(), now, cause);
  if (!number) return std::unexpected(number.error());
  auto done = history_.begin_install();
  if (done) done = staging->commit(history_.backup_place());
  if (done) done = take_effect(*staging, interrupted, changes, notices);
  if (!done) {
    history_.withdraw(*number);
    for (const auto& [path, identity] : replaced) {
      if (auto noted = history_.note_put_back(path, identity); !noted)
        notices.push_back({Severity::warning, "history", noted.error().text});
    }
    return std::unexpected(done.error());
  }
  history_.end_install();
  return files;
}

Result<void> Installation::take_effect(Staging& staging, bool interrupted,
                                       const std::vector<std::optional<RowChange>>& changes,
                                       Notices& notices) {
  auto done = reload_if_needed(staging, interrupted, notices);
  if (done) done = confirm_installed(staging.artifacts(), changes, facts_, notices);
  if (done) return {};
  if (auto restored = staging.restore(); !restored)
    return fail(
        done.error().code,
        done.error().text + "; and the previous maps cannot be put back: " + restored.error().text);
  // Not unfinished any more, or every run after this one would have Postfix reload.
  if (auto reloaded = reload_if_needed(staging, interrupted, notices); reloaded)
    history_.end_install();
  else
    notices.push_back({Severity::alert, "Postfix", reloaded.error().text});
  return fail(done.error().code, done.error().text + "; the previous maps are back in place");
}

Result<void> Installation::reload_if_needed(const Staging& staging, bool interrupted,
                                            Notices& notices) {
  if (!reloader_) return {};
  const bool always = config_.postfix.reload.value_or(false);
  const bool needed = std::ranges::any_of(staging.artifacts(), [&](const StagedArtifact& each) {
    const bool same = each.change == StagedArtifact::Change::unchanged && !interrupted;
    if (each.artifact.mta != "Postfix" || same) return false;
    return always || each.artifact.needs_reload(each.change == StagedArtifact::Change::created);
  });
  if (!needed) return {};
  const auto reloaded = reloader_->reload();
  if (!reloaded) return std::unexpected(reloaded.error());
  if (*reloaded == PostfixReloader::Outcome::done) {
    forget_reload_wish(config_);
    return {};
  }
  // That it is wished for the run tells at its end, and every one after it as long as it is true.
  if (auto wished = wish_for_reload(config_); !wished)
    notices.push_back({Severity::alert, "Postfix",
                       "a table that it reads only when it starts has changed, and this user can "
                       "neither reload it nor ask for that: " +
                           wished.error().text + "; say \"postfix reload\" as root"});
  return {};
}

}  // namespace tlspact
