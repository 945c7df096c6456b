// SPDX-License-Identifier: MIT
#include "generators/postfix/postfix_attributes.h"

#include <string_view>

namespace tlspact {
namespace {

constexpr PostfixVersion kServername{3, 4, 0};
constexpr PostfixVersion kProtocolRanges{3, 6, 0};

void append_protocols(std::string& value, TlsVersion least, PostfixVersion version) {
  if (version >= kProtocolRanges) {
    value += ">=";
    value += tls_version_name(least);
    return;
  }
  value += "!SSLv2:!SSLv3";
  for (int older = 0; older < static_cast<int>(least); ++older) {
    value += ":!";
    value += tls_version_name(static_cast<TlsVersion>(older));
  }
}

}  // namespace

void append_session_attributes(std::string& value, const PostfixSessionAttributes& attributes,
                               PostfixVersion version) {
  // RFC 8461 section 7.1: the SNI is the MX host's name.
  const bool wants_sni =
      attributes.level == Level::secure || attributes.level == Level::fingerprint;
  if (wants_sni && version >= kServername) value += " servername=hostname";
  if (attributes.min_tls) {
    value += " protocols=";
    append_protocols(value, *attributes.min_tls, version);
  }
  if (attributes.ciphers) {
    value += " ciphers=";
    value += cipher_grade_name(*attributes.ciphers);
  }
}

bool has_sts_group(const PostfixOptions& options, bool published) {
  if (published) return options.version >= kPostfixStsGroup;
  return options.bind_all_mx && options.version >= kPostfixMxBinding;
}

}  // namespace tlspact
