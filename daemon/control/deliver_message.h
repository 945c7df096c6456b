// SPDX-License-Identifier: MIT
/// deliver_message(): one message to its recipients by the reference delivery path, by the policy
/// that is in force for each of their domains.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/config/config.h"
#include "policy/decision.h"
#include "policy/notice.h"
#include "policy/policy_key.h"
#include "policy/result.h"
#include "smtp/delivery/delivery.h"
#include "smtp/session/mail_address.h"
#include "smtp/session/message.h"

namespace tlspact {

struct DeliveryJob {
  std::optional<MailAddress> sender;  ///< nullopt: the null reverse-path
  std::vector<MailAddress> recipients;
  std::optional<PolicyKey> via;  ///< a next-hop for all of them, as in a transport map
  /// Instead of what DNS says: the one MX host, and where it is.
  std::optional<std::pair<Domain, boost::asio::ip::address>> mx;
  std::optional<Level> level;  ///< instead of what is in force
  std::uint16_t port = 25;
  bool requiretls = false;
  bool chunking = true;
  std::string notify;
  std::string client_certificate;  ///< PEM file; empty: none, or that of the policy
  std::string client_key;
  std::string ca_file;  ///< PEM; empty: the system's store
};

/// What became of the recipients of one next-hop.
struct DomainDelivery {
  std::string next_hop;
  std::string policy;  ///< "secure by MTA-STS", for people
  DeliveryReport report;
  Notices notices;  ///< TLSRPT events that were lost
};

/// What is in force for a next-hop.
using Decide = std::function<Decision(const PolicyKey&)>;

/// One next-hop after the other. Blocks until all of them are done, by the deadlines of the
/// sessions. Errors: no trust anchor or CA file that can be read, no resolver. `did_tls` is given
/// an endpoint_host(), and may be empty.
[[nodiscard]] Result<std::vector<DomainDelivery>> deliver_message(const Config& config,
                                                                  const DeliveryJob& job,
                                                                  const Message& message,
                                                                  const Decide& decide,
                                                                  const TlsMemory& did_tls);

}  // namespace tlspact
