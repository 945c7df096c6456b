// SPDX-License-Identifier: MIT
#include "lookup/answer.h"

#include <utility>

#include "generators/exim/exim_entry.h"
#include "generators/exim/exim_grammar.h"
#include "generators/postfix/postfix_entry.h"

namespace tlspact {
namespace {

std::optional<SnapshotEntry> find_valid(const Snapshot& snapshot, std::string_view key, Time now) {
  auto entry = snapshot.find(key);
  if (entry && !entry->holds_at(now)) entry.reset();
  return entry;
}

/// The value for the key itself or for the nearest pattern that covers it; nullopt: none. A domain
/// whose only entry is the one on its own subdomains is not covered.
std::optional<std::string> exim_value(const Snapshot& snapshot, std::string_view key,
                                      const EximOptions& options, Time now) {
  if (const auto own = find_valid(snapshot, key, now)) {
    if (auto value = render_exim_entry(*own, options).value) return value;
  }
  return exim_parent_value(snapshot, key, options, now);
}

}  // namespace

Answer answer_postfix(const Snapshot& snapshot, std::string_view key, const PostfixOptions& options,
                      Time now) {
  const auto entry = find_valid(snapshot, key, now);
  if (!entry) return {.found = false, .text = "NOTFOUND "};
  auto value = render_postfix_entry(*entry, options).value;
  if (!value) return {.found = false, .text = "NOTFOUND "};
  return {.found = true, .text = "OK " + *std::move(value)};
}

Answer answer_exim(const Snapshot& snapshot, std::string_view key, const EximOptions& options,
                   Time now) {
  auto value = exim_value(snapshot, key, options, now);
  if (!value) return {.found = false, .text = std::string{kEximDefault}};
  return {.found = true, .text = *std::move(value)};
}

}  // namespace tlspact
