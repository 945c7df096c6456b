// SPDX-License-Identifier: MIT
#include "daemon/sources/policy_source.h"

#include "daemon/sources/agreement_source.h"
#include "daemon/sources/list_source.h"
#include "daemon/sources/published_source.h"

namespace tlspact {

std::vector<std::unique_ptr<PolicySource>> policy_sources(const Config& config) {
  std::vector<std::unique_ptr<PolicySource>> sources;
  sources.push_back(std::make_unique<AgreementSource>(config));
  for (const ListConfig& list : config.lists)
    sources.push_back(std::make_unique<ListSource>(list, config));
  sources.push_back(std::make_unique<PublishedSource>(config));  // last: see its load()
  return sources;
}

}  // namespace tlspact
