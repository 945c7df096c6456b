// SPDX-License-Identifier: MIT
#include "generators/row_delta.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tlspact {
namespace {

struct Named {
  std::string subject;
  /// Where it stands among the texts of its subject. Those of one subject come from one side: it is
  /// as it was, or all of its notices are given anew.
  std::size_t place = 0;
};

/// One text: who is named, and how many more there are.
struct Group {
  std::vector<Named> named;  ///< ascending by subject
  std::size_t more = 0;
};

using Groups = std::map<std::pair<Severity, std::string>, Group>;

/// False: somebody else would have to be named now.
bool take_out(Groups& groups, const Notice& notice) {
  const auto found = groups.find({notice.severity, notice.text});
  if (found == groups.end()) return false;
  Group& group = found->second;
  const auto named = std::ranges::find(group.named, notice.subject, &Named::subject);
  if (named != group.named.end()) {
    group.named.erase(named);
    return group.more == 0;
  }
  if (group.more == 0) return false;
  --group.more;
  return true;
}

void put_in(Groups& groups, const Notice& notice, std::size_t place) {
  Group& group = groups[{notice.severity, notice.text}];
  if (group.named.size() == NoticeTally::kKept && notice.subject > group.named.back().subject) {
    ++group.more;
    return;
  }
  group.named.insert(std::ranges::lower_bound(group.named, notice.subject, {}, &Named::subject),
                     {notice.subject, place});
  if (group.named.size() <= NoticeTally::kKept) return;
  group.named.pop_back();
  ++group.more;
}

}  // namespace

std::optional<Notices> adjust_notices(const Notices& before, const Notices& gone,
                                      const Notices& come) {
  Groups groups;
  std::size_t place = 0;
  for (const Notice& each : before) {
    Group& group = groups[{each.severity, each.text}];
    group.named.push_back({each.subject, place++});
    group.more += each.more;
  }
  if (!std::ranges::all_of(gone, [&](const Notice& each) { return take_out(groups, each); }))
    return std::nullopt;
  for (const Notice& each : come)
    put_in(groups, each, place++);
  std::vector<std::pair<std::size_t, Notice>> placed;
  for (const auto& [text, group] : groups) {
    for (const auto& [subject, at] : group.named)
      placed.push_back({at, {text.first, subject, text.second, 0}});
    if (group.more > 0) placed.back().second.more = group.more;
  }
  std::ranges::sort(placed, {}, [](const auto& each) {
    return std::pair{std::string_view{each.second.subject}, each.first};
  });
  Notices out;
  for (auto& [at, notice] : placed)
    out.push_back(std::move(notice));
  return out;
}

}  // namespace tlspact
