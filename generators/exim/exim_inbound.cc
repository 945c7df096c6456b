// SPDX-License-Identifier: MIT
#include "generators/exim/exim_inbound.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "generators/exim/exim_inbound_grammar.h"
#include "policy/inbound_rules.h"

namespace tlspact {
namespace {

constexpr std::string_view kEncrypt = "require=encrypt";
constexpr std::string_view kAsk = "ask";

constexpr std::string_view kNetworksHead =
    "# Networks that promised TLS for mail to us, the most specific first. Made by tlspact "
    "generate.\n";
constexpr std::string_view kSendersHead =
    "# Sender domains that promised TLS for mail to us. Made by tlspact generate.\n";
constexpr std::string_view kAskHead =
    "# Clients that are asked for a certificate. Made by tlspact generate.\n";

std::string network_line(const Network& network, std::string_view value) {
  const std::string quotes = network.ipv6 ? "\"" : "";
  return quotes + network.text() + quotes + ": " + std::string{value};
}

class Inbound {
 public:
  Inbound(const Snapshot& snapshot, const GeneratorSettings::Exim& settings)
      : settings_(settings), rules_(inbound_rules(snapshot.inbound)) {}

  Generated render() {
    out_.notices = rules_.notices;
    for (const InboundParty& party : rules_.parties)
      values_.push_back(value_of(party));
    add_networks();
    add_senders();
    add_asked();
    return std::move(out_);
  }

 private:
  /// Exim computes the digest of the certificate, but not that of its key.
  std::string value_of(const InboundParty& party) {
    std::string list;
    for (const Fingerprint& each : party.fingerprints) {
      if (each.of == Fingerprint::Of::public_key) {
        alert_key(party);
        return std::string{kEncrypt};
      }
      list += (list.empty() ? "" : ":") + each.hex();
    }
    return "require=certificate fp=" + list;
  }

  void alert_key(const InboundParty& party) {
    for (const std::string& partner : party.partners)
      out_.notices.push_back(
          {Severity::alert, partner,
           "Exim cannot check the public key of a client certificate (spki-sha256): for mail to "
           "us only TLS is required; give sha256 fingerprints of the certificates instead"});
  }

  [[nodiscard]] const std::string& value_of(const InboundRequirement& requirement) const {
    static const std::string only_tls{kEncrypt};
    return requirement ? values_[*requirement] : only_tls;
  }

  void add_networks() {
    Artifact file = new_file("networks", kNetworksHead);
    for (const auto& [network, party] : rules_.networks)
      add_network(file, network, value_of(party));
    out_.artifacts.push_back(std::move(file));
  }

  void add_senders() {
    Artifact file = new_file("senders", kSendersHead);
    for (const auto& [domain, party] : rules_.sender_domains) {
      const std::string& value = value_of(party);
      const std::string line = domain.text() + ": " + value;
      const auto back = read_exim_sender_line(line);
      add_line(file, line, back && back->domain == domain && back->value == value);
    }
    out_.artifacts.push_back(std::move(file));
  }

  /// Certificates are asked for before the sender is known, so an agreement on a sender domain asks
  /// everybody.
  void add_asked() {
    Artifact file = new_file("ccert", kAskHead);
    for (const auto& [network, party] : rules_.networks) {
      if (value_of(party) != kEncrypt) add_network(file, network, kAsk);
    }
    const bool everybody = std::ranges::any_of(rules_.sender_domains, [this](const auto& each) {
      return value_of(each.second) != kEncrypt;
    });
    if (everybody) {
      Network ipv6;
      ipv6.ipv6 = true;
      add_network(file, Network{}, kAsk);
      add_network(file, ipv6, kAsk);
    }
    out_.artifacts.push_back(std::move(file));
  }

  void add_network(Artifact& file, const Network& network, std::string_view value) {
    const std::string line = network_line(network, value);
    const auto back = read_exim_network_line(line);
    add_line(file, line, back && back->network == network && back->value == value);
  }

  void add_line(Artifact& file, const std::string& line, bool reads_back) {
    if (!reads_back) {
      out_.notices.push_back({Severity::alert, quote(line),
                              "Exim would misread this inbound line, so it is left out"});
      return;
    }
    std::get<std::string>(file.content) += line + "\n";
    ++file.rows;
  }

  [[nodiscard]] Artifact new_file(const std::string& name, std::string_view head) const {
    return {.path = exim_inbound_path(settings_.map, name),
            .content = std::string{head},
            .mta = "Exim"};
  }

  const GeneratorSettings::Exim& settings_;
  InboundRules rules_;
  std::vector<std::string> values_;  // of the parties
  Generated out_;
};

}  // namespace

Generated render_exim_inbound(const Snapshot& snapshot, const GeneratorSettings::Exim& settings) {
  return Inbound{snapshot, settings}.render();
}

}  // namespace tlspact
