// SPDX-License-Identifier: MIT
/// MtaResolver: the resolver that a mail server asks through the C library, and whether DANE can
/// rest on its word.
///
/// Not ours: tlspact validates itself ([dns]), but the mail server looks TLSA up once more.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "daemon/dns/ad_bit.h"

namespace tlspact {

struct MtaResolver {
  std::filesystem::path file;  ///< the resolv.conf that the mail server reads
  std::string server;          ///< its first name server, which all questions go to first
  bool loopback = false;       ///< that is on this machine
  bool trusts_ad = false;      ///< "options trust-ad"
  AdBit ad = AdBit::unknown;   ///< of that server
};

/// Reads the file; one that is missing is as an empty one, as for the C library. Nothing is asked.
[[nodiscard]] MtaResolver read_mta_resolver(const std::filesystem::path& file);

/// The same, and asks that server; see ask_ad_bit().
[[nodiscard]] MtaResolver ask_mta_resolver(
    const std::filesystem::path& file,
    std::chrono::milliseconds deadline = std::chrono::seconds{3});

/// Why DANE cannot rest on it, for people; empty: it can; nullopt: that is not known. Postfix sets
/// RES_TRUSTAD itself, Exim does not.
[[nodiscard]] std::optional<std::string> fault_for_postfix(const MtaResolver& resolver);
[[nodiscard]] std::optional<std::string> fault_for_exim(const MtaResolver& resolver);

}  // namespace tlspact
