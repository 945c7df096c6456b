// SPDX-License-Identifier: MIT
#include "generators/postfix/postfix_entry.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "generators/policy_draft.h"
#include "generators/postfix/postfix_attributes.h"
#include "generators/postfix/postfix_grammar.h"
#include "generators/postfix/postfix_policy_strings.h"
#include "generators/without_dane.h"

namespace tlspact {
namespace {

/// ".suffix" for a wildcard: Postfix's match= knows no other form, and matches any depth.
std::string match_name(const MxPattern& pattern) {
  return (pattern.wildcard ? "." : "") + pattern.name.text();
}

std::string match_digest(const Fingerprint& pin) {
  std::string out;
  for (const std::uint8_t byte : pin.sha256) {
    char hex[4];
    std::snprintf(hex, sizeof hex, "%02X", byte);
    if (!out.empty()) out += ':';
    out += hex;
  }
  return out;
}

template <class Values, class ToText>
std::string join(const Values& values, char separator, ToText to_text) {
  std::string out;
  for (const auto& value : values) {
    if (!out.empty()) out += separator;
    out += to_text(value);
  }
  return out;
}

/// One rendering: first the policy is brought to what this Postfix can do, then it is written.
class Rendering {
 public:
  Rendering(const SnapshotEntry& entry, const PostfixOptions& options)
      : entry_(entry), options_(options), draft_(entry.policy) {}

  RenderedEntry run() {
    if (!options_.dane && !replace_dane(entry_, draft_, options_.no_dane_because, out_.notices))
      return std::move(out_);
    fit_to_postfix();
    std::string value{level_name(policy().level)};
    if (policy().level != Level::none) value += attributes();
    if (policy().level == Level::secure && binds_mx()) add_sts_group(value);
    if (auto line = read_postfix_value(value, options_.version); !line) {
      notice(Severity::alert, line.error().text + "; the entry is left out");
      return std::move(out_);
    }
    out_.value = std::move(value);
    out_.depends_on_key =
        policy().level == Level::secure &&
        (binds_mx() || (policy().mx.empty() && policy().certificate_names.empty()));
    return std::move(out_);
  }

 private:
  [[nodiscard]] const TlsPolicy& policy() const { return draft_.policy(); }
  void notice(Severity severity, std::string text) {
    out_.notices.push_back({severity, entry_.text(), std::move(text)});
  }

  void weaken_to_encrypt(const std::string& why) {
    draft_.set_level(Level::encrypt);
    notice(Severity::alert, why + ": encrypt is used instead, without authentication");
  }

  /// What Postfix cannot express is rendered at the strongest level that it can, and said.
  void fit_to_postfix() {
    if (policy().level == Level::fingerprint && !options_.sha256_fingerprints) {
      draft_.replace(without_authentication(entry_, policy()));
      notice(Severity::alert, "smtp_tls_fingerprint_digest is not sha256: pins cannot be used, " +
                                  std::string{level_name(policy().level)} + " is used instead");
    }
    if (policy().level == Level::secure && !has_names(entry_, policy()))
      weaken_to_encrypt("secure without names to check");
    if (policy().level == Level::secure && policy().ca_file.empty() && !options_.ca_store)
      weaken_to_encrypt("Postfix has no usable CA store (smtp_tls_CAfile, smtp_tls_CApath)");
    if (!entry_.policy->mx.empty() && policy().level != Level::secure &&
        is_authenticated_or_required(policy().level) && entry_.source == Source::agreement)
      notice(mx_is_agreed() ? Severity::alert : Severity::note,
             "Postfix cannot bind the MX host at level " + std::string{level_name(policy().level)} +
                 ": mx is not checked");
    if (!policy().client_certificate.empty())
      notice(Severity::alert,
             "Postfix cannot choose a client certificate by policy: give the partner a transport "
             "of its own with smtp_tls_cert_file");
    if (policy().level == Level::secure) note_gaps();
  }

  /// As opposed to the published set, which stays where the agreement has none.
  [[nodiscard]] bool mx_is_agreed() const {
    return entry_.published_without_dane == nullptr ||
           entry_.policy->mx != entry_.published_without_dane->mx;
  }

  static bool is_authenticated_or_required(Level level) {
    return level == Level::encrypt || is_authenticated(level);
  }

  /// Whether nothing but a published MTA-STS policy is in force, so that a report may say so. Where
  /// DANE has won, it is what remains without DANE. An agreement that took its MX set from MTA-STS
  /// asks for more than the domain publishes, and what it refuses is not the domain's failure.
  [[nodiscard]] bool is_mta_sts() const {
    return entry_.source == Source::mta_sts ||
           (entry_.source == Source::dane && entry_.policy_lines != nullptr);
  }

  [[nodiscard]] bool binds_mx() const {
    if (policy().mx.empty() || !policy().certificate_names.empty()) return false;
    return has_sts_group(options_, is_mta_sts());
  }

  void note_gaps() {
    if (binds_mx() && options_.version >= kPostfixMxBinding) return;
    if (!policy().mx.empty())
      notice(Severity::note,
             "this Postfix checks the certificate against the policy's names, not the MX host "
             "itself: a certificate for any listed name passes at any host");
    for (const std::vector<MxPattern>* patterns : {&policy().mx, &policy().certificate_names}) {
      for (const MxPattern& pattern : *patterns) {
        if (!pattern.wildcard) continue;
        notice(Severity::note, "Postfix matches a *.suffix name at any depth, not one label");
        return;
      }
    }
  }

  [[nodiscard]] std::string attributes() const {
    std::string out;
    if (policy().level == Level::secure) out += " match=" + secure_names();
    if (policy().level == Level::fingerprint)
      out += " match=" + join(policy().pins, '|', match_digest);
    append_session_attributes(out, {policy().level, policy().min_tls, policy().ciphers},
                              options_.version);
    if (policy().level == Level::secure && !policy().ca_file.empty())
      out += " tafile=" + policy().ca_file;
    return out;
  }

  [[nodiscard]] std::string secure_names() const {
    if (!policy().certificate_names.empty())
      return join(policy().certificate_names, ':', match_name);
    if (!policy().mx.empty()) return join(policy().mx, ':', match_name);
    return entry_.key.domain().text();
  }

  /// The attributes of TLSRPT, which from 3.10.5 also bind the MX host. 3.10.0 to 3.10.5 with
  /// TLSRPT can crash unless there is at least one policy_string and one mx_host_pattern.
  void add_sts_group(std::string& value) {
    value += " policy_type=sts policy_domain=" + entry_.key.domain().text();
    for (const MxPattern& pattern : policy().mx)
      value += " mx_host_pattern=" + pattern.text();
    const std::size_t room = kMaxPostfixValue - std::min(value.size(), kMaxPostfixValue);
    const std::string_view lines =
        entry_.policy_lines == nullptr ? std::string_view{} : *entry_.policy_lines;
    if (!append_policy_strings(value, lines, entry_.source, room))
      notice(Severity::note,
             "the MTA-STS policy has more lines than fit into an entry: the last ones are left out "
             "of what Postfix reports (TLSRPT)");
  }

  const SnapshotEntry& entry_;
  const PostfixOptions& options_;
  PolicyDraft draft_;
  RenderedEntry out_;
};

}  // namespace

RenderedEntry render_postfix_entry(const SnapshotEntry& entry, const PostfixOptions& options) {
  return Rendering(entry, options).run();
}

}  // namespace tlspact
