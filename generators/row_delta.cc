// SPDX-License-Identifier: MIT
#include "generators/row_delta.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tlspact {
namespace {

/// One text: who is named, and how many more there are.
struct Group {
  std::vector<std::string> named;  ///< ascending
  std::size_t more = 0;
};

using Groups = std::map<std::pair<Severity, std::string>, Group>;

/// False: somebody else would have to be named now.
bool take_out(Groups& groups, const Notice& notice) {
  const auto found = groups.find({notice.severity, notice.text});
  if (found == groups.end()) return false;
  Group& group = found->second;
  const auto named = std::ranges::find(group.named, notice.subject);
  if (named != group.named.end()) {
    group.named.erase(named);
    return group.more == 0;
  }
  if (group.more == 0) return false;
  --group.more;
  return true;
}

void put_in(Groups& groups, const Notice& notice) {
  Group& group = groups[{notice.severity, notice.text}];
  if (group.named.size() == NoticeTally::kKept && notice.subject > group.named.back()) {
    ++group.more;
    return;
  }
  group.named.insert(std::ranges::lower_bound(group.named, notice.subject), notice.subject);
  if (group.named.size() <= NoticeTally::kKept) return;
  group.named.pop_back();
  ++group.more;
}

}  // namespace

std::optional<Notices> adjust_notices(const Notices& before, const Notices& gone,
                                      const Notices& come) {
  Groups groups;
  for (const Notice& each : before) {
    Group& group = groups[{each.severity, each.text}];
    group.named.push_back(each.subject);
    group.more += each.more;
  }
  if (!std::ranges::all_of(gone, [&](const Notice& each) { return take_out(groups, each); }))
    return std::nullopt;
  for (const Notice& each : come)
    put_in(groups, each);
  Notices out;
  for (const auto& [text, group] : groups) {
    for (const std::string& subject : group.named)
      out.push_back({text.first, subject, text.second, 0});
    if (group.more > 0) out.back().more = group.more;
  }
  std::ranges::stable_sort(out, {}, &Notice::subject);
  return out;
}

}  // namespace tlspact
