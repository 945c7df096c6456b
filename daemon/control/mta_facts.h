// SPDX-License-Identifier: MIT
/// What this machine's Postfix and Exim say of themselves, as far as the maps depend on it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/control/mta_resolver.h"
#include "generators/generator.h"

namespace tlspact {

struct PostfixFacts {
  bool installed = false;
  std::optional<PostfixVersion> version;
  std::vector<TableType> readable;   ///< types that it has, of those that tlspact writes
  std::vector<TableType> types;      ///< what "auto" means
  bool validates_dnssec = false;     ///< smtp_dns_support_level = dnssec
  bool ca_store = false;             ///< smtp_tls_CAfile or CApath is usable
  bool sha256_fingerprints = false;  ///< smtp_tls_fingerprint_digest = sha256
  bool sends_tlsrpt = false;         ///< smtp_tlsrpt_enable = yes
  /// What smtp(8) reads: in its chroot, if it has one. Of no use unless validates_dnssec.
  std::filesystem::path resolv_conf = "/etc/resolv.conf";
  std::optional<MtaResolver> resolver;        ///< if it was asked; see mta_dane.h
  std::optional<std::string> resolver_fault;  ///< see fault_for_postfix()
  /// See PostfixOptions; nullopt: nothing was asked.
  std::optional<std::map<std::string, std::string>> restriction_classes;
};

struct EximFacts {
  bool installed = false;
  bool asked = false;   ///< these are facts of this machine
  std::string program;  ///< exim4 or exim
  TlsLibrary tls_library = TlsLibrary::gnutls;
  std::filesystem::path resolv_conf = "/etc/resolv.conf";
  std::optional<MtaResolver> resolver;        ///< if it was asked; see mta_dane.h
  std::optional<std::string> resolver_fault;  ///< see fault_for_exim()
};

struct MtaFacts {
  PostfixFacts postfix;
  EximFacts exim;
};

/// Asks postconf and `exim -bV`. A program that is missing is "not installed"; one that fails or
/// hangs is an Error, because maps for the wrong version would defer mail.
[[nodiscard]] Result<MtaFacts> ask_mtas();

/// The facts that hold with --output, when nothing is asked of the machine: Postfix 3.7 with DANE
/// and a CA store, tables cdb and texthash, Exim with GnuTLS.
[[nodiscard]] MtaFacts assumed_facts();

/// What to generate: the configuration, and the facts where it says "auto".
[[nodiscard]] GeneratorSettings generator_settings(const Config& config, const MtaFacts& facts);

/// The rule for a CA store: a CAfile that is set must be readable (Postfix else switches TLS off
/// altogether); else a CApath with something in it, or tls_append_default_CA, serves.
[[nodiscard]] bool ca_store_is_usable(const std::string& ca_file, const std::string& ca_path,
                                      bool append_default);

}  // namespace tlspact
