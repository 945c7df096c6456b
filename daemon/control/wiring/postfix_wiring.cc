// SPDX-License-Identifier: MIT
#include "daemon/control/wiring/postfix_wiring.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "daemon/control/wiring/postfix_inbound_wiring.h"
#include "daemon/control/wiring/postfix_routing.h"
#include "daemon/control/wiring/postfix_scope.h"
#include "generators/table/file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCaFileLimit = std::size_t{16} << 20U;

/// smtp(8) opens it as the user postfix.
bool is_readable_by_all(const fs::path& file) {
  struct stat status{};
  return ::stat(file.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

/// Empty: it is there, the same as outside, and readable.
std::string fault_of_copy(const fs::path& copy, const std::string& original) {
  std::error_code error;
  if (!fs::exists(copy, error)) return "does not exist";
  if (!is_readable_by_all(copy)) return "cannot be read by smtp(8)";
  const auto outside = read_file(original, kCaFileLimit);
  const auto inside = read_file(copy, kCaFileLimit);
  if (outside && inside && *outside != *inside) return "is not the same as outside of the chroot";
  return {};
}

void check_ca_file(const PostfixInstance& instance, const PostfixService& service,
                   const std::string& ca_file, Findings& out) {
  const fs::path copy = instance.queue_directory() / fs::path{ca_file}.relative_path();
  const std::string fault = fault_of_copy(copy, ca_file);
  if (fault.empty()) return;
  out.push_back({Severity::alert, instance.subject(),
                 service.text() + " runs in a chroot, where the ca_file of an agreement, " +
                     copy.string() + ", " + fault + ": mail to the partner is deferred",
                 "install -D -m 644 " + ca_file + " " + copy.string()});
}

/// CApath is read inside the chroot, CAfile before it.
void check_ca_path(const PostfixInstance& instance, const PostfixService& service,
                   const std::string& ca_file, Findings& out) {
  const std::string path = instance.value("smtp_tls_CApath", &service);
  if (path.empty() || !instance.value("smtp_tls_CAfile", &service).empty()) return;
  const fs::path inside = instance.queue_directory() / fs::path{path}.relative_path();
  std::error_code error;
  if (fs::is_directory(inside, error) && !fs::is_empty(inside, error)) return;
  out.push_back({Severity::alert, instance.subject(),
                 service.text() + " runs in a chroot, where smtp_tls_CApath, " + inside.string() +
                     ", is empty or not there: every secure entry is deferred",
                 "systemctl restart postfix (Debian's start script fills it), or " +
                     ca_file_remedy({&instance, nullptr}, ca_file)});
}

}  // namespace

Findings check_chroot(const PostfixInstance& instance, const PostfixExpectation& expected) {
  Findings out;
  for (const PostfixService* service : instance.smtp_services()) {
    if (!service->chrooted) continue;
    for (const std::string& ca_file : agreed_ca_files(expected.agreements))
      check_ca_file(instance, *service, ca_file, out);
    check_ca_path(instance, *service, expected.ca_file, out);
  }
  // One cause for every service of the instance is said once.
  Findings once;
  std::set<std::string> remedies;
  for (Finding& finding : out)
    if (remedies.insert(finding.remedy).second) once.push_back(std::move(finding));
  return once;
}

Findings check_clear_authentication(const PostfixInstance& instance) {
  Findings out;
  for (const PostfixService& service : instance.services) {
    const auto is = [&](const char* name, const char* value) {
      return instance.value(name, &service) == value;
    };
    if (service.program != "smtpd" || !is("smtpd_sasl_auth_enable", "yes")) continue;
    if (is("smtpd_tls_auth_only", "yes") || is("smtpd_tls_wrappermode", "yes") ||
        is("smtpd_tls_security_level", "encrypt") || is("smtpd_enforce_tls", "yes"))
      continue;
    const bool by_service = service.overrides.contains("smtpd_tls_auth_only");
    out.push_back({Severity::warning, instance.subject(),
                   service.text() + " lets people send their password in clear "
                                    "(smtpd_sasl_auth_enable = yes, smtpd_tls_auth_only = no)",
                   by_service ? instance.command("postconf") + " -P '" + service.text() +
                                    "/smtpd_tls_auth_only=yes' && " + instance.command("postfix") +
                                    " reload"
                              : instance.set("smtpd_tls_auth_only", "yes")});
  }
  return out;
}

Findings postfix_wiring(const PostfixInstance& instance, const PostfixExpectation& expected) {
  Findings out = check_policy_maps(instance, expected);
  for (Findings part : {check_routing(instance, expected), check_tls_settings(instance, expected),
                        check_chroot(instance, expected), check_clear_authentication(instance),
                        check_inbound(instance, expected)})
    std::ranges::move(part, std::back_inserter(out));
  return out;
}

}  // namespace tlspact
