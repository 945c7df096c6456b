// SPDX-License-Identifier: MIT
/// What the agreements ask of mail to us, for Exim: list files beside the outbound map, which the
/// ACL of templates/exim/inbound_acl.conf reads anew for every message.
///
///     tls_inbound_networks   iplsearch  NET: REQUIREMENT, the most specific first
///     tls_inbound_senders    lsearch    DOMAIN: REQUIREMENT
///     tls_inbound_ccert      iplsearch  NET: ask, the clients to ask for a certificate
///
/// REQUIREMENT is `require=encrypt`, or `require=certificate fp=HEX:HEX` with the fingerprints that
/// pass at this place.
#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "generators/generator.h"

namespace tlspact {

/// All three files, always, because Exim answers 451 to everybody while one is missing. Pure.
[[nodiscard]] Generated render_exim_inbound(const Snapshot& snapshot,
                                            const GeneratorSettings::Exim& settings);

/// Where `tls_inbound_NAME` lies.
[[nodiscard]] inline std::filesystem::path exim_inbound_path(const std::filesystem::path& map,
                                                             const std::string& name) {
  return map.parent_path() / ("tls_inbound_" + name);
}

/// All three files.
[[nodiscard]] inline std::array<std::filesystem::path, 3> exim_inbound_paths(
    const std::filesystem::path& map) {
  return {exim_inbound_path(map, "networks"), exim_inbound_path(map, "senders"),
          exim_inbound_path(map, "ccert")};
}

}  // namespace tlspact
