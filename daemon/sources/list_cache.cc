// SPDX-License-Identifier: MIT
#include "daemon/sources/list_cache.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "generators/table/parts_file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

/// The number grows when the parser, its rules or the code of a policy change.
constexpr std::string_view kKind = "tlspact list 1";

bool is_whole(const PolicyList& list) {
  return list.names.is_whole() && list.codes.is_whole() && list.codes.size() == list.modes.size() &&
         std::ranges::all_of(list.entries, [&](const PolicyList::Entry& entry) {
           return entry.name < list.names.size() && entry.policy < list.codes.size();
         });
}

}  // namespace

fs::path list_cache_path(const fs::path& list_file) {
  return list_file.string() + ".parsed";
}

Result<void> write_list_cache(const fs::path& file, const PolicyList& list) {
  constexpr unsigned kMode = 0640;
  const std::vector<std::int64_t> times{list.timestamp.time_since_epoch().count(),
                                        list.expires.time_since_epoch().count()};
  const std::array<std::string_view, 8> parts{
      number_part(times),      list.author,
      list.names.bytes(),      number_part(list.names.ends()),
      list.codes.bytes(),      number_part(list.codes.ends()),
      number_part(list.modes), number_part(list.entries)};
  return write_parts(file, kKind, parts, kMode);
}

Result<PolicyList> read_list_cache(const fs::path& file) {
  auto read = read_parts(file, kKind, 8);
  if (!read) return std::unexpected(read.error());
  std::vector<std::string>& part = *read;
  const auto times = numbers_of<std::int64_t>(part[0]);
  if (times.size() != 2) return fail(Errc::bad_input, file.string() + ": is not a whole list");
  PolicyList list{.author = std::move(part[1]),
                  .timestamp = Time{Seconds{times[0]}},
                  .expires = Time{Seconds{times[1]}},
                  .names = TextPool::of(std::move(part[2]), numbers_of<std::uint64_t>(part[3])),
                  .modes = numbers_of<Mode>(part[6]),
                  .codes = TextPool::of(std::move(part[4]), numbers_of<std::uint64_t>(part[5])),
                  .entries = numbers_of<PolicyList::Entry>(part[7])};
  if (!is_whole(list)) return fail(Errc::bad_input, file.string() + ": is not a whole list");
  return list;
}

}  // namespace tlspact
