// SPDX-License-Identifier: MIT
/// tell_tlsrpt(): the events of a delivery for a TLSRPT collector.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "policy/decision.h"
#include "policy/notice.h"
#include "policy/policy_key.h"
#include "smtp/delivery/delivery.h"
#include "smtp/resolver.h"
#include "smtp/tlsrpt.h"

namespace tlspact {

/// What a delivery comes to, one event for every session that got as far as TLS, and for every host
/// that its policy ruled out. Pure.
[[nodiscard]] std::vector<TlsrptEvent> tlsrpt_events(const std::string& domain,
                                                     const std::string& record,
                                                     const Decision& decision,
                                                     const DeliveryReport& report);

/// Nothing is told of a domain without a "v=TLSRPTv1" record at _smtp._tls (RFC 8460 section 3).
/// What cannot be told becomes a warning: a report is not worth a delivery.
[[nodiscard]] boost::asio::awaitable<void> tell_tlsrpt(Resolver& resolver, std::string socket,
                                                       PolicyKey key, const Decision& decision,
                                                       const DeliveryReport& report,
                                                       Notices& notices);

}  // namespace tlspact
