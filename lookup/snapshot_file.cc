// SPDX-License-Identifier: MIT
#include "lookup/snapshot_file.h"

#include <array>
#include <utility>
#include <vector>

#include "generators/table/mapped_file.h"
#include "generators/table/parts_file.h"
#include "lookup/key_index.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

using Parts = std::vector<std::string>;

std::string& part(Parts& parts, SnapshotPart which) {
  return parts[static_cast<std::size_t>(which)];
}

TextPool pool_of(std::string& bytes, const std::string& ends) {
  return TextPool::of(std::move(bytes), numbers_of<std::uint64_t>(ends));
}

struct NegativeParts {
  TextPool keys;
  std::vector<std::int64_t> until;
  KeySlots slots;
};

NegativeParts negative_parts(std::span<const Negative> negatives, const HashSecret& secret) {
  NegativeParts out;
  for (const Negative& each : negatives) {
    out.keys.add(each.key);
    out.until.push_back(each.until.time_since_epoch().count());
  }
  out.slots = make_key_slots(out.keys, secret);
  return out;
}

}  // namespace

Result<void> write_snapshot(const fs::path& file, const Snapshot& snapshot,
                            const LiveOptions& options, std::span<const Negative> negatives) {
  constexpr unsigned kMode = 0644;
  const std::vector<std::int64_t> moment{snapshot.decided_at.time_since_epoch().count()};
  const HashSecret secret = HashSecret::random();
  const std::vector<std::uint64_t> hash{secret.words.begin(), secret.words.end()};
  const KeySlots slots = make_key_slots(snapshot.keys(), secret);
  const NegativeParts none = negative_parts(negatives, secret);
  const std::string rendering = encode_live_options(options);
  const std::array<std::string_view, kSnapshotParts> parts{number_part(moment),
                                                           number_part(hash),
                                                           number_part(snapshot.keys().ends()),
                                                           number_part(snapshot.rulings().ends()),
                                                           number_part(snapshot.origins().ends()),
                                                           number_part(none.keys.ends()),
                                                           number_part(none.until),
                                                           number_part(snapshot.ruling_numbers()),
                                                           number_part(slots),
                                                           number_part(none.slots),
                                                           snapshot.keys().bytes(),
                                                           snapshot.rulings().bytes(),
                                                           snapshot.origins().bytes(),
                                                           none.keys.bytes(),
                                                           rendering};
  return write_parts(file, kSnapshotKind, parts, kMode);
}

Result<Snapshot> read_snapshot(const fs::path& file) {
  using enum SnapshotPart;
  auto read = read_parts(file, kSnapshotKind, kSnapshotParts);
  if (!read) return std::unexpected(read.error());
  const auto decided_at = numbers_of<std::int64_t>(part(*read, moment));
  Snapshot::Parts parts{.keys = pool_of(part(*read, keys), part(*read, key_ends)),
                        .rulings = pool_of(part(*read, rulings), part(*read, ruling_ends)),
                        .origins = pool_of(part(*read, origins), part(*read, origin_ends)),
                        .ruling_of = numbers_of<std::uint32_t>(part(*read, ruling_numbers))};
  const bool good = decided_at.size() == 1 && parts.keys.is_whole() && parts.rulings.is_whole() &&
                    parts.origins.is_whole() && parts.ruling_of.size() == parts.keys.size();
  if (!good) return fail(Errc::bad_input, file.string() + ": is not a whole snapshot");
  return Snapshot::of(std::move(parts), Time{Seconds{decided_at[0]}});
}

Result<LiveOptions> read_snapshot_options(const fs::path& file) {
  const auto mapped = MappedFile::open(file);
  if (!mapped) return std::unexpected(mapped.error());
  const auto parts = parts_within(mapped->bytes(), kSnapshotKind, kSnapshotParts);
  if (!parts) return std::unexpected(parts.error());
  return decode_live_options((*parts)[static_cast<std::size_t>(SnapshotPart::options)]);
}

Result<void> check_snapshot(const fs::path& file) {
  return check_parts(file, kSnapshotKind, kSnapshotParts);
}

}  // namespace tlspact
