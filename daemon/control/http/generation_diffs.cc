// SPDX-License-Identifier: MIT
#include "daemon/control/http/generation_diffs.h"

#include <algorithm>
#include <chrono>
#include <string>

namespace tlspact {
namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr std::size_t kKnown = 8;

std::unexpected<Error> unknown(unsigned number) {
  return fail(Errc::no_input, "there is no generation " + std::to_string(number) +
                                  " (any more): the oldest ones are removed");
}

const InstalledGeneration* predecessor(const History& history, unsigned number) {
  const InstalledGeneration* out = nullptr;
  for (const InstalledGeneration& each : history.generations()) {
    if (each.number < number) out = &each;
  }
  return out;
}

}  // namespace

Result<GenerationChanges> GenerationDiffs::between(const History& history,
                                                   std::optional<unsigned> before, unsigned after) {
  const InstalledGeneration* to = history.find(after);
  if (to == nullptr) return unknown(after);
  const InstalledGeneration* from = before ? history.find(*before) : predecessor(history, after);
  if (before && from == nullptr) return unknown(*before);
  const Turn turn{turns_, kPatience};
  if (!turn) return fail(Errc::try_again, "others are being compared, try again");
  const auto known = std::ranges::find_if(known_, [&](const GenerationChanges& each) {
    return each.after == to->number && each.after_made == to->made &&
           each.before == (from == nullptr ? 0 : from->number) &&
           (from == nullptr || each.before_made == from->made);
  });
  if (known != known_.end()) return *known;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  GenerationChanges changes = generation_changes(
      history, from, *to, {.go_on = [end] { return std::chrono::steady_clock::now() < end; }});
  if (std::ranges::all_of(changes.maps, &std::string::empty, &MapChanges::fault)) {
    known_.push_back(changes);
    if (known_.size() > kKnown) known_.pop_front();
  }
  return changes;
}

}  // namespace tlspact
