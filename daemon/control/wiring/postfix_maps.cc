// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <algorithm>

#include "daemon/control/wiring/postfix_scope.h"
#include "daemon/control/wiring/postfix_wiring.h"
#include "generators/postfix/postfix_outbound.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

/// "cdb:/maps/tls_policy" of "proxy:cdb:/maps/tls_policy", too.
std::string without_proxy(const std::string& table) {
  return table.starts_with("proxy:") ? table.substr(6) : table;
}

/// The path behind the type; empty for what is no file.
std::string path_of(const std::string& table) {
  const std::string plain = without_proxy(table);
  const std::size_t colon = plain.find(':');
  return colon == std::string::npos ? std::string{} : plain.substr(colon + 1);
}

bool is_ours(const std::string& table, const GeneratorSettings::Postfix& settings) {
  return path_of(table) == settings.map.string();
}

bool is_written(const std::string& table, const GeneratorSettings::Postfix& settings) {
  const std::string plain = without_proxy(table);
  return std::ranges::any_of(settings.types, [&](TableType type) {
    return plain.starts_with(std::string{table_type_name(type)} + ":");
  });
}

/// Tables before ours win where they answer.
void check_earlier(const PostfixScope& scope, const std::string& table,
                   const PostfixExpectation& expected, Findings& out) {
  const PostfixInstance& instance = *scope.instance;
  out.push_back({Severity::note,
                 instance.subject(),
                 scope.place() + "smtp_tls_policy_maps asks " + table +
                     " before the map of tlspact: what it answers holds",
                 {}});
  for (const auto& agreement : expected.agreements) {
    for (const Agreement::Covered& each : agreement->domains) {
      const auto answer = expected.query(each.key.text(), table);
      if (!answer || !*answer) continue;
      out.push_back({Severity::alert, each.key.text(),
                     "its agreement does not hold in " + instance.subject() + ": " + table +
                         " comes first and says " + quote(**answer),
                     "take " + each.key.text() + " out of " + path_of(table) +
                         " (then postmap, if it is an indexed table)"});
    }
  }
}

void check_order(const PostfixScope& scope, const PostfixExpectation& expected, Findings& out) {
  const PostfixInstance& instance = *scope.instance;
  const std::string value = scope.value("smtp_tls_policy_maps");
  const std::vector<std::string> tables = split_postfix_list(value);
  const auto ours = std::ranges::find_if(
      tables, [&](const std::string& table) { return is_ours(table, expected.settings); });
  if (ours == tables.end()) {
    const std::string name = postfix_map_name(expected.settings);
    const bool in_main = scope.service == nullptr;
    out.push_back({Severity::alert, instance.subject(),
                   scope.place() + "smtp_tls_policy_maps does not name the map of tlspact: no "
                                   "policy is enforced",
                   in_main ? "tlspact init --apply" : scope.remedy("smtp_tls_policy_maps", name)});
    return;
  }
  if (!is_written(*ours, expected.settings)) {
    out.push_back({Severity::alert, instance.subject(),
                   scope.place() + "smtp_tls_policy_maps names " + *ours +
                       ", which tlspact does not write ([postfix] types)",
                   "tlspact init --apply, then take " + *ours + " out of smtp_tls_policy_maps"});
  }
  for (auto table = tables.begin(); table != ours; ++table)
    check_earlier(scope, *table, expected, out);
}

/// A socket that smtp(8) cannot see defers all mail.
void check_socket(const PostfixInstance& instance, const PostfixService& service,
                  const std::string& table, Findings& out) {
  constexpr std::string_view kPrefix = "socketmap:unix:";
  if (!table.starts_with(kPrefix)) return;  // behind proxy: it is opened outside
  std::string path = table.substr(kPrefix.size());
  path.resize(std::min(path.rfind(':'), path.size()));
  const fs::path seen = path.starts_with('/') && !service.chrooted
                            ? fs::path{path}
                            : instance.queue_directory() / fs::path{path}.relative_path();
  struct stat status{};
  if (::stat(seen.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) return;
  out.push_back({Severity::alert, instance.subject(),
                 service.text() + (service.chrooted ? ", which runs in a chroot," : "") +
                     " finds no socket at " + seen.string() + " (" + table +
                     "): all mail is deferred",
                 "in smtp_tls_policy_maps write proxy:" + table + ", or let the server listen at " +
                     seen.string()});
}

/// A socketmap that nobody answers defers all mail of every domain that no earlier table has.
void check_live(const PostfixInstance& instance, const PostfixExpectation& expected,
                const std::string& table, Findings& out) {
  constexpr std::string_view kPrefix = "socketmap:";
  const std::string plain = without_proxy(table);
  if (!plain.starts_with(kPrefix)) return;
  const std::size_t name = plain.rfind(':');
  const std::string address = plain.substr(kPrefix.size(), name - kPrefix.size());
  if (address != expected.live)
    out.push_back({Severity::note,
                   instance.subject(),
                   "smtp_tls_policy_maps asks " + table + ", which is not [live] socketmap (" +
                       (expected.live.empty() ? "off" : expected.live) + ")",
                   {}});
  // A path is that of a chroot, perhaps; whether a socket is there check_socket() says.
  if (!address.starts_with("inet:")) return;
  const auto answer = expected.query(".invalid", plain);
  if (answer) return;
  out.push_back({Severity::alert, instance.subject(),
                 "nobody answers at " + plain +
                     ": mail to every domain that no table before it "
                     "holds is deferred (" +
                     answer.error().text + ")",
                 "systemctl enable --now tlspact-lookupd-socketmap.socket, or take " + table +
                     " out of smtp_tls_policy_maps"});
}

void check_map_file(const PostfixInstance& instance, const GeneratorSettings::Postfix& settings,
                    Findings& out) {
  for (const std::string& table : split_postfix_list(instance.value("smtp_tls_policy_maps"))) {
    if (!is_ours(table, settings)) continue;
    const std::string plain = without_proxy(table);
    const auto type = parse_table_type(plain.substr(0, plain.find(':')));
    if (!type) continue;
    const std::string file = settings.map.string() + std::string{table_extension(*type)};
    std::error_code error;
    if (fs::exists(file, error)) continue;
    out.push_back({Severity::alert, instance.subject(),
                   file + " does not exist: Postfix defers all mail", "tlspact generate"});
  }
}

}  // namespace

Findings check_policy_maps(const PostfixInstance& instance, const PostfixExpectation& expected) {
  Findings out;
  for (const PostfixScope& scope : smtp_scopes(instance, {"smtp_tls_policy_maps"}))
    check_order(scope, expected, out);
  check_map_file(instance, expected.settings, out);
  for (const std::string& table : split_postfix_list(instance.value("smtp_tls_policy_maps")))
    check_live(instance, expected, table, out);
  for (const PostfixService* service : instance.smtp_services())
    for (const std::string& table :
         split_postfix_list(instance.value("smtp_tls_policy_maps", service)))
      check_socket(instance, *service, table, out);
  return out;
}

}  // namespace tlspact
