// SPDX-License-Identifier: MIT
/// deliver(): one message along a DeliveryPlan, with every rule for what follows a failure.
///
/// Not a queue: what is deferred is for the caller to try again.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "smtp/delivery/delivery_plan.h"
#include "smtp/session/session.h"
#include "smtp/transcript/transcript.h"

namespace tlspact {

/// Whether evidence says that TLS was had with this address of this MX host before.
using TlsMemory = std::function<bool(const std::string& host, const boost::asio::ip::address&)>;

/// The connection for one session.
using ChannelMaker = std::function<std::unique_ptr<SessionChannel>(const SessionRequest&)>;

struct DeliveryOptions {
  std::string helo;
  std::uint16_t port = 25;
  SessionDeadlines deadlines;
  TlsMemory did_tls;          ///< empty: nothing is remembered
  ChannelMaker connect;       ///< not empty
  std::function<Time()> now;  ///< not empty
};

struct DeliveryReport {
  std::vector<RecipientResult> recipients;  ///< in the order of the envelope
  std::vector<Outcome> passed_over;         ///< hosts that were not tried, and why
  std::vector<Transcript> sessions;         ///< in the order in which they were held
  /// Hosts that did TLS before and did not now: "mx1.acme.example (192.0.2.1): …". Never empty when
  /// a fallback to clear text was refused for that reason.
  std::vector<std::string> alarms;
};

/// - Addresses in order; recipients that are delivered or refused leave, the others go on to the
///   next one, whatever the failure was. A 5xx is final only as an answer to MAIL, RCPT, DATA or
///   the message; TLS never is (RFC 7672 section 2.2, RFC 8461 section 5).
/// - A client certificate that is turned down: once more without it.
/// - An opportunistic session that failed at TLS: in clear, after all other addresses were tried,
///   and never to a host of which `did_tls` says yes: that is an alarm.
/// - An extension that the message needs and no host offers: refused (RFC 8689: 5.7.30).
///
/// `envelope.recipients` is not empty and of one next-hop; `trusted` is for the policies' ca_file.
[[nodiscard]] boost::asio::awaitable<DeliveryReport> deliver(const DeliveryPlan& plan,
                                                             Envelope envelope,
                                                             MessageFacts message,
                                                             const TrustStore& trusted,
                                                             const DeliveryOptions& options);

/// What holds for one message: with "TLS-Required: No" what a domain publishes is passed over,
/// unless the envelope has REQUIRETLS, and an agreement never is (RFC 8689 section 4.1, design.md
/// section 11). May return nullptr: opportunistic.
[[nodiscard]] const TlsPolicy* policy_for_message(const TlsPolicy* policy, bool is_agreement,
                                                  const MessageFacts& message, bool requiretls);

}  // namespace tlspact
