// SPDX-License-Identifier: MIT
#include "policy/mx_pattern.h"

namespace tlspact {

Result<MxPattern> MxPattern::parse(std::string_view text) {
  std::string_view name = text;
  const bool wildcard = name.starts_with("*.") || name.starts_with('.');
  if (wildcard) name.remove_prefix(name.front() == '*' ? 2 : 1);
  auto domain = Domain::parse(name);
  if (!domain) return std::unexpected(domain.error());
  return MxPattern{*std::move(domain), wildcard};
}

bool MxPattern::matches(const Domain& host) const {
  return wildcard ? host.parent() == name.text() : host == name;
}

std::string MxPattern::text() const {
  return wildcard ? "*." + name.text() : name.text();
}

}  // namespace tlspact
