// SPDX-License-Identifier: MIT
#include "generators/postfix/postfix_outbound.h"

namespace tlspact {

std::string postfix_map_name(const GeneratorSettings::Postfix& postfix) {
  return std::string{table_type_name(postfix.types.front())} + ":" + postfix.map.string();
}

PostfixSettings postfix_outbound_settings(const GeneratorSettings::Postfix& postfix,
                                          const std::string& ca_file) {
  using How = PostfixSetting::How;
  constexpr PostfixVersion kTlsRequiredHeader{3, 10, 0};
  PostfixSettings out{
      {"smtp_tls_policy_maps", postfix_map_name(postfix), How::append,
       "the policy map, behind your own tables: Postfix asks them in order, and yours go first"},
      {"smtp_tls_security_level", "may", How::if_empty,
       "for every domain without a policy: TLS if it is offered"},
      {"smtp_tls_CAfile", ca_file.empty() ? std::string{kSystemCaFile} : ca_file,
       ca_file.empty() ? How::if_empty : How::set,
       "who signs the certificates of MX hosts; without it every `secure` entry defers"},
      {"smtp_tls_fingerprint_digest", "sha256", How::set, "how pins are written in the map"},
  };
  // Its default was "may" before Postfix 3.10, unless the level for all mail is dane: TLSA records
  // would then count for nothing wherever the domain's own zone is not signed.
  if (postfix.options.dane)
    out.push_back({"smtp_tls_dane_insecure_mx_policy", "dane", How::set,
                   "`dane` entries hold for hosts with TLSA records, signed MX answer or not"});
  if (postfix.options.version >= kTlsRequiredHeader)
    out.push_back({"tls_required_enable", "no", How::set,
                   "or any sender's \"TLS-Required: no\" header switches policies off"});
  return out;
}

std::string main_cf_lines(const PostfixSettings& settings) {
  std::string out;
  for (const PostfixSetting& each : settings)
    out += "# " + each.why + "\n" + each.name + " = " + each.value + "\n";
  return out;
}

}  // namespace tlspact
