// SPDX-License-Identifier: MIT
/// PolicyInputs: everything that every source knows, and the candidates for one next-hop in it.
#pragma once

#include <map>
#include <memory>
#include <string>
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

/// A value that is built once and then only read.
class PolicyInputs {
 public:
  void add(const std::shared_ptr<const Agreement>& agreement);
  /// Lists rank in the order in which they are added.
  void add(PublishedList list) { lists_.push_back(std::move(list)); }

  /// What every source says about `key`, valid or not. Agreements: those on the key itself and, for
  /// a domain or a pattern, on any `.parent`. Published policies: those of the key's policy domain;
  /// none for a pattern, because a subdomain uses its own policy only.
  [[nodiscard]] std::vector<Candidate> candidates_for(const PolicyKey& key) const;

  /// Every key that has an agreement or a published policy of its own, sorted by text, once.
  [[nodiscard]] std::vector<PolicyKey> keys() const;

  [[nodiscard]] const std::vector<PublishedList>& lists() const { return lists_; }

  /// In the order in which they were added, valid or not.
  [[nodiscard]] const std::vector<std::shared_ptr<const Agreement>>& agreements() const {
    return given_;
  }

 private:
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
};

}  // namespace tlspact
