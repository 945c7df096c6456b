// SPDX-License-Identifier: MIT
/// DrillTrust: the drill's own authority among those that a mail server trusts.
#pragma once

#include <filesystem>
#include <set>

#include "policy/result.h"
#include "smtp/receiver/certificates.h"

namespace tlspact {

/// Shows, in this mount namespace, copies of trust stores that hold the drill's authority as well.
/// A store that is not there, or holds nothing, stays so.
class DrillTrust {
 public:
  /// `work`: where the copies lie.
  DrillTrust(std::filesystem::path work, Credential authority)
      : work_(std::move(work)), authority_(std::move(authority)) {}

  /// A PEM file.
  [[nodiscard]] Result<void> add_to_file(const std::filesystem::path& file);
  /// A directory with hashed names, as OpenSSL reads it.
  [[nodiscard]] Result<void> add_to_directory(const std::filesystem::path& directory);
  /// The same where the directory is a copy of ours already: nothing is mounted.
  [[nodiscard]] Result<void> write_into(const std::filesystem::path& directory) const;

 private:
  [[nodiscard]] std::filesystem::path next_place();

  std::filesystem::path work_;
  Credential authority_;
  std::set<std::filesystem::path> done_;
};

}  // namespace tlspact
