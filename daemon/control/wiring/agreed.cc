// SPDX-License-Identifier: MIT
#include "daemon/control/wiring/agreed.h"

#include <algorithm>

#include "daemon/sources/agreement_parser.h"
#include "generators/table/file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> agreement_files(const fs::path& directory) {
  std::vector<fs::path> out;
  std::error_code error;
  for (fs::directory_iterator each{directory, error}, end; !error && each != end;
       each.increment(error))
    if (each->path().extension() == ".toml") out.push_back(each->path());
  std::ranges::sort(out);
  return out;
}

}  // namespace

Agreements agreements_in_force(const fs::path& directory, Time now) {
  constexpr std::size_t kLimit = std::size_t{16} << 20U;
  Agreements out;
  for (const fs::path& file : agreement_files(directory)) {
    const auto text = read_file(file, kLimit);
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
