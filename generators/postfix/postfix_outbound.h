// SPDX-License-Identifier: MIT
/// The parameters of main.cf that make Postfix enforce the outbound policy map.
#pragma once

#include <string>

#include "generators/generator.h"
#include "generators/postfix/postfix_setting.h"

namespace tlspact {

/// The CA bundle that `ca_file` empty stands for.
inline constexpr std::string_view kSystemCaFile = "/etc/ssl/certs/ca-certificates.crt";

/// Pure. `ca_file` is what the configuration says, empty: the system's store, which is set only
/// where Postfix has none. Needs at least one table type.
[[nodiscard]] PostfixSettings postfix_outbound_settings(const GeneratorSettings::Postfix& postfix,
                                                        const std::string& ca_file);

/// The table as smtp_tls_policy_maps names it: "cdb:/var/lib/tlspact/postfix/tls_policy".
[[nodiscard]] std::string postfix_map_name(const GeneratorSettings::Postfix& postfix);

/// As lines of main.cf, each behind its reason.
[[nodiscard]] std::string main_cf_lines(const PostfixSettings& settings);

}  // namespace tlspact
