// SPDX-License-Identifier: MIT
#include <algorithm>

#include "daemon/control/init/init_plan.h"
#include "daemon/control/mta_facts.h"
#include "generators/postfix/main_cf.h"
#include "generators/process/subprocess.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;
using How = PostfixSetting::How;

constexpr std::string_view kClasses = "smtpd_restriction_classes";

/// The values that Postfix uses now; what this version does not know is not in it.
Result<PostfixParameters> effective_values(const PostfixInstance& instance,
                                           const PostfixSettings& settings) {
  std::vector<std::string> command{"postconf", "-c", instance.config_dir.string(), "-x"};
  for (const PostfixSetting& each : settings)
    command.push_back(each.name);
  const auto output = run_command({.argv = std::move(command), .input = {}});
  if (!output) return std::unexpected(output.error());
  if (output->exit_code != 0)
    return fail(Errc::io, instance.subject() + ": postconf failed: " + first_line(*output));
  PostfixParameters out = parse_postconf(output->out);
  // A class is a parameter as soon as it is one of smtpd_restriction_classes: before that it has no
  // value, where a parameter that this version does not know must not be set.
  for (const PostfixSetting& each : settings)
    if (each.name == kClasses) out.try_emplace(each.value);
  return out;
}

/// Fingerprints in tables of the administrator's own are written by the digest that was.
void tell_of_digest(const PostfixInstance& instance, const std::string& before, InitPlan& plan) {
  if (before == "sha256") return;
  plan.findings.push_back(
      {Severity::note,
       instance.subject(),
       "smtpd_tls_fingerprint_digest was " + before +
           " and becomes sha256: fingerprints of client certificates in tables of your own "
           "(relay_clientcerts, check_ccert_access) have to be written anew",
       {}});
}

/// What the setting becomes for this instance; nullopt: better not.
std::optional<PostfixSetting> fitted(PostfixSetting setting, const PostfixInstance& instance,
                                     const MainCf& main_cf, const Agreements& agreements) {
  const auto value = [&](const char* name) { return instance.value(name); };
  if (setting.name == "smtp_tls_CAfile" && setting.how == How::if_empty) {
    // A store of the administrator's own is not widened. One that cannot be read is no store.
    if (ca_store_is_usable(value("smtp_tls_CAfile"), value("smtp_tls_CApath"),
                           value("tls_append_default_CA") == "yes"))
      return std::nullopt;
    setting.how = How::set;
  }
  // Before Postfix 2.3 the level was said so; "may" would weaken it.
  const bool legacy = value("smtp_use_tls") == "yes" || value("smtp_enforce_tls") == "yes";
  if (setting.name == "smtp_tls_security_level" && setting.how == How::if_empty && legacy)
    return std::nullopt;
  const bool legacy_inbound =
      value("smtpd_use_tls") == "yes" || value("smtpd_enforce_tls") == "yes";
  if (setting.name == "smtpd_tls_security_level" && legacy_inbound) return std::nullopt;
  // A digest that the administrator chose belongs to fingerprints that are not ours.
  const bool pins =
      std::ranges::any_of(agreements, [](const auto& each) { return !each->policy.pins.empty(); });
  if (setting.name == "smtp_tls_fingerprint_digest" && !pins && main_cf.value(setting.name))
    return std::nullopt;
  return setting;
}

/// Postfix switches TLS off where its CAfile is missing.
Result<void> must_be_readable(const std::string& ca_file) {
  if (ca_store_is_usable(ca_file, {}, false)) return {};
  return fail(Errc::no_input, ca_file +
                                  ": does not exist or is empty, and Postfix would switch TLS "
                                  "off; install the package ca-certificates, or name "
                                  "another file as ca_file in [tls]");
}

Result<void> plan_main_cf(const PostfixInstance& instance, const PostfixSettings& settings,
                          const Agreements& agreements, InitPlan& plan) {
  const fs::path path = instance.config_dir / "main.cf";
  if (const std::string table = instance.value("smtp_tls_per_site"); !table.empty())
    return fail(Errc::config,
                path.string() + ": smtp_tls_per_site = " + table +
                    " would not be used any more once smtp_tls_policy_maps is set; write its "
                    "entries as lines of a table in smtp_tls_policy_maps (MUST becomes secure, "
                    "MUST_NOPEERMATCH encrypt, MAY may, NONE none), then: " +
                    instance.command("postconf") + " -X smtp_tls_per_site");
  const auto state = read_file_state(path);
  if (!state) return std::unexpected(state.error());
  const auto effective = effective_values(instance, settings);
  if (!effective) return std::unexpected(effective.error());
  MainCf main_cf{state->bytes};
  FileChange change{path, {}, {}};
  for (const PostfixSetting& each : settings) {
    const auto known = effective->find(each.name);
    if (known == effective->end()) continue;
    const auto setting = fitted(each, instance, main_cf, agreements);
    if (setting && setting->name == "smtp_tls_CAfile")
      if (auto there = must_be_readable(setting->value); !there) return there;
    if (!setting || !main_cf.apply(*setting, known->second)) continue;
    if (each.name == "smtpd_tls_fingerprint_digest") tell_of_digest(instance, known->second, plan);
    change.what.push_back(each.name + " = " + main_cf.value(each.name).value_or(""));
  }
  change.text = main_cf.text();
  return add_change(std::move(change), plan);
}

/// smtp(8) opens a ca_file inside its chroot.
Result<void> plan_ca_files(const PostfixInstance& instance, const Agreements& agreements,
                           InitPlan& plan) {
  const auto services = instance.smtp_services();
  if (!std::ranges::any_of(services, [](const auto* each) { return each->chrooted; })) return {};
  for (const std::string& ca_file : agreed_ca_files(agreements)) {
    const auto outside = read_file_state(ca_file);
    if (!outside) return std::unexpected(outside.error());
    if (!outside->exists) {
      plan.findings.push_back({Severity::alert, instance.subject(),
                               ca_file + ": an agreement names this file, which does not exist",
                               "put the partner's CA there, then tlspact init --apply"});
      continue;
    }
    const fs::path inside = instance.queue_directory() / fs::path{ca_file}.relative_path();
    if (auto added = add_change({inside, outside->bytes, {"copy of " + ca_file}}, plan); !added)
      return added;
  }
  return {};
}

}  // namespace

Result<void> plan_postfix(const PostfixSettings& settings, const Agreements& agreements,
                          InitPlan& plan) {
  for (const PostfixInstance& instance : plan.postfix) {
    if (auto planned = plan_ca_files(instance, agreements, plan); !planned) return planned;
    if (auto planned = plan_main_cf(instance, settings, agreements, plan); !planned) return planned;
  }
  return {};
}

}  // namespace tlspact
