// SPDX-License-Identifier: MIT
#include "generators/postfix/postfix_inbound.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "generators/entry_rows.h"
#include "generators/postfix/postfix_inbound_grammar.h"
#include "policy/inbound_rules.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPlaintext = "reject_plaintext_session";

constexpr std::string_view kNetworksHead =
    "# Networks that promised TLS for mail to us, the most specific first. For\n"
    "#   smtpd_client_restrictions = check_client_access cidr:(this file), ...\n"
    "# Made by tlspact generate; smtpd reads it when it starts.\n";
constexpr std::string_view kSendersHead =
    "# Sender domains that promised TLS for mail to us. For\n"
    "#   smtpd_sender_restrictions = check_sender_access regexp:(this file), ...\n"
    "# Made by tlspact generate; smtpd reads it when it starts.\n";

fs::path beside(const fs::path& map, const std::string& name) {
  return map.parent_path() / ("tls_inbound_" + name);
}

fs::path certificates_path(const std::string& slug, const GeneratorSettings::Postfix& settings) {
  return beside(settings.map, "ccert_" + slug);
}

/// As Postfix writes a fingerprint, but in lower case.
std::string fingerprint_key(const Fingerprint& fingerprint) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : fingerprint.sha256) {
    if (!out.empty()) out += ':';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

std::string network_line(const Network& network, const std::string& action) {
  return network.text() + " " + action;
}

std::string sender_line(const Domain& domain, const std::string& action) {
  std::string out = "/@";
  for (const char c : domain.text()) {
    if (c == '.') out += '\\';
    out += c;
  }
  return out + "\\.?$/ " + action;
}

class Inbound {
 public:
  Inbound(const Snapshot& snapshot, const GeneratorSettings::Postfix& settings)
      : settings_(settings), rules_(inbound_rules(snapshot.inbound)) {}

  Generated render() {
    out_.notices = rules_.notices;
    add_text("networks", networks());
    add_text("senders", senders());
    for (const InboundParty& party : rules_.parties)
      add_certificates(party);
    return std::move(out_);
  }

 private:
  struct Text {
    std::string text;
    std::size_t rows = 0;
  };

  Text networks() {
    Text out{std::string{kNetworksHead}, 0};
    for (const auto& [network, party] : rules_.networks) {
      const std::string action = action_of(party);
      const std::string line = network_line(network, action);
      const auto back = read_postfix_network_line(line);
      add_line(out, line, back && back->network == network && back->action == action);
    }
    return out;
  }

  Text senders() {
    Text out{std::string{kSendersHead}, 0};
    for (const auto& [domain, party] : rules_.sender_domains) {
      const std::string action = action_of(party);
      const std::string line = sender_line(domain, action);
      const auto back = read_postfix_sender_line(line);
      add_line(out, line, back && back->domain == domain && back->action == action);
    }
    return out;
  }

  void add_line(Text& out, const std::string& line, bool reads_back) {
    if (!reads_back) {
      out_.notices.push_back({Severity::alert, quote(line),
                              "Postfix would misread this inbound line, so it is left out"});
      return;
    }
    out.text += line + "\n";
    ++out.rows;
  }

  void add_text(const std::string& name, Text table) {
    out_.artifacts.push_back({.path = beside(settings_.map, name),
                              .content = std::move(table.text),
                              .mta = "Postfix",
                              .read_at_start = true,
                              .rows = table.rows});
  }

  void add_certificates(const InboundParty& party) {
    std::set<Row> rows;  // a certificate and a key with one digest: one row
    for (const Fingerprint& fingerprint : party.fingerprints) {
      Row row{fingerprint_key(fingerprint), "OK"};
      if (check_postfix_fingerprint(row.key)) rows.insert(std::move(row));
    }
    const auto shared = fixed_rows({rows.begin(), rows.end()});
    for (const TableType type : settings_.types) {
      fs::path path = certificates_path(party.slug, settings_);
      path += table_extension(type);
      out_.artifacts.push_back({std::move(path), TableContent{type, shared}, "Postfix"});
    }
  }

  std::string action_of(const InboundRequirement& requirement) {
    if (!requirement) return std::string{kPlaintext};
    const InboundParty& party = rules_.parties[*requirement];
    std::string name = postfix_class_name(party.slug);
    const auto& known = settings_.options.restriction_classes;
    if (!known) return name;
    const auto found = known->find(name);
    if (found != known->end() && found->second == postfix_class_value(party.slug, settings_))
      return name;
    if (alerted_.insert(*requirement).second) alert_unknown(party, name);
    return std::string{kPlaintext};
  }

  void alert_unknown(const InboundParty& party, const std::string& name) {
    for (const std::string& partner : party.partners)
      out_.notices.push_back(
          {Severity::alert, partner,
           "the client certificate that is agreed for mail to us is not asked for, only TLS: "
           "main.cf has no class " +
               name +
               " as it must be, or does not ask for certificates and sha256 fingerprints; run "
               "tlspact init --apply, then tlspact generate"});
  }

  const GeneratorSettings::Postfix& settings_;
  InboundRules rules_;
  std::set<std::size_t> alerted_;
  Generated out_;
};

/// What only agreements that ask for certificates need.
void add_certificate_settings(const InboundRules& rules, const GeneratorSettings::Postfix& settings,
                              PostfixSettings& out) {
  using How = PostfixSetting::How;
  for (const InboundParty& party : rules.parties) {
    const std::string name = postfix_class_name(party.slug);
    out.push_back({"smtpd_restriction_classes", name, How::append,
                   "lets the inbound tables ask for a certificate"});
    out.push_back({name, postfix_class_value(party.slug, settings), How::set,
                   "TLS, and one of the agreed client certificates; what passes ends the list of "
                   "restrictions that names our table, and no other"});
  }
  if (rules.parties.empty()) return;
  out.push_back({"smtpd_tls_ask_ccert", "yes", How::set,
                 "asks clients for a certificate; one without stays welcome elsewhere"});
  out.push_back({"smtpd_tls_fingerprint_digest", "sha256", How::set,
                 "how fingerprints are written in the tables; else no certificate passes"});
}

}  // namespace

Generated render_postfix_inbound(const Snapshot& snapshot,
                                 const GeneratorSettings::Postfix& settings) {
  return Inbound{snapshot, settings}.render();
}

PostfixSettings postfix_inbound_settings(const InboundAgreements& agreements,
                                         const GeneratorSettings::Postfix& settings) {
  using How = PostfixSetting::How;
  const InboundRules rules = inbound_rules(agreements);
  PostfixSettings out;
  if (rules.empty()) return out;
  add_certificate_settings(rules, settings, out);
  out.push_back({"smtpd_client_restrictions", postfix_client_restriction(settings), How::prepend,
                 "refuses mail from an agreed network that does not keep the agreement; first, "
                 "because a permit before it would pass by it"});
  out.push_back({"smtpd_sender_restrictions", postfix_sender_restriction(settings), How::prepend,
                 "refuses mail of an agreed sender domain, from wherever, that does not keep the "
                 "agreement"});
  out.push_back({"smtpd_tls_security_level", "may", How::if_empty,
                 "offers STARTTLS; without it nothing of the agreed networks would pass"});
  return out;
}

std::vector<fs::path> postfix_inbound_files(const InboundAgreements& agreements,
                                            const GeneratorSettings::Postfix& settings) {
  const InboundRules rules = inbound_rules(agreements);
  if (rules.empty()) return {};
  std::vector<fs::path> out{beside(settings.map, "networks"), beside(settings.map, "senders")};
  const TableType type = settings.types.empty() ? TableType::cdb : settings.types.front();
  for (const InboundParty& party : rules.parties) {
    out.push_back(certificates_path(party.slug, settings));
    out.back() += table_extension(type);
  }
  return out;
}

std::string postfix_client_restriction(const GeneratorSettings::Postfix& settings) {
  return "check_client_access cidr:" + beside(settings.map, "networks").string();
}

std::string postfix_sender_restriction(const GeneratorSettings::Postfix& settings) {
  return "check_sender_access regexp:" + beside(settings.map, "senders").string();
}

std::string postfix_class_name(const std::string& slug) {
  return "tlspact_" + slug;
}

// Plaintext is refused first, by Postfix's own plaintext_reject_code (450). The last word is
// temporary, too, where "reject" would be 554: a partner that renews its certificate and forgets to
// tell must not lose mail. `static:` answers for every client.
std::string postfix_class_value(const std::string& slug,
                                const GeneratorSettings::Postfix& settings) {
  const std::string_view type =
      settings.types.empty() ? "cdb" : table_type_name(settings.types.front());
  return std::string{kPlaintext} + ", check_ccert_access " + std::string{type} + ":" +
         certificates_path(slug, settings).string() +
         ", check_client_access static:{450 4.7.1 an agreed client certificate is required}";
}

}  // namespace tlspact
