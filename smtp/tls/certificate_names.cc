// SPDX-License-Identifier: MIT
#include "smtp/tls/certificate_names.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "smtp/tls/openssl_handles.h"

namespace tlspact {
namespace {

constexpr std::string_view kNameBytes =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._*";

std::string lower(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

bool is_one_below(std::string_view name, std::string_view suffix) {
  if (name.size() <= suffix.size() + 1 || !name.ends_with(suffix)) return false;
  const std::string_view label = name.substr(0, name.size() - suffix.size());
  return label.ends_with('.') && label.find('.') == label.size() - 1;
}

}  // namespace

std::vector<std::string> dns_names_of(const X509* certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>> all{
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* const each = sk_GENERAL_NAME_value(all.get(), i);
    if (each->type != GEN_DNS) continue;
    const std::string_view text{
        reinterpret_cast<const char*>(ASN1_STRING_get0_data(each->d.dNSName)),
        static_cast<std::size_t>(ASN1_STRING_length(each->d.dNSName))};
    if (text.find_first_not_of(kNameBytes) == std::string_view::npos) names.push_back(lower(text));
  }
  return names;
}

bool certificate_meets(X509* certificate, const std::vector<std::string>& dns_names,
                       const MxPattern& pattern) {
  const std::string& name = pattern.name.text();
  if (!pattern.wildcard) {
    constexpr unsigned kFlags =
        X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    return X509_check_host(certificate, name.data(), name.size(), kFlags, nullptr) == 1;
  }
  return std::ranges::any_of(dns_names,
                             [&](const std::string& each) { return is_one_below(each, name); });
}

}  // namespace tlspact
