// SPDX-License-Identifier: MIT
/// The file of the snapshot that was published last.
///
/// It is loaded as a whole (read_snapshot), or answered from where it lies (mapped_snapshot.h). The
/// parts of the file, for machines of the same byte order (generators/table/parts_file.h):
///
///   moment      when it was decided, 8 bytes
///   hash        the secret of the two indexes, 16 bytes
///   keys        where each key ends, 8 bytes; its ruling's number, 4; its index (key_index.h)
///   rulings     where each ends, 8 bytes
///   origins     where each ends, 8 bytes
///   negatives   where each key ends, 8 bytes; until when, 8; their index
///   options     how entries are rendered (live_options.h)
///   and the bytes of keys, rulings, origins and keys of negatives, each end to end
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "lookup/live_options.h"
#include "policy/result.h"
#include "policy/snapshot.h"

namespace tlspact {

/// A next-hop that was looked up and has no policy, and until when that is believed (RFC 2308; at
/// least 30 minutes).
struct Negative {
  std::string key;  ///< the text of a PolicyKey
  Time until;
};

/// Replaces the file by rename, mode 0644. Holds keys, rulings and origins as they lie in memory,
/// with a checksum, and what the answerer needs to find and render them; not the notices and the
/// inbound agreements. `negatives` ascend by their keys, each once. Not flushed to disk before the
/// rename: what a crash of the machine leaves does not have its checksum and reads as damaged.
[[nodiscard]] Result<void> write_snapshot(const std::filesystem::path& file,
                                          const Snapshot& snapshot, const LiveOptions& options,
                                          std::span<const Negative> negatives = {});

/// Errors: no_input, there is none; bad_input, it is damaged or of another version.
[[nodiscard]] Result<Snapshot> read_snapshot(const std::filesystem::path& file);

/// How its entries are rendered, without reading the rest. Errors as of read_snapshot().
[[nodiscard]] Result<LiveOptions> read_snapshot_options(const std::filesystem::path& file);

/// Whether it is there and whole, by its checksum. Errors: no_input, bad_input.
[[nodiscard]] Result<void> check_snapshot(const std::filesystem::path& file);

/// The parts of the file by name, for its readers.
enum class SnapshotPart : std::uint8_t {
  moment,
  hash,
  key_ends,
  ruling_ends,
  origin_ends,
  negative_ends,
  negative_until,
  ruling_numbers,
  key_slots,
  negative_slots,
  keys,
  rulings,
  origins,
  negatives,
  options,
};
inline constexpr std::size_t kSnapshotParts = static_cast<std::size_t>(SnapshotPart::options) + 1;
inline constexpr std::string_view kSnapshotKind = "tlspact snapshot 4";

}  // namespace tlspact
