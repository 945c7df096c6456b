// SPDX-License-Identifier: MIT
/// PublicSuffixes: who runs a host, as far as its name tells.
#pragma once

#include <memory>
#include <string>

namespace tlspact {

/// The public suffix list of the machine (libpsl). Immutable, for any thread.
class PublicSuffixes {
 public:
  PublicSuffixes();

  /// The registrable domain of a host in normal form: "google.com" of "alt1.aspmx.l.google.com".
  /// The host itself where there is none: a public suffix, an address literal.
  [[nodiscard]] std::string operator_of(const std::string& host) const;

 private:
  std::shared_ptr<const void> list_;  ///< a psl_ctx_t
};

}  // namespace tlspact
