// SPDX-License-Identifier: MIT
#include "daemon/control/wiring/postfix_instance.h"

#include <algorithm>
#include <sstream>

#include "generators/process/subprocess.h"

namespace tlspact {
namespace {

constexpr std::chrono::seconds kDeadline{20};

/// Everything that a check looks at. Names that a version does not know are left out by postconf.
constexpr const char* kNames[] = {
    "compatibility_level",
    "queue_directory",
    "mydestination",
    "relayhost",
    "default_transport",
    "relay_transport",
    "transport_maps",
    "sender_dependent_relayhost_maps",
    "sender_dependent_default_transport_maps",
    "smtp_fallback_relay",
    "smtp_dns_support_level",
    "smtp_tls_dane_insecure_mx_policy",
    "smtp_tls_policy_maps",
    "smtp_tls_per_site",
    "smtp_tls_security_level",
    "smtp_use_tls",
    "smtp_enforce_tls",
    "smtp_tls_CAfile",
    "smtp_tls_CApath",
    "tls_append_default_CA",
    "smtp_tls_fingerprint_digest",
    "smtp_tls_enforce_sts_mx_patterns",
    "tls_required_enable",
    "smtpd_sasl_auth_enable",
    "smtpd_tls_auth_only",
    "smtpd_tls_security_level",
    "smtpd_enforce_tls",
    "smtpd_use_tls",
    "master_service_disable",
    "smtpd_delay_reject",
    "smtpd_client_restrictions",
    "smtpd_sender_restrictions",
    "smtpd_restriction_classes",
    "smtpd_tls_ask_ccert",
    "smtpd_tls_fingerprint_digest",
    "smtpd_tls_chain_files",
    "smtpd_tls_cert_file",
    "smtpd_tls_eccert_file",
    "smtpd_tls_dcert_file",
    "smtpd_tls_wrappermode",
};

Result<std::string> ask(std::vector<std::string> argv) {
  const std::string what = argv.front() + " " + argv.back();
  const auto output = run_command({.argv = std::move(argv), .input = {}, .deadline = kDeadline});
  if (!output) return std::unexpected(output.error());
  if (output->exit_code != 0) return fail(Errc::io, what + " failed: " + first_line(*output));
  return output->out;
}

/// The classes of ours, which are parameters since smtpd_restriction_classes names them.
Result<void> read_classes(PostfixInstance& instance) {
  std::vector<std::string> command{"postconf", "-c", instance.config_dir.string(), "-x"};
  const std::size_t none = command.size();
  for (std::string& name : split_postfix_list(instance.value("smtpd_restriction_classes")))
    if (name.starts_with("tlspact_")) command.push_back(std::move(name));
  if (command.size() == none) return {};
  const auto classes = ask(std::move(command));
  if (!classes) return std::unexpected(classes.error());
  instance.parameters.merge(parse_postconf(*classes));
  return {};
}

/// What the types of tables are called, one a line.
Result<void> read_table_types(PostfixInstance& instance) {
  const auto types = ask({"postconf", "-c", instance.config_dir.string(), "-m"});
  if (!types) return std::unexpected(types.error());
  std::istringstream lines{*types};
  for (std::string line; std::getline(lines, line);)
    instance.table_types.push_back(line);
  return {};
}

Result<PostfixInstance> read_instance(const std::filesystem::path& config_dir, bool primary) {
  PostfixInstance out;
  out.primary = primary;
  out.config_dir = config_dir;
  std::vector<std::string> command{"postconf", "-c", config_dir.string(), "-x"};
  std::ranges::copy(kNames, std::back_inserter(command));
  const auto parameters = ask(std::move(command));
  if (!parameters) return std::unexpected(parameters.error());
  out.parameters = parse_postconf(*parameters);
  if (auto read = read_classes(out); !read) return std::unexpected(read.error());
  if (auto read = read_table_types(out); !read) return std::unexpected(read.error());
  const auto services = ask({"postconf", "-c", config_dir.string(), "-M"});
  if (!services) return std::unexpected(services.error());
  const auto overrides = ask({"postconf", "-c", config_dir.string(), "-x", "-P"});
  if (!overrides) return std::unexpected(overrides.error());
  const std::string& level = out.parameters["compatibility_level"];
  out.services = parse_master_cf(*services, *overrides, level.empty() || level == "0");
  return out;
}

}  // namespace

std::string PostfixInstance::value(const std::string& name, const PostfixService* service) const {
  if (service != nullptr)
    if (const auto found = service->overrides.find(name); found != service->overrides.end())
      return found->second;
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string{} : found->second;
}

std::string PostfixInstance::subject() const {
  return primary ? "Postfix" : "Postfix (" + config_dir.string() + ")";
}

std::string PostfixInstance::command(const std::string& program) const {
  return primary ? program : program + " -c " + config_dir.string();
}

std::string PostfixInstance::set(const std::string& name, const std::string& value) const {
  return command("postconf") + " -e '" + name + " = " + value + "' && " + command("postfix") +
         " reload";
}

std::vector<const PostfixService*> PostfixInstance::smtp_services() const {
  std::vector<const PostfixService*> out;
  for (const PostfixService& service : services)
    if (service.program == "smtp") out.push_back(&service);
  return out;
}

std::filesystem::path PostfixInstance::queue_directory() const {
  const std::string directory = value("queue_directory");
  return directory.empty() ? "/var/spool/postfix" : directory;
}

Result<std::vector<PostfixInstance>> read_postfix_instances() {
  std::vector<PostfixInstance> out;
  const auto directory = ask({"postconf", "-h", "config_directory"});
  if (!directory) return std::unexpected(directory.error());
  const std::string primary = directory->substr(0, directory->find('\n'));
  auto first = read_instance(primary, true);
  if (!first) return std::unexpected(first.error());
  out.push_back(*std::move(first));
  if (find_program("postmulti").empty()) return out;
  const auto list = ask({"postmulti", "-l"});
  if (!list) return std::unexpected(list.error());
  for (const PostfixInstanceName& each : parse_postmulti(*list)) {
    if (!each.enabled || each.config_dir == primary) continue;
    auto instance = read_instance(each.config_dir, false);
    if (!instance) return std::unexpected(instance.error());
    out.push_back(*std::move(instance));
  }
  return out;
}

Result<std::optional<std::string>> query_postfix_table(const PostfixInstance& instance,
                                                       const std::string& key,
                                                       const std::string& table) {
  const auto output =
      run_command({.argv = {"postmap", "-c", instance.config_dir.string(), "-q", key, table},
                   .input = {},
                   .deadline = kDeadline});
  if (!output) return std::unexpected(output.error());
  if (output->exit_code == 0) return output->out.substr(0, output->out.find('\n'));
  // Exit code 1 is also how it fails: then it says why.
  if (output->err.empty()) return std::optional<std::string>{};
  return fail(Errc::io, table + ": " + first_line(*output));
}

}  // namespace tlspact
