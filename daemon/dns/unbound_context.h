// SPDX-License-Identifier: MIT
/// A ub_ctx of libunbound, configured for a mail server. Not yet a resolver: unbound_resolver.h.
///
/// What it decides:
/// - Forwarding only; every answer is validated here (RFC 7672 section 2.1.3: an AD bit counts only
///   from a validator that is trusted by a secured path, and here none is).
/// - /etc/hosts is not read: what a mail server delivers to is in the DNS.
/// - Of the names that unbound answers by itself, "localhost", "invalid" and "onion" stay: no DNS
///   has them (RFC 6761, RFC 7686). "test", "home.arpa" and the private reverse zones are asked
///   for, because internal servers serve them.
/// - Answers over 1,232 bytes come over TCP; no upper- and lower-case games with the names; no
///   signals about trust anchors (RFC 8145).
/// - A stripped signature is bogus where the parent says that there is one; unsigned additional
///   records are dropped; denials are made from validated NSEC ranges (RFC 8198).
/// - A server that did not answer is tried again after a minute at most.
#pragma once

#include <unbound-event.h>
#include <unbound.h>

#include <memory>

#include "daemon/dns/dns_options.h"
#include "policy/result.h"

namespace tlspact {

struct UnboundDelete {
  void operator()(ub_ctx* context) const { ub_ctx_delete(context); }
};
using UnboundContext = std::unique_ptr<ub_ctx, UnboundDelete>;

/// `base` must outlive the context. A server that is not an address, a trust anchor or a
/// resolv.conf that cannot be read, and an option that libunbound refuses, are an Error.
[[nodiscard]] Result<UnboundContext> make_unbound_context(const DnsOptions& options,
                                                          ub_event_base* base);

/// The same for a new context in event mode that was made elsewhere.
[[nodiscard]] Result<void> configure_unbound(ub_ctx* context, const DnsOptions& options);

/// The addresses that `options` forwards to: its own, else those of its resolv.conf.
[[nodiscard]] Result<std::vector<std::string>> configured_servers(const DnsOptions& options);

}  // namespace tlspact
