// SPDX-License-Identifier: MIT
#include "daemon/control/rollback.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <ranges>
#include <string>
#include <system_error>
#include <utility>

#include "generators/table/file.h"
#include "lookup/snapshot_file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

/// The cause of a generation that a rollback made: with the number of the one it went to.
constexpr std::string_view kRollbackTo = "rollback to ";

/// The one that a rollback went to; nullptr: no rollback made this generation, or it is forgotten.
const InstalledGeneration* rolled_back_to(const History& history,
                                          const InstalledGeneration& generation) {
  const std::string& cause = generation.cause;
  if (!cause.starts_with(kRollbackTo)) return nullptr;
  unsigned number = 0;
  std::from_chars(cause.data() + kRollbackTo.size(), cause.data() + cause.size(), number);
  return number < generation.number ? history.find(number) : nullptr;
}

/// That a rollback went to which was killed before the maps were held there; nullopt: there is
/// none.
std::optional<unsigned> unfinished_rollback(const History& history) {
  const auto& all = history.generations();
  if (all.empty() || history.hold() || history.released_at() == all.back().number)
    return std::nullopt;
  const InstalledGeneration* target = rolled_back_to(history, all.back());
  return target == nullptr ? std::nullopt : std::optional{target->number};
}

/// The one before what is in force, so that one rollback after the other goes further back.
/// nullptr: there is none.
const InstalledGeneration* earlier_generation(const History& history) {
  const auto& all = history.generations();
  if (all.empty()) return nullptr;
  const InstalledGeneration* in_force = &all.back();
  while (const InstalledGeneration* target = rolled_back_to(history, *in_force))
    in_force = target;
  // One whose install was killed never was in force, and its files are gone.
  for (const InstalledGeneration& each : std::views::reverse(all)) {
    if (each.number < in_force->number && history.is_whole(each)) return &each;
  }
  return nullptr;
}

Result<InstalledGeneration> wanted_generation(const History& history,
                                              std::optional<unsigned> number) {
  const InstalledGeneration* wanted = number ? history.find(*number) : earlier_generation(history);
  if (wanted != nullptr) return *wanted;
  return fail(Errc::no_input, number
                                  ? "there is no generation " + std::to_string(*number) +
                                        " in the history: \"tlspact history\" lists them"
                                  : std::string{"there is no earlier generation in the history"});
}

Result<std::vector<Artifact>> artifacts_of(const History& history,
                                           const InstalledGeneration& generation) {
  std::vector<Artifact> out;
  for (const InstalledGeneration::File& file : generation.files) {
    const auto bytes = history.bytes_of(file);
    if (!bytes)
      return fail(Errc::no_input, file.path.string() + " of generation " +
                                      std::to_string(generation.number) +
                                      " is gone: choose another generation, or make the maps anew "
                                      "with \"tlspact generate\"");
    out.push_back({.path = file.path,
                   .content = CopiedContent{.source = *bytes, .type = file.type},
                   .mta = file.mta,
                   // Which plain files are read at start is not in the history: one reload too many
                   // harms nobody.
                   .read_at_start = !file.type && file.mta == "Postfix",
                   .rows = 0});
  }
  return out;
}

/// Live look-ups go back with the maps.
Result<void> restore_snapshot(const Config& config, const History& history, unsigned wanted,
                              unsigned replaced, Notices& notices) {
  const fs::path snapshot = config.state_path("snapshot");
  const auto kept = history.snapshot_of(wanted);
  if (!kept) {
    if (wanted != replaced)
      notices.push_back({Severity::warning, "rollback",
                         "what answers live look-ups was not kept with generation " +
                             std::to_string(wanted) + ": they stay as they are"});
    return {};
  }
  if (auto readable = read_snapshot(*kept); !readable) {  // of an earlier version of this program
    notices.push_back({Severity::warning, "rollback",
                       readable.error().text + ": what answers live look-ups stays as it is"});
    return {};
  }
  const fs::path fresh = snapshot.string() + std::string{kPartMark};  // as write_snapshot()
  std::error_code error;
  fs::remove(fresh, error);
  fs::create_hard_link(*kept, fresh, error);
  if (!error) fs::rename(fresh, snapshot, error);
  if (error) return fail(Errc::io, snapshot.string() + ": cannot be put back: " + error.message());
  return {};
}

}  // namespace

Result<RollbackReport> roll_back(const Config& config, std::optional<unsigned> number, Time now) {
  auto installation = Installation::begin(config);
  if (!installation) return std::unexpected(installation.error());
  const History& history = installation->history();
  const auto unfinished = unfinished_rollback(history);
  if (!number) number = unfinished;
  const auto generation = wanted_generation(history, number);
  if (!generation) return std::unexpected(generation.error());
  const auto artifacts = artifacts_of(history, *generation);
  if (!artifacts) return std::unexpected(artifacts.error());
  const unsigned replaced = history.newest().value_or(generation->number);
  if (!unfinished) {
    if (auto kept = history.keep_snapshot(replaced, config.state_path("snapshot")); !kept)
      return std::unexpected(kept.error());
  }
  RollbackReport report{.generation = generation->number, .files = {}, .notices = {}};
  auto files = installation->install(*artifacts, now,
                                     std::string{kRollbackTo} + std::to_string(generation->number),
                                     report.notices);
  if (!files) {
    Error error = files.error();
    if (error.code == Errc::bad_input)
      error.text += "; choose another generation, tlspact history lists them";
    return std::unexpected(std::move(error));
  }
  report.files = *std::move(files);
  if (auto restored =
          restore_snapshot(config, history, generation->number, replaced, report.notices);
      !restored)
    return std::unexpected(restored.error());
  if (auto held = history.set_hold({.generation = generation->number, .since = now}); !held)
    return std::unexpected(held.error());
  return report;
}

std::string hold_text(const Hold& hold) {
  return "the maps are held at generation " + std::to_string(hold.generation) + " since " +
         format_time(hold.since);
}

Notice held_notice(const Hold& hold) {
  return {Severity::alert, "rollback",
          hold_text(hold) +
              ": what is decided here is not in force until \"tlspact rollback "
              "--release\"; \"tlspact lookup\" tells what is",
          0};
}

Result<bool> release_rollback(const Config& config) {
  auto installation = Installation::begin(config);
  if (!installation) return std::unexpected(installation.error());
  if (!installation->history().hold()) return false;
  if (auto released = installation->history().release(); !released)
    return std::unexpected(released.error());
  return true;
}

}  // namespace tlspact
