// SPDX-License-Identifier: MIT
#include "daemon/control/mta_facts.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "generators/postfix/postconf_text.h"
#include "generators/process/subprocess.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kDeadline{20};

/// Where GnuTLS and Debian's OpenSSL look.
const std::string kSystemStore = "/etc/ssl/certs/ca-certificates.crt";

/// "name = value" lines.
std::map<std::string, std::string> parse_parameters(const std::string& text) {
  std::map<std::string, std::string> out;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find(" =");
    if (equals == std::string::npos) continue;
    std::string value = line.substr(equals + 2);
    if (value.starts_with(' ')) value.erase(0, 1);
    out[line.substr(0, equals)] = std::move(value);
  }
  return out;
}

Result<CommandOutput> ask(std::vector<std::string> argv) {
  auto output = run_command({.argv = std::move(argv), .input = {}, .deadline = kDeadline});
  if (output && output->exit_code != 0)
    return fail(Errc::io, "postconf failed: " + first_line(*output));
  return output;
}

/// Those of ours that would do what an inbound table that names them means; see PostfixOptions.
Result<std::map<std::string, std::string>> ask_classes(
    std::map<std::string, std::string>& parameters) {
  std::map<std::string, std::string> out;
  if (parameters["smtpd_tls_ask_ccert"] != "yes" ||
      parameters["smtpd_tls_fingerprint_digest"] != "sha256")
    return out;
  std::vector<std::string> argv{"postconf", "-x"};
  std::string names = parameters["smtpd_restriction_classes"];
  std::ranges::replace(names, ',', ' ');
  std::istringstream words{names};
  for (std::string name; words >> name;) {
    if (name.starts_with("tlspact_")) argv.push_back(std::move(name));
  }
  if (argv.size() == 2) return out;
  const auto classes = ask(std::move(argv));
  if (!classes) return std::unexpected(classes.error());
  return parse_parameters(classes->out);
}

/// The resolv.conf of the service smtp/unix.
Result<fs::path> ask_resolv_conf(std::map<std::string, std::string>& parameters) {
  const auto services = ask({"postconf", "-M"});
  if (!services) return std::unexpected(services.error());
  // Unknown before Postfix 3.0, when the default was to chroot.
  const std::string& level = parameters["compatibility_level"];
  fs::path root = "/";
  for (const PostfixService& each :
       parse_master_cf(services->out, {}, level.empty() || level == "0")) {
    if (each.text() == "smtp/unix" && each.chrooted) root = parameters["queue_directory"];
  }
  return root / "etc/resolv.conf";
}

Result<PostfixFacts> ask_postfix() {
  PostfixFacts facts;
  if (find_program("postconf").empty()) return facts;
  facts.installed = true;
  // Without -h: a parameter that this version does not know gives no line at all.
  const auto parameters =
      ask({"postconf", "-x", "mail_version", "smtp_dns_support_level", "smtp_tls_CAfile",
           "smtp_tls_CApath", "tls_append_default_CA", "smtp_tls_fingerprint_digest",
           "smtp_tlsrpt_enable", "smtpd_restriction_classes", "smtpd_tls_ask_ccert",
           "smtpd_tls_fingerprint_digest", "queue_directory", "compatibility_level"});
  if (!parameters) return std::unexpected(parameters.error());
  auto values = parse_parameters(parameters->out);
  facts.version = PostfixVersion::parse(values["mail_version"]);
  facts.validates_dnssec = values["smtp_dns_support_level"] == "dnssec";
  facts.ca_store = ca_store_is_usable(values["smtp_tls_CAfile"], values["smtp_tls_CApath"],
                                      values["tls_append_default_CA"] == "yes");
  facts.sha256_fingerprints = values["smtp_tls_fingerprint_digest"] == "sha256";
  facts.sends_tlsrpt = values["smtp_tlsrpt_enable"] == "yes";
  auto classes = ask_classes(values);
  if (!classes) return std::unexpected(classes.error());
  facts.restriction_classes = *std::move(classes);
  if (facts.validates_dnssec) {
    auto resolv_conf = ask_resolv_conf(values);
    if (!resolv_conf) return std::unexpected(resolv_conf.error());
    facts.resolv_conf = *std::move(resolv_conf);
  }
  const auto types = ask({"postconf", "-m"});
  if (!types) return std::unexpected(types.error());
  std::istringstream lines{types->out};
  for (std::string line; std::getline(lines, line);) {
    if (const auto type = parse_table_type(line)) facts.readable.push_back(*type);
  }
  return facts;
}

Result<EximFacts> ask_exim() {
  EximFacts facts;
  for (const char* program : {"exim4", "exim"}) {
    if (find_program(program).empty()) continue;
    facts.program = program;
    facts.installed = true;
    facts.asked = true;
    const auto output = run_command({.argv = {program, "-bV"}, .input = {}, .deadline = kDeadline});
    if (!output) return std::unexpected(output.error());
    // "Support for: … GnuTLS …"; even a broken configuration file leaves this line.
    if (!output->out.contains("GnuTLS") && output->out.contains("OpenSSL"))
      facts.tls_library = TlsLibrary::openssl;
    return facts;
  }
  return facts;
}

/// The first type, in our order of preference, that this Postfix has.
std::vector<TableType> best_type(const std::vector<TableType>& available) {
  for (const TableType type :
       {TableType::cdb, TableType::lmdb, TableType::hash, TableType::texthash}) {
    if (std::ranges::find(available, type) != available.end()) return {type};
  }
  return {TableType::cdb};
}

GeneratorSettings::Postfix postfix_settings(const Config& config, const PostfixFacts& facts) {
  GeneratorSettings::Postfix out;
  out.enabled = config.postfix.enabled.value_or(facts.installed);
  out.map = config.postfix_map();
  for (const std::string& name : config.postfix.types) {
    if (const auto type = parse_table_type(name)) {
      out.types.push_back(*type);
    } else {
      out.types = facts.types;
    }
  }
  const auto version = PostfixVersion::parse(config.postfix.version);
  out.options.version = version ? *version : facts.version.value_or(PostfixVersion{});
  const std::string fault = facts.resolver_fault.value_or("");
  out.options.dane = config.postfix.dane.value_or(facts.validates_dnssec && fault.empty());
  if (config.postfix.dane) {
    out.options.no_dane_because = "dane is false in [postfix]";
  } else if (facts.validates_dnssec) {
    out.options.no_dane_because = fault;
  }
  out.options.ca_store = config.postfix.ca.value_or(facts.ca_store);
  out.options.sha256_fingerprints = facts.sha256_fingerprints;
  out.options.bind_all_mx = config.postfix.mx_binding == "all" ||
                            (config.postfix.mx_binding == "auto" && !facts.sends_tlsrpt);
  out.options.restriction_classes = facts.restriction_classes;
  return out;
}

}  // namespace

bool ca_store_is_usable(const std::string& ca_file, const std::string& ca_path,
                        bool append_default) {
  std::error_code error;
  if (!ca_file.empty()) {
    std::ifstream file{ca_file};
    return file.peek() != std::ifstream::traits_type::eof();
  }
  if (!ca_path.empty() && fs::is_directory(ca_path, error) && !fs::is_empty(ca_path, error) &&
      !error)
    return true;
  return append_default;
}

Result<MtaFacts> ask_mtas() {
  auto postfix = ask_postfix();
  if (!postfix) return std::unexpected(postfix.error());
  auto exim = ask_exim();
  if (!exim) return std::unexpected(exim.error());
  MtaFacts facts{.postfix = *std::move(postfix), .exim = *std::move(exim)};
  facts.postfix.types = best_type(facts.postfix.readable);
  if (!facts.postfix.installed) {
    // Configured by hand for a Postfix elsewhere: nothing can be asked, so nothing is assumed
    // amiss.
    const std::vector<TableType> types = facts.postfix.types;
    facts.postfix = assumed_facts().postfix;
    facts.postfix.installed = false;
    facts.postfix.types = types;
  }
  return facts;
}

MtaFacts assumed_facts() {
  MtaFacts facts;
  facts.postfix = {.installed = true,
                   .version = PostfixVersion{},
                   .readable = {},
                   .types = {TableType::cdb, TableType::texthash},
                   .validates_dnssec = true,
                   .ca_store = true,
                   .sha256_fingerprints = true,
                   .sends_tlsrpt = false,
                   .restriction_classes = {}};
  facts.exim = {.installed = true, .program = {}, .tls_library = TlsLibrary::gnutls};
  return facts;
}

GeneratorSettings generator_settings(const Config& config, const MtaFacts& facts) {
  GeneratorSettings settings;
  settings.postfix = postfix_settings(config, facts.postfix);
  settings.exim.enabled = config.exim.enabled.value_or(facts.exim.installed);
  settings.exim.map = config.exim_map();
  settings.exim.options.tls_library = facts.exim.tls_library;
  const std::string fault = facts.exim.resolver_fault.value_or("");
  settings.exim.options.dane = config.exim.dane.value_or(fault.empty());
  settings.exim.options.no_dane_because = config.exim.dane ? "dane is false in [exim]" : fault;
  // With --output, and for an Exim elsewhere, nothing of this machine is asked.
  settings.exim.options.ca_store =
      !facts.exim.asked ||
      ca_store_is_usable(config.tls.ca_file.empty() ? kSystemStore : config.tls.ca_file, {}, false);
  return settings;
}

}  // namespace tlspact
