// SPDX-License-Identifier: MIT
#include "generators/postfix/postfix_plain_value.h"

#include "generators/postfix/postfix_attributes.h"
#include "generators/postfix/postfix_grammar.h"
#include "generators/postfix/postfix_policy_strings.h"

namespace tlspact {
namespace {

/// Whether it is rendered at its own level.
bool can_do(const PlainRuling& ruling, const PostfixOptions& options) {
  switch (ruling.policy.level) {
    case Level::dane:
    case Level::dane_only:
      return options.dane;
    case Level::secure:
      return options.ca_store && ruling.policy.mx_count > 0 && ruling.source != Source::dane;
    case Level::fingerprint:
      return false;
    default:
      return true;
  }
}

/// False: the snapshot was damaged there.
bool append_names(std::string& out, const PlainPolicy& policy) {
  char before = '=';
  out += " match";
  return policy.all_mx([&](std::string_view name, bool wildcard) {
    if (!Domain::is_normal_form(name)) return false;
    out += before;
    before = ':';
    if (wildcard) out += '.';
    out += name;
    return true;
  });
}

bool append_sts_group(std::string& out, std::string_view key_text, const PlainRuling& ruling,
                      std::size_t room) {
  const std::size_t begin = out.size();
  out += " policy_type=sts policy_domain=";
  out += key_text.substr(key_text.starts_with('.') ? 1 : 0);
  const bool good = ruling.policy.all_mx([&](std::string_view name, bool wildcard) {
    if (!Domain::is_normal_form(name)) return false;
    out += " mx_host_pattern=";
    if (wildcard) out += "*.";
    out += name;
    return true;
  });
  const std::size_t used = out.size() - begin;
  if (!good || used > room) return false;
  const std::size_t before = out.size();
  static_cast<void>(append_policy_strings(out, ruling.policy_lines, ruling.source, room - used));
  return out.size() > before;  // a group without a policy_string is none
}

}  // namespace

bool append_plain_postfix_value(std::string& out, std::string_view key_text,
                                const PlainRuling& ruling, const PostfixOptions& options) {
  const PlainPolicy& policy = ruling.policy;
  if (!PolicyKey::is_by_domain(key_text) || !can_do(ruling, options)) return false;
  const std::size_t begin = out.size();
  out += level_name(policy.level);
  if (policy.level == Level::none) return true;
  if (policy.level == Level::secure && !append_names(out, policy)) return false;
  append_session_attributes(out, {policy.level, policy.min_tls, policy.ciphers}, options.version);
  const std::size_t size = out.size() - begin;
  if (size > kMaxPostfixValue) return false;
  if (policy.level != Level::secure) return true;
  if (!has_sts_group(options, ruling.source == Source::mta_sts)) return true;
  return append_sts_group(out, key_text, ruling, kMaxPostfixValue - size);
}

}  // namespace tlspact
