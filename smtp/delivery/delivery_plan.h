// SPDX-License-Identifier: MIT
/// plan_delivery(): in which order which addresses of which MX hosts are tried, and what TLS must
/// be like at each.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <functional>
#include <string>
#include <vector>

#include "policy/policy_key.h"
#include "policy/tls_policy.h"
#include "smtp/mx_lookup.h"
#include "smtp/outcome.h"
#include "smtp/session/session.h"
#include "smtp/tls/host_policy.h"

namespace tlspact {

struct DeliveryAttempt {
  std::string host;  ///< the MX host, or an address literal with its brackets
  boost::asio::ip::address address;
  HostPolicy policy;
};

struct DeliveryPlan {
  std::vector<DeliveryAttempt> attempts;  ///< in order
  /// Of hosts that are not tried at all, and why; at a host or of the whole domain.
  std::vector<Outcome> passed_over;
  /// The domain takes no mail: null MX or NXDOMAIN (design.md section 11). No attempts then.
  bool permanent = false;
};

/// A number below its argument, which is above 0: the delivery's chance, injected.
using Chance = std::function<std::size_t(std::size_t)>;

/// RFC 5321 section 5.1: by preference, hosts of equal preference in random order; every address of
/// a host. `policy` nullptr: opportunistic. With `requiretls` only hosts that are authenticated are
/// tried (RFC 8689 section 4.2.1). Pure but for `chance`.
[[nodiscard]] DeliveryPlan plan_delivery(const MxLookup& lookup, const PolicyKey& next_hop,
                                         const TlsPolicy* policy, bool requiretls,
                                         const Chance& chance);

}  // namespace tlspact
