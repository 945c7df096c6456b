// SPDX-License-Identifier: MIT
/// Which agreements can never apply because Postfix hands the mail to another next-hop.
#pragma once

#include "daemon/control/wiring/postfix_wiring.h"

namespace tlspact {

/// Postfix looks a policy up by the next-hop, not by the recipient's domain. For each domain of an
/// agreement this follows transport_maps, mydestination, relayhost and default_transport as
/// trivial-rewrite(8) does for a recipient of that domain without an entry of its own; for each
/// next-hop with brackets or a port it looks whether a setting names it. sender_dependent_* cannot
/// be followed without a sender, and is a note.
[[nodiscard]] Findings check_routing(const PostfixInstance& instance,
                                     const PostfixExpectation& expected);

/// "transport:next-hop", the result of transport_maps or the value of default_transport.
struct PostfixRoute {
  std::string transport;  ///< empty: unchanged
  std::string nexthop;    ///< empty: unchanged (with a transport: the recipient's domain)
};

[[nodiscard]] PostfixRoute parse_postfix_route(std::string_view text);

}  // namespace tlspact
