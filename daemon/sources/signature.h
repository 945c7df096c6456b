// SPDX-License-Identifier: MIT
/// Verifying a detached OpenPGP signature with gpgv.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "daemon/sources/openpgp_key.h"
#include "policy/time.h"

namespace tlspact {

struct VerifiedSignature {
  std::string primary_key;  ///< fingerprint, one of the pinned ones
  std::string signing_key;  ///< fingerprint of the (sub)key that signed
  std::string user_id;      ///< as the key says; remote text, printable ASCII
  Time made;
};

/// Whether `signature_file` is a good signature of the bytes of `data_file` by one of the pinned
/// keys. gpgv's exit code is not trusted (it is 0 for expired keys and SHA-1): its status lines
/// are read. Refused (bad_input): a bad or missing signature, any other key, an expired or revoked
/// key or signature, a weak hash (MD5, SHA-1, RIPEMD-160), a signature over text or a key instead
/// of the file. Other errors: gpgv is missing or hangs. `scratch`: where its keyring is made, as
/// for TempDirectory.
[[nodiscard]] Result<VerifiedSignature> verify_signature(
    const std::filesystem::path& data_file, const std::filesystem::path& signature_file,
    const OpenPgpKey& key, const std::filesystem::path& scratch = {});

/// The rule itself, on what gpgv printed to --status-fd.
[[nodiscard]] Result<VerifiedSignature> judge_gpgv_status(std::string_view status,
                                                          const OpenPgpKey& key);

}  // namespace tlspact
