// SPDX-License-Identifier: MIT
#include "policy/inbound_rules.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace tlspact {
namespace {

constexpr std::size_t kMaxSlug = 40;
constexpr std::string_view kShared = "shared";

/// Letters and digits stay, lower-case; whatever is between them becomes one underscore.
std::string slug_of(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool plain = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (plain) {
      out += lower;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
    if (out.size() == kMaxSlug) break;
  }
  while (out.ends_with('_'))
    out.pop_back();
  return out.empty() ? "partner" : out;
}

/// Both MTAs take the client of an IPv4-mapped address for what it is, an IPv4 one.
Network as_client_address(const Network& network) {
  constexpr std::size_t kMapped = 12;
  constexpr std::uint8_t kMappedBits = 96;
  if (!network.ipv6 || network.prefix < kMappedBits) return network;
  Network mapped;
  mapped.address[10] = mapped.address[11] = 0xff;
  const auto& bytes = network.address;
  if (!std::equal(bytes.begin(), bytes.begin() + kMapped, mapped.address.begin())) return network;
  Network out;
  std::copy(bytes.begin() + kMapped, bytes.end(), out.address.begin());
  out.prefix = static_cast<std::uint8_t>(network.prefix - kMappedBits);
  return out;
}

using Claims = std::vector<std::size_t>;  // agreements by index, ascending, each once

class Merger {
 public:
  explicit Merger(const std::vector<std::shared_ptr<const Agreement>>& agreements)
      : agreements_(agreements) {}

  InboundRules merge() {
    std::map<Network, Claims> networks;
    std::map<Domain, Claims> domains;
    for (std::size_t i = 0; i < agreements_.size(); ++i) {
      if (asks_certificate(i)) party_of({i});
      for (const Network& each : inbound(i).networks)
        claim(networks[as_client_address(each)], i);
      for (const Domain& each : inbound(i).sender_domains)
        claim(domains[each], i);
    }
    for (const auto& [network, claims] : networks)
      out_.networks.emplace_back(network, requirement_of(claims, network.text()));
    for (const auto& [domain, claims] : domains)
      out_.sender_domains.emplace_back(domain, requirement_of(claims, domain.text()));
    std::ranges::stable_sort(out_.networks, std::ranges::greater{},
                             [](const auto& each) { return each.first.prefix; });
    return std::move(out_);
  }

 private:
  [[nodiscard]] const InboundAgreement& inbound(std::size_t agreement) const {
    return *agreements_[agreement]->inbound;
  }
  [[nodiscard]] bool asks_certificate(std::size_t agreement) const {
    return inbound(agreement).require == InboundAgreement::Require::client_certificate;
  }

  static void claim(Claims& claims, std::size_t agreement) {
    if (claims.empty() || claims.back() != agreement) claims.push_back(agreement);
  }

  InboundRequirement requirement_of(const Claims& claims, const std::string& place) {
    Claims asking;
    std::ranges::copy_if(claims, std::back_inserter(asking),
                         [this](std::size_t each) { return asks_certificate(each); });
    if (asking.empty()) return std::nullopt;
    const std::size_t party = party_of(asking);
    if (claims.size() > 1) warn_of_shared(claims, asking, place);
    return party;
  }

  void warn_of_shared(const Claims& claims, const Claims& asking, const std::string& place) {
    out_.notices.push_back(
        {Severity::warning, place,
         "mail from here is promised by several agreements (" + names(claims) +
             "), and the client certificate of any of these passes: " + names(asking)});
  }

  [[nodiscard]] std::string names(const Claims& claims) const {
    std::string out;
    for (const std::size_t each : claims) {
      if (!out.empty()) out += ", ";
      out += quote(agreements_[each]->partner) + " at " + agreements_[each]->position.text();
    }
    return out;
  }

  std::size_t party_of(const Claims& asking) {
    const auto [known, is_new] = parties_.try_emplace(asking, out_.parties.size());
    if (!is_new) return known->second;
    InboundParty party;
    party.slug = unique(asking.size() == 1 ? slug_of(agreements_[asking.front()]->partner)
                                           : std::string{kShared});
    for (const std::size_t each : asking) {
      party.partners.push_back(agreements_[each]->partner);
      std::ranges::copy(inbound(each).fingerprints, std::back_inserter(party.fingerprints));
    }
    std::ranges::sort(party.fingerprints);
    const auto repeated = std::ranges::unique(party.fingerprints);
    party.fingerprints.erase(repeated.begin(), repeated.end());
    out_.parties.push_back(std::move(party));
    return known->second;
  }

  std::string unique(const std::string& slug) {
    std::string out = slug;
    for (unsigned number = 2; !slugs_.insert(out).second; ++number)
      out = slug + "_" + std::to_string(number);
    return out;
  }

  const std::vector<std::shared_ptr<const Agreement>>& agreements_;
  std::map<Claims, std::size_t> parties_;
  std::set<std::string> slugs_;
  InboundRules out_;
};

}  // namespace

bool InboundRules::certificate_from_anywhere() const {
  return std::ranges::any_of(sender_domains,
                             [](const auto& each) { return each.second.has_value(); });
}

InboundRules inbound_rules(const std::vector<std::shared_ptr<const Agreement>>& agreements) {
  return Merger{agreements}.merge();
}

}  // namespace tlspact
