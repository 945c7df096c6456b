// SPDX-License-Identifier: MIT
#include "policy/policy_inputs.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace tlspact {
namespace {

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

Candidate list_candidate(const PublishedList& published, Mode mode, unsigned order,
                         TlsPolicy policy) {
  Candidate candidate;
  candidate.source = Source::list;
  candidate.order = order;
  candidate.mode = published.early_adopter ? Mode::enforce : mode;
  candidate.policy = std::make_shared<const TlsPolicy>(std::move(policy));
  candidate.valid_until = published.list->expires;
  candidate.provenance = {.name = published.name,
                          .where = published.url,
                          .fetched = published.fetched,
                          .serial = format_time(published.list->timestamp)};
  return candidate;
}

void PolicyInputs::add(const std::shared_ptr<const Agreement>& agreement) {
  given_.push_back(agreement);
  const auto policy = std::make_shared<const TlsPolicy>(agreement->policy);
  for (const Agreement::Covered& each : agreement->domains)
    agreements_.insert_or_assign(each.key.text(),
                                 Cover{each.key, each.position, agreement, policy});
}

void PolicyInputs::add(const PolicyKey& key, Candidate published) {
  published_[key.text()].push_back(std::move(published));
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
  add_published(key, candidates);
  for (unsigned order = 0; order < lists_.size(); ++order) {
    const PolicyList& list = *lists_[order].list;
    if (const PolicyList::Entry* entry = list.find(key.domain().text()))
      candidates.push_back(
          list_candidate(lists_[order], list.mode(*entry), order, list.tls(*entry)));
  }
  if (!held_.empty()) mark_held(key, candidates);
  return candidates;
}

void PolicyInputs::hold(const PolicyKey& key, Source source, std::string why) {
  held_[{key.text(), source}] = std::move(why);
}

void PolicyInputs::looked_up(const std::string& key_text, Time until) {
  const auto [known, is_new] = looked_up_.try_emplace(key_text, until);
  known->second = std::min(known->second, until);
}

void PolicyInputs::mark_held(const PolicyKey& key, std::vector<Candidate>& candidates) const {
  const auto why = [&](const std::string& text, Source source) {
    const auto found = held_.find({text, source});
    return found == held_.end() ? std::string{} : found->second;
  };
  for (Candidate& each : candidates) {
    if (each.source == Source::list) each.held = why(key.domain().text(), Source::list);
    if (each.source == Source::learned) each.held = why(key.text(), Source::learned);
  }
}

void PolicyInputs::add_published(const PolicyKey& key, std::vector<Candidate>& to) const {
  const std::string text = key.text();
  if (const auto own = published_.find(text); own != published_.end())
    std::ranges::copy(own->second, std::back_inserter(to));
  if (text == key.domain().text()) return;
  // A smart host's MTA-STS policy is that of its host (RFC 8461 section 3.4); DANE has a port.
  const auto host = published_.find(key.domain().text());
  if (host == published_.end()) return;
  std::ranges::copy_if(host->second, std::back_inserter(to),
                       [](const Candidate& each) { return each.source == Source::mta_sts; });
}

std::vector<std::pair<std::string, PolicyKey>> PolicyInputs::own_keys() const {
  std::vector<std::pair<std::string, PolicyKey>> keys;
  keys.reserve(agreements_.size() + published_.size());
  for (const auto& [text, cover] : agreements_)
    keys.emplace_back(text, cover.key);
  for (const auto& [text, candidates] : published_) {
    if (!agreements_.contains(text)) keys.emplace_back(text, PolicyKey::from_normal_form(text));
  }
  std::string last;  // of two sources the keys stand side by side
  for (const auto& [held, why] : held_) {
    if (held.first != last && !agreements_.contains(held.first) && !published_.contains(held.first))
      keys.emplace_back(held.first, PolicyKey::from_normal_form(held.first));
    last = held.first;
  }
  std::ranges::sort(keys, {}, &std::pair<std::string, PolicyKey>::first);
  return keys;
}

bool PolicyInputs::has_agreement_above(std::string_view domain_text) const {
  if (agreements_.empty()) return false;
  for (std::size_t dot = domain_text.find('.', 1); dot != std::string_view::npos;
       dot = domain_text.find('.', dot + 1)) {
    if (agreements_.contains(domain_text.substr(dot))) return true;
  }
  return false;
}

}  // namespace tlspact
