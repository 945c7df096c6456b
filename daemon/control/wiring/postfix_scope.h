// SPDX-License-Identifier: MIT
/// Where a parameter of smtp(8) has its value: main.cf, or a service of master.cf with an `-o` of
/// its own. A finding names the place, and its remedy mends that place.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "daemon/control/wiring/postfix_instance.h"
#include "generators/postfix/postfix_outbound.h"

namespace tlspact {

/// The instance must outlive it.
struct PostfixScope {
  const PostfixInstance* instance;
  const PostfixService* service;  ///< nullptr: main.cf

  [[nodiscard]] std::string value(const std::string& name) const {
    return instance->value(name, service);
  }
  /// "", or "master.cf, smtp/unix: ".
  [[nodiscard]] std::string place() const {
    return service == nullptr ? std::string{} : "master.cf, " + service->text() + ": ";
  }
  /// The command that gives the parameter this value: for a service it takes the `-o` away, so that
  /// what main.cf says holds there, too.
  [[nodiscard]] std::string remedy(const std::string& name, const std::string& value) const {
    if (service == nullptr || !service->overrides.contains(name)) return instance->set(name, value);
    return instance->command("postconf") + " -PX '" + service->text() + "/" + name + "' && " +
           instance->command("postfix") + " reload";
  }
};

/// The command that has main.cf name this CA file; a system without its bundle gets it first, since
/// Postfix switches TLS off where the file is missing.
[[nodiscard]] inline std::string ca_file_remedy(const PostfixScope& scope,
                                                const std::string& ca_file) {
  std::error_code error;
  const std::string set = scope.remedy("smtp_tls_CAfile", ca_file);
  if (std::filesystem::exists(ca_file, error)) return set;
  return (ca_file == kSystemCaFile ? "apt install ca-certificates"
                                   : "put the CA file at " + ca_file + " ([tls] ca_file)") +
         std::string{ca_file == kSystemCaFile ? " && " : ", then "} + set;
}

/// main.cf, and every service that sends by SMTP and overrides one of `names`.
[[nodiscard]] inline std::vector<PostfixScope> smtp_scopes(const PostfixInstance& instance,
                                                           const std::vector<std::string>& names) {
  std::vector<PostfixScope> out{{&instance, nullptr}};
  for (const PostfixService* service : instance.smtp_services()) {
    const auto overridden = [&](const std::string& name) {
      return service->overrides.contains(name);
    };
    if (std::ranges::any_of(names, overridden)) out.push_back({&instance, service});
  }
  return out;
}

}  // namespace tlspact
