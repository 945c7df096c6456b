// SPDX-License-Identifier: MIT
/// PolicyInputs: everything that every source knows, and the candidates for one next-hop in it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/agreement.h"
#include "policy/candidate.h"
#include "policy/policy_list.h"

namespace tlspact {

/// A list as it is configured here.
struct PublishedList {
  std::string name;
  std::string url;
  bool early_adopter = false;  ///< testing counts as enforce
  Time fetched;
  std::shared_ptr<const PolicyList> list;
};

/// What a list says about one domain, ready to be weighed. `order` is the list's place among all.
[[nodiscard]] Candidate list_candidate(const PublishedList& published, Mode mode, unsigned order,
                                       TlsPolicy policy);

/// A value that is built once and then only read.
class PolicyInputs {
 public:
  void add(const std::shared_ptr<const Agreement>& agreement);
  /// Lists rank in the order in which they are added.
  void add(PublishedList list) { lists_.push_back(std::move(list)); }

  /// What a domain itself publishes: DANE, of the next-hop `key` with its port, or MTA-STS, of its
  /// policy domain.
  void add(const PolicyKey& key, Candidate published);

  /// A guard holds back what lists say of this policy domain, or what was learned of this next-hop:
  /// their candidates have `why` in Candidate::held.
  void hold(const PolicyKey& key, Source source, std::string why);

  /// The next-hop was looked up, and what came of it is believed until then. Of several times the
  /// first one counts.
  void looked_up(const std::string& key_text, Time until);
  [[nodiscard]] const std::map<std::string, Time, std::less<>>& looked_up() const {
    return looked_up_;
  }

  /// What every source says about `key`, valid or not. Agreements: those on the key itself and, for
  /// a domain or a pattern, on any `.parent`. Published policies: those of the key's policy domain;
  /// none for a pattern, because a subdomain uses its own policy only.
  [[nodiscard]] std::vector<Candidate> candidates_for(const PolicyKey& key) const;

  /// Every key that has an agreement of its own, of which something published is known, or that a
  /// guard holds back, with its text, ascending by it.
  [[nodiscard]] std::vector<std::pair<std::string, PolicyKey>> own_keys() const;

  /// Whether an agreement on a `.parent` of this domain covers it.
  [[nodiscard]] bool has_agreement_above(std::string_view domain_text) const;

  [[nodiscard]] const std::vector<PublishedList>& lists() const { return lists_; }

  /// In the order in which they were added, valid or not.
  [[nodiscard]] const std::vector<std::shared_ptr<const Agreement>>& agreements() const {
    return given_;
  }

 private:
  void add_published(const PolicyKey& key, std::vector<Candidate>& to) const;
  void mark_held(const PolicyKey& key, std::vector<Candidate>& candidates) const;

  struct Cover {
    PolicyKey key;
    FilePosition position;
    std::shared_ptr<const Agreement> agreement;
    std::shared_ptr<const TlsPolicy> policy;
  };
  /// By the text of the key. At most one each (the parser of the directory sees to it).
  std::map<std::string, Cover, std::less<>> agreements_;
  std::vector<std::shared_ptr<const Agreement>> given_;
  std::vector<PublishedList> lists_;
  /// By the text of the key.
  std::map<std::string, std::vector<Candidate>, std::less<>> published_;
  std::map<std::pair<std::string, Source>, std::string> held_;
  std::map<std::string, Time, std::less<>> looked_up_;
};

}  // namespace tlspact
