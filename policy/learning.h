// SPDX-License-Identifier: MIT
/// Learning: what the evidence on its MX hosts says of a domain.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/candidate.h"
#include "policy/endpoint_memory.h"

namespace tlspact {

/// What is known of MX endpoints, by host and address.
class Endpoints {
 public:
  using Key = std::pair<std::string, std::string>;

  /// The one that is known, or a new one of that name.
  [[nodiscard]] EndpointMemory& at(const std::string& host, const std::string& address);
  [[nodiscard]] const EndpointMemory* find(const std::string& host,
                                           const std::string& address) const;
  void put(EndpointMemory memory);
  /// Every one of a host, in the order of their addresses.
  [[nodiscard]] std::vector<const EndpointMemory*> of_host(const std::string& host) const;
  [[nodiscard]] const std::map<Key, EndpointMemory>& all() const { return by_key_; }

 private:
  std::map<Key, EndpointMemory> by_key_;
};

/// The name of an endpoint's host in Evidence and EndpointMemory: with its port where that is not
/// the usual one, because another service may be there: "relay.example:587".
[[nodiscard]] std::string endpoint_host(const std::string& host, std::uint16_t port,
                                        std::uint16_t usual_port);

/// What is kept of a next-hop whose MX hosts are probed. A default one: never looked at.
struct LearnedDomain {
  std::string domain;  ///< the text of a PolicyKey that is no pattern
  std::vector<std::string>
      hosts;  ///< the MX set as it was last seen, as endpoint_host(); 10 at most
  /// The MX set when the evidence last said so: a forged one must not take its alarms away.
  std::vector<std::string> supporters;
  std::optional<Time> learned;  ///< since when mail to it is known to have TLS
  Time supported;               ///< of the evidence that last said so
  Time look_again;              ///< when its MX set is due to be looked up

  friend bool operator==(const LearnedDomain&, const LearnedDomain&) = default;
};

/// Brings `learned` up to what the evidence says at `now`. Pure.
///
/// - Learned: every MX host has an endpoint that is confirmed, and none whose last conclusive look
///   saw no TLS. An endpoint that was never reached (no route for IPv6) does not count against it.
/// - Once learned it stays, also when the MX set changes, which an attacker can bring about: until
///   `decay` has passed without support and no alarm stands, or until the operator's word.
[[nodiscard]] LearnedDomain learn(LearnedDomain domain, const Endpoints& endpoints,
                                  const LearnRules& rules, Time now);

/// Learned evidence as a candidate: `encrypt`. nullopt: nothing is learned. Names are never pinned:
/// they come from DNS that anybody may have forged.
[[nodiscard]] std::optional<Candidate> learned_candidate(const LearnedDomain& domain,
                                                         const Endpoints& endpoints,
                                                         const LearnRules& rules, Time now);

/// Whether TLS was had at any address of the host, see did_tls(): an attacker who answers DNS
/// chooses the address.
[[nodiscard]] bool host_did_tls(const Endpoints& endpoints, const std::string& host,
                                const LearnRules& rules, Time now);

/// Whether an endpoint of an MX host of the domain, or of those that it was learned by, stands
/// under alarm.
[[nodiscard]] bool has_alarm(const LearnedDomain& domain, const Endpoints& endpoints);

}  // namespace tlspact
