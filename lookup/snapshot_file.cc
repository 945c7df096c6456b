// SPDX-License-Identifier: MIT
#include "lookup/snapshot_file.h"

#include <array>
#include <cstdint>
#include <utility>

#include "generators/table/parts_file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKind = "tlspact snapshot 2";

TextPool pool_of(std::string& bytes, const std::string& ends) {
  return TextPool::of(std::move(bytes), numbers_of<std::uint64_t>(ends));
}

}  // namespace

Result<void> write_snapshot(const fs::path& file, const Snapshot& snapshot) {
  constexpr unsigned kMode = 0644;
  const std::vector<std::int64_t> decided_at{snapshot.decided_at.time_since_epoch().count()};
  const std::array<std::string_view, 8> parts{number_part(decided_at),
                                              snapshot.keys().bytes(),
                                              number_part(snapshot.keys().ends()),
                                              snapshot.rulings().bytes(),
                                              number_part(snapshot.rulings().ends()),
                                              snapshot.origins().bytes(),
                                              number_part(snapshot.origins().ends()),
                                              number_part(snapshot.ruling_numbers())};
  return write_parts(file, kKind, parts, kMode);
}

Result<Snapshot> read_snapshot(const fs::path& file) {
  auto read = read_parts(file, kKind, 8);
  if (!read) return std::unexpected(read.error());
  std::vector<std::string>& part = *read;
  const auto decided_at = numbers_of<std::int64_t>(part[0]);
  Snapshot::Parts parts{.keys = pool_of(part[1], part[2]),
                        .rulings = pool_of(part[3], part[4]),
                        .origins = pool_of(part[5], part[6]),
                        .ruling_of = numbers_of<std::uint32_t>(part[7])};
  const bool good = decided_at.size() == 1 && parts.keys.is_whole() && parts.rulings.is_whole() &&
                    parts.origins.is_whole() && parts.ruling_of.size() == parts.keys.size();
  if (!good) return fail(Errc::bad_input, file.string() + ": is not a whole snapshot");
  return Snapshot::of(std::move(parts), Time{Seconds{decided_at[0]}});
}

}  // namespace tlspact
