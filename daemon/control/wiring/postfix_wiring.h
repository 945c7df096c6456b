// SPDX-License-Identifier: MIT
/// Whether Postfix consults our map, and whether its settings let an entry hold.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "daemon/control/wiring/agreed.h"
#include "daemon/control/wiring/finding.h"
#include "daemon/control/wiring/postfix_instance.h"
#include "generators/generator.h"
#include "generators/postfix/postfix_inbound.h"

namespace tlspact {

/// What the configuration of an instance is judged by.
struct PostfixExpectation {
  GeneratorSettings::Postfix settings;
  Agreements agreements;
  std::string ca_file;  ///< the store that is recommended: [tls] ca_file, or the system's
  /// The value of a key in a table of the instance; see query_postfix_table().
  std::function<Result<std::optional<std::string>>(const std::string& key,
                                                   const std::string& table)>
      query;
  InboundAgreements inbound = {};  ///< see check_inbound()
  std::string live = {};           ///< [live] socketmap
};

/// All that check says of one instance: the parts below, postfix_routing.h and
/// postfix_inbound_wiring.h. Looks at files
/// (maps, CA files, sockets), asks tables by `query`, changes nothing.
[[nodiscard]] Findings postfix_wiring(const PostfixInstance& instance,
                                      const PostfixExpectation& expected);

/// The map: consulted or not, what stands before it, `-o` overrides, sockets.
[[nodiscard]] Findings check_policy_maps(const PostfixInstance& instance,
                                         const PostfixExpectation& expected);
/// Parameters that undo a policy: levels, digest, DNSSEC, CA store, TLS-Required.
[[nodiscard]] Findings check_tls_settings(const PostfixInstance& instance,
                                          const PostfixExpectation& expected);
/// ca_file of agreements and CApath, inside the chroot of smtp(8).
[[nodiscard]] Findings check_chroot(const PostfixInstance& instance,
                                    const PostfixExpectation& expected);
/// Services where people may send their password in clear.
[[nodiscard]] Findings check_clear_authentication(const PostfixInstance& instance);

}  // namespace tlspact
