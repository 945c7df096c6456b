// SPDX-License-Identifier: MIT
#include "lookup/query_key.h"

#include <algorithm>

#include "policy/policy_key.h"

namespace tlspact {

QueryKey::QueryKey(std::string_view asked) {
  if (asked.empty() || asked.size() > text_.size()) return;
  if (!PolicyKey::is_by_domain(asked)) {
    take_next_hop(asked);
    return;
  }
  std::ranges::transform(asked, text_.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  std::string_view name{text_.data(), asked.size()};
  if (name.ends_with('.')) name.remove_suffix(1);
  const bool is_parent = name.starts_with('.');
  if (!Domain::is_normal_form(name.substr(is_parent ? 1 : 0))) return;
  kind_ = is_parent ? Kind::parent : Kind::next_hop;
  size_ = name.size();
}

void QueryKey::take_next_hop(std::string_view asked) {
  const auto key = PolicyKey::parse(asked);
  if (!key) return;
  const std::string text = key->text();
  if (text.size() > text_.size()) return;
  std::ranges::copy(text, text_.begin());
  kind_ = Kind::next_hop;
  size_ = text.size();
}

}  // namespace tlspact
