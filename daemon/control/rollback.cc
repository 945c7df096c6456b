// SPDX-License-Identifier: MIT
#include "daemon/control/rollback.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <ranges>
#include <span>
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

/// The number of the one that a rollback went to; nullopt: no rollback made this generation.
std::optional<unsigned> rolled_back_to(const InstalledGeneration& generation) {
  const std::string& cause = generation.cause;
  if (!cause.starts_with(kRollbackTo)) return std::nullopt;
  unsigned number = 0;
  std::from_chars(cause.data() + kRollbackTo.size(), cause.data() + cause.size(), number);
  return number < generation.number ? std::optional{number} : std::nullopt;
}

/// The number of the generation that first had the maps in force; the history may have forgotten
/// it. nullopt: nothing was installed.
std::optional<unsigned> origin_in_force(const History& history) {
  const auto hold = history.hold();
  auto number = hold ? std::optional{hold->generation} : history.newest();
  while (number) {
    const InstalledGeneration* generation = history.find(*number);
    const auto target = generation == nullptr ? std::nullopt : rolled_back_to(*generation);
    if (!target) break;
    number = target;
  }
  return number;
}

/// The one before what is in force, so that one rollback after the other goes further back.
/// nullptr: there is none.
const InstalledGeneration* earlier_generation(const History& history) {
  const auto in_force = origin_in_force(history);
  // One whose install was killed never was in force, and its files are gone; what was found in
  // place somebody else made, or a broken disk.
  for (const InstalledGeneration& each : std::views::reverse(history.generations())) {
    if (in_force && each.number < *in_force && each.cause != kFoundInPlace &&
        history.is_whole(each))
      return &each;
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

/// As write_snapshot() does.
Result<void> put_back(const fs::path& kept, const fs::path& snapshot) {
  const fs::path fresh = snapshot.string() + std::string{kPartMark};
  std::error_code error;
  fs::remove(fresh, error);
  fs::create_hard_link(kept, fresh, error);
  if (!error) fs::rename(fresh, snapshot, error);
  if (error) return fail(Errc::io, snapshot.string() + ": cannot be put back: " + error.message());
  return {};
}

/// Live look-ups go back with the maps.
Result<void> restore_snapshot(const Config& config, const History& history, unsigned wanted,
                              unsigned replaced, Notices& notices) {
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
  return put_back(*kept, config.state_path("snapshot"));
}

/// Installs, and goes back with what answers live look-ups, and holds both there.
Result<RollbackReport> go_to(const Config& config, Installation& installation,
                             const InstalledGeneration& generation,
                             std::span<const Artifact> artifacts, Time now) {
  const History& history = installation.history();
  const unsigned replaced = history.newest().value_or(generation.number);
  RollbackReport report{.generation = generation.number, .files = {}, .notices = {}};
  auto files = installation.install(
      artifacts, now, std::string{kRollbackTo} + std::to_string(generation.number), report.notices);
  if (!files) {
    history.end_rollback();  // what stood before is in place
    Error error = files.error();
    if (error.code == Errc::bad_input)
      error.text += "; choose another generation, tlspact history lists them";
    return std::unexpected(std::move(error));
  }
  report.files = *std::move(files);
  if (auto restored =
          restore_snapshot(config, history, generation.number, replaced, report.notices);
      !restored)
    return std::unexpected(restored.error());
  if (auto held = history.set_hold(Hold{.generation = generation.number, .since = now}); !held)
    return std::unexpected(held.error());
  history.end_rollback();
  installation.history().prune();
  return report;
}

}  // namespace

Result<RollbackReport> roll_back(const Config& config, std::optional<unsigned> number, Time now) {
  auto installation = Installation::begin(config);
  if (!installation) return std::unexpected(installation.error());
  const History& history = installation->history();
  // One that was killed may have installed already: the snapshot is not of the newest then.
  const auto begun = history.begun_rollback();
  if (!number && begun && history.find(*begun) != nullptr) number = begun;
  const auto generation = wanted_generation(history, number);
  if (!generation) return std::unexpected(generation.error());
  const auto artifacts = artifacts_of(history, *generation);
  if (!artifacts) return std::unexpected(artifacts.error());
  if (const auto newest = history.newest(); newest && !begun && !history.snapshot_of(*newest)) {
    if (auto kept = history.keep_snapshot(*newest, config.state_path("snapshot")); !kept)
      return std::unexpected(kept.error());
  }
  if (auto marked = history.begin_rollback(generation->number); !marked)
    return std::unexpected(marked.error());
  return go_to(config, *installation, *generation, *artifacts, now);
}

Result<void> restore_held_snapshot(const Config& config, const History& history, const Hold& hold) {
  const auto kept = history.snapshot_of(hold.generation);
  if (!kept)
    return fail(Errc::no_input, "generation " + std::to_string(hold.generation) + " has none");
  if (auto readable = read_snapshot(*kept); !readable) return std::unexpected(readable.error());
  return put_back(*kept, config.state_path("snapshot"));
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
  installation->history().end_rollback();  // one that was killed is given up, too
  if (!installation->history().hold()) return false;
  if (auto released = installation->history().set_hold(std::nullopt); !released)
    return std::unexpected(released.error());
  return true;
}

}  // namespace tlspact
