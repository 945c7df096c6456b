// SPDX-License-Identifier: MIT
#include "daemon/control/wiring/agreed.h"

#include <algorithm>

#include "daemon/sources/agreement_files.h"
#include "daemon/sources/agreement_parser.h"

namespace tlspact {
namespace fs = std::filesystem;

Agreements agreements_in_force(const fs::path& directory, Time now) {
  Agreements out;
  const auto files = agreement_files(directory);
  if (!files) return out;
  for (const fs::path& file : *files) {
    const auto text = read_agreement_file(file);
    if (!text) continue;
    const auto agreements = parse_agreements(*text, file.string());
    if (!agreements) continue;
    std::ranges::copy_if(*agreements, std::back_inserter(out),
                         [&](const auto& each) { return each->holds_at(now); });
  }
  return out;
}

bool is_mandatory(const Agreement& agreement) {
  return !agreement.exception && agreement.policy.level >= Level::encrypt &&
         agreement.policy.level != Level::dane;
}

std::vector<std::string> agreed_ca_files(const Agreements& agreements) {
  std::vector<std::string> out;
  for (const auto& agreement : agreements)
    if (!agreement->policy.ca_file.empty()) out.push_back(agreement->policy.ca_file);
  std::ranges::sort(out);
  const auto repeated = std::ranges::unique(out);
  out.erase(repeated.begin(), repeated.end());
  return out;
}

}  // namespace tlspact
