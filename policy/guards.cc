// SPDX-License-Identifier: MIT
#include "policy/guards.h"

#include <algorithm>

namespace tlspact {
namespace {

constexpr std::size_t kLeastLoss = 50;
constexpr Seconds kClockTolerance = std::chrono::minutes{5};
constexpr Seconds kTrustedAbsence = std::chrono::days{30};

bool is_over(std::size_t lost, std::size_t all, unsigned max_percent) {
  return lost >= kLeastLoss && lost * 100 > all * max_percent;
}

/// The level that holds for a key: its own entry's, or that of the nearest `.parent`.
std::optional<Level> level_for(const Snapshot& snapshot, std::string_view key) {
  if (const auto own = snapshot.index_of(key)) return snapshot.ruling(*own).level;
  if (!PolicyKey::is_by_domain(key)) return std::nullopt;
  for (std::size_t dot = key.find('.', 1); dot != std::string_view::npos;
       dot = key.find('.', dot + 1)) {
    if (const auto parent = snapshot.index_of(key.substr(dot)))
      return snapshot.ruling(*parent).level;
  }
  return std::nullopt;
}

bool is_weaker(std::optional<Level> after, Level before) {
  return !after || compare_strength(*after, before) < 0;
}

}  // namespace

ListLoss compare_lists(const PolicyList& before, const PolicyList& after, bool early_adopter) {
  const auto enforced = [early_adopter](const PolicyList& list, const PolicyList::Entry& entry) {
    return early_adopter || list.mode(entry) == Mode::enforce;
  };
  ListLoss loss;
  auto other = after.entries.begin();
  for (const PolicyList::Entry& entry : before.entries) {
    const std::string_view name = before.domain(entry);
    while (other != after.entries.end() && after.domain(*other) < name)
      ++other;
    const bool listed = other != after.entries.end() && after.domain(*other) == name;
    const bool was_enforced = enforced(before, entry);
    ++loss.domains;
    if (was_enforced) ++loss.enforced;
    if (!listed) ++loss.lost_domains;
    if (was_enforced && !(listed && enforced(after, *other))) ++loss.lost_enforced;
  }
  return loss;
}

bool shrinks_too_much(const ListLoss& loss, unsigned max_percent) {
  return is_over(loss.lost_domains, loss.domains, max_percent) ||
         is_over(loss.lost_enforced, loss.enforced, max_percent);
}

void each_downgrade(const Snapshot& before, const Snapshot& after,
                    const std::function<void(const Downgrade&)>& visit) {
  std::size_t other = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const std::string_view key = before.key_text(i);
    const Level level = before.ruling(i).level;
    if (compare_strength(level, Level::may) <= 0) continue;
    while (other < after.size() && after.key_text(other) < key)
      ++other;
    const bool there = other < after.size() && after.key_text(other) == key;
    const auto now = there ? std::optional{after.ruling(other).level} : level_for(after, key);
    if (is_weaker(now, level)) visit({.before = before.entry(i), .after = now});
  }
}

ClockVerdict judge_clock(Time last_run, Time now, bool synchronised) {
  if (now + kClockTolerance < last_run) return ClockVerdict::backwards;
  if (now - last_run > kTrustedAbsence && !synchronised) return ClockVerdict::far_behind;
  return ClockVerdict::good;
}

}  // namespace tlspact
