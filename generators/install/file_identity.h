// SPDX-License-Identifier: MIT
/// Whose a file is, and whether it is still the same one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "generators/table/file.h"
#include "policy/result.h"

namespace tlspact {

/// Tells a file from every other that has stood at its path: another inode, size or modification
/// time is another file. Against accidents, not against somebody who forges times.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified = 0;  ///< nanoseconds since 1970

  /// nullopt: there is no regular file.
  [[nodiscard]] static std::optional<FileIdentity> of(const std::filesystem::path& path);

  /// "DEVICE INODE SIZE MODIFIED", and back.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] static std::optional<FileIdentity> parse(const std::string& text);

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// Gives `fresh` the owner, group, mode and SELinux label of `model`, which it will replace. What
/// this process may not give away stays as it is, unless the MTA could then not read the file: a
/// `model` that others may not read must pass on its group, else it is an Error (io).
[[nodiscard]] Result<void> take_ownership(const std::filesystem::path& fresh,
                                          const std::filesystem::path& model);

/// Copies a file to `to`, which is replaced by rename, so that it is whole or not there (after a
/// crash of the machine it may be neither: it is not flushed to disk). Keeps the modification time.
/// A copy, never a link: Postfix watches the link count of the file that it holds open.
[[nodiscard]] Result<void> copy_whole_file(const std::filesystem::path& from,
                                           const std::filesystem::path& to);

}  // namespace tlspact
