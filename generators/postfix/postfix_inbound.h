// SPDX-License-Identifier: MIT
/// What the agreements ask of mail to us, for Postfix: tables beside the outbound map, and the
/// lines of main.cf that use them.
///
///     tls_inbound_networks          cidr:    NET reject_plaintext_session | NET tlspact_SLUG
///     tls_inbound_senders           regexp:  /@DOMAIN\.?$/ the same
///     tls_inbound_ccert_SLUG[.cdb]  a party's fingerprints, which its class tlspact_SLUG looks up
///
/// Senders are a regexp table because an indexed access table would answer for subdomains, too
/// (parent_domain_matches_subdomains holds smtpd_access_maps by default).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "generators/generator.h"
#include "generators/postfix/postfix_setting.h"

namespace tlspact {

/// The tables, always with both that hold rows for everybody, so that main.cf never names a file
/// that is not there. A requirement whose class Postfix does not know as it should be becomes
/// reject_plaintext_session, with an alert: an unknown class answers 451 to that whole network.
/// Pure.
[[nodiscard]] Generated render_postfix_inbound(const Snapshot& snapshot,
                                               const GeneratorSettings::Postfix& settings);

/// The agreements in force that have an inbound part, as Snapshot::inbound holds them.
using InboundAgreements = std::vector<std::shared_ptr<const Agreement>>;

/// The lines of main.cf; none if there is no such agreement. Pure.
[[nodiscard]] PostfixSettings postfix_inbound_settings(const InboundAgreements& agreements,
                                                       const GeneratorSettings::Postfix& settings);

/// The files that those lines name. smtpd(8) answers 451 to everybody while one is missing. Pure.
[[nodiscard]] std::vector<std::filesystem::path> postfix_inbound_files(
    const InboundAgreements& agreements, const GeneratorSettings::Postfix& settings);

/// "check_client_access cidr:…", what stands first in smtpd_client_restrictions.
[[nodiscard]] std::string postfix_client_restriction(const GeneratorSettings::Postfix& settings);

/// "check_sender_access regexp:…", what stands first in smtpd_sender_restrictions.
[[nodiscard]] std::string postfix_sender_restriction(const GeneratorSettings::Postfix& settings);

/// "tlspact_acme_bank" of the slug "acme_bank".
[[nodiscard]] std::string postfix_class_name(const std::string& slug);

/// What the class is: the right-hand side of its line in main.cf.
[[nodiscard]] std::string postfix_class_value(const std::string& slug,
                                              const GeneratorSettings::Postfix& settings);

}  // namespace tlspact
