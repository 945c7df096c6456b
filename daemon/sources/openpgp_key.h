// SPDX-License-Identifier: MIT
/// The publisher's public key as it lies in a file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "policy/result.h"

namespace tlspact {

/// Transferable public keys (RFC 4880 section 11.1), version 4.
struct OpenPgpKey {
  std::string binary;                     ///< without armor, as gpgv's keyring wants it
  std::vector<std::string> primary_keys;  ///< fingerprints, 40 upper-case hex digits, at least one

  /// Reads a key file, armored (RFC 4880 section 6) or binary. An Error names the file.
  [[nodiscard]] static Result<OpenPgpKey> load(const std::filesystem::path& file);

  /// `file` is for messages only.
  [[nodiscard]] static Result<OpenPgpKey> parse(const std::string& bytes, const std::string& file);
};

}  // namespace tlspact
