// SPDX-License-Identifier: MIT
#include "generators/settings.h"

#include <kainjow/mustache.hpp>
#include <stdexcept>
#include <string_view>

#include "generators/exim/exim_inbound.h"
#include "generators/postfix/postfix_outbound.h"
#include "generators/shipped_files.h"

namespace tlspact {
namespace {

using kainjow::mustache::data;
using kainjow::mustache::mustache;

/// A template that does not parse is a fault of ours.
std::string render(std::string_view text, const data& values) {
  mustache shipped{std::string{text}};
  if (!shipped.is_valid()) throw std::logic_error("a shipped template: " + shipped.error_message());
  return shipped.render(values);
}

/// Empty, where mail to us is left alone.
std::string inbound_lines(const PostfixSettings& settings) {
  if (settings.empty()) return {};
  return "#\n# For agreements on mail to us. Put what begins with check_ in front of what stands "
         "there, and\n# the names of classes behind it. STARTTLS needs a certificate "
         "(smtpd_tls_chain_files, or\n# smtpd_tls_cert_file), and smtpd_delay_reject = yes.\n" +
         main_cf_lines(settings);
}

SettingsFile postfix_settings(const GeneratorSettings::Postfix& postfix, const std::string& ca_file,
                              const InboundAgreements& inbound) {
  return {"/etc/postfix/tlspact.main.cf",
          "lines for /etc/postfix/main.cf; \"tlspact init --apply\" puts them there",
          "# tlspact for Postfix. If smtp_tls_policy_maps is set already, put the map behind what\n"
          "# stands there.\n" +
              main_cf_lines(postfix_outbound_settings(postfix, ca_file)) +
              "# With a resolver on this machine that validates DNSSEC, DANE levels can be used "
              "too:\n#smtp_dns_support_level = dnssec\n" +
              inbound_lines(postfix_inbound_settings(inbound, postfix))};
}

struct EximPiece {
  std::string_view split_path;
  std::string_view single_path;
  std::string_view section;
  const std::string_view& text;
  bool inbound = false;  ///< only for mail to us
};

const EximPiece kEximPieces[] = {
    {"main/000_tlspact_macros", "main", "the main section", kEximMain},
    {"acl/50_tlspact", "acl", "the section \"begin acl\"", kEximAcl},
    {"router/190_tlspact", "routers", "the section \"begin routers\", before dnslookup",
     kEximRouters},
    {"main/000_tlspact_inbound", "inbound_main", "the main section", kEximInboundMain, true},
    {"acl/51_tlspact_inbound", "inbound_acl", "the section \"begin acl\"", kEximInboundAcl, true},
    {"transport/25_tlspact", "transports", "the section \"begin transports\"", kEximTransports},
};

void add_exim_settings(const GeneratorSettings::Exim& exim, const std::string& ca_file,
                       bool with_inbound, std::vector<SettingsFile>& out) {
  for (const bool debian : {true, false}) {
    data values;
    values.set("map", exim.map.string());
    values.set("ca_file", ca_file.empty() ? "system" : ca_file);
    values.set("no_ca", exim_no_ca_path(exim.map).string());
    for (const std::string name : {"networks", "senders", "ccert"})
      values.set("inbound_" + name, exim_inbound_path(exim.map, name).string());
    values.set("debian", data{debian ? data::type::bool_true : data::type::bool_false});
    for (const EximPiece& piece : kEximPieces) {
      if (piece.inbound && !with_inbound) continue;
      const std::string path = debian ? "/etc/exim4/conf.d/" + std::string{piece.split_path}
                                      : "/etc/exim4/tlspact/" + std::string{piece.single_path};
      const std::string purpose =
          debian ? "a piece of Debian's conf.d"
                 : "for a single file: .include it in " + std::string{piece.section};
      out.push_back({path, purpose, render(piece.text, values)});
    }
  }
}

}  // namespace

std::vector<SettingsFile> mta_settings(const GeneratorSettings& settings,
                                       const std::string& ca_file,
                                       const InboundAgreements& inbound) {
  std::vector<SettingsFile> out;
  if (settings.postfix.enabled && !settings.postfix.types.empty())
    out.push_back(postfix_settings(settings.postfix, ca_file, inbound));
  if (settings.exim.enabled) add_exim_settings(settings.exim, ca_file, !inbound.empty(), out);
  return out;
}

}  // namespace tlspact
