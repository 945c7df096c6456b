// SPDX-License-Identifier: MIT
#include "policy/policy_inputs.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace tlspact {
namespace {

Candidate candidate_of(const PublishedList& published, const PolicyList::Policy& policy,
                       unsigned order) {
  Candidate candidate;
  candidate.source = Source::list;
  candidate.order = order;
  candidate.mode = published.early_adopter ? Mode::enforce : policy.mode;
  candidate.policy = policy.tls;
  candidate.valid_until = published.list->expires;
  candidate.provenance = {.name = published.name,
                          .where = published.url,
                          .fetched = published.fetched,
                          .serial = format_time(published.list->timestamp)};
  return candidate;
}

/// ".b.c", ".c" of "a.b.c" or ".a.b.c": the patterns that also cover it, most specific first.
std::vector<std::string> parent_patterns(const PolicyKey& key) {
  std::vector<std::string> parents;
  std::string_view rest = key.domain().parent();
  while (!rest.empty()) {
    parents.push_back("." + std::string{rest});
    const std::size_t dot = rest.find('.');
    rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
  }
  return parents;
}

}  // namespace

void PolicyInputs::add(const std::shared_ptr<const Agreement>& agreement) {
  given_.push_back(agreement);
  const auto policy = std::make_shared<const TlsPolicy>(agreement->policy);
  for (const Agreement::Covered& each : agreement->domains)
    agreements_.insert_or_assign(each.key.text(),
                                 Cover{each.key, each.position, agreement, policy});
}

std::vector<Candidate> PolicyInputs::candidates_for(const PolicyKey& key) const {
  std::vector<Candidate> candidates;
  std::vector<std::string> patterns{key.text()};
  if (key.by_domain()) std::ranges::move(parent_patterns(key), std::back_inserter(patterns));
  for (const std::string& pattern : patterns) {
    const auto found = agreements_.find(pattern);
    if (found == agreements_.end()) continue;
    const Cover& cover = found->second;
    Candidate candidate;
    candidate.source = Source::agreement;
    candidate.covered_by = cover.key;
    candidate.policy = cover.policy;
    candidate.exception = cover.agreement->exception;
    candidate.valid_from = cover.agreement->starts;
    candidate.valid_until = cover.agreement->expires;
    candidate.provenance = {.name = cover.agreement->partner,
                            .where = cover.position.text(),
                            .fetched = {},
                            .serial = cover.agreement->reference};
    candidates.push_back(std::move(candidate));
  }
  if (key.pattern.subdomains) return candidates;
  for (unsigned order = 0; order < lists_.size(); ++order) {
    if (const PolicyList::Policy* policy = lists_[order].list->find(key.domain()))
      candidates.push_back(candidate_of(lists_[order], *policy, order));
  }
  return candidates;
}

std::vector<PolicyKey> PolicyInputs::keys() const {
  std::vector<std::pair<std::string, PolicyKey>> keys;
  keys.reserve(agreements_.size());
  for (const auto& [text, cover] : agreements_)
    keys.emplace_back(text, cover.key);
  for (const PublishedList& published : lists_) {
    for (const PolicyList::Entry& entry : published.list->entries)
      keys.emplace_back(entry.domain.text(), PolicyKey::of(entry.domain));
  }
  std::ranges::sort(keys);
  const auto repeated = std::ranges::unique(keys);
  keys.erase(repeated.begin(), repeated.end());
  std::vector<PolicyKey> out;
  out.reserve(keys.size());
  for (auto& [text, key] : keys)
    out.push_back(std::move(key));
  return out;
}

}  // namespace tlspact
