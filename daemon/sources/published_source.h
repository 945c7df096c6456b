// SPDX-License-Identifier: MIT
/// PublishedSource: what the domains themselves publish, DANE and MTA-STS.
#pragma once

#include <set>

#include "daemon/sources/domain_lookups.h"
#include "daemon/sources/policy_source.h"

namespace tlspact {

/// Looks up the correspondents: the domains that files and logs of this machine name, those of the
/// store, and the next-hops of the agreements and lists that were loaded before it. fetch() looks
/// up what is known and due, load() what is new; what is known stays where nothing can be learned.
/// Offline, nothing is asked. A domain that nothing names any more is forgotten.
class PublishedSource : public PolicySource {
 public:
  explicit PublishedSource(const Config& config);

  [[nodiscard]] std::string name() const override { return "DANE and MTA-STS"; }
  [[nodiscard]] FetchReport fetch(const FetchContext& context) override;
  [[nodiscard]] FetchReport load(const FetchContext& context, PolicyInputs& inputs) override;
  [[nodiscard]] std::string fingerprint() const override;
  [[nodiscard]] std::optional<Time> next_change(Time now) const override;

 private:
  void read_store(const FetchContext& context, Notices& notices);
  void read_files(const FetchContext& context, Notices& notices);
  void look_up(const FetchContext& context, const std::set<std::string>& keys, Notices& notices);
  void forget(const FetchContext& context, const std::set<std::string>& wanted, Notices& notices);
  void add_sts(const FetchContext& context, PolicyInputs& inputs, Notices& notices) const;
  void add_dane(const FetchContext& context, PolicyInputs& inputs) const;
  [[nodiscard]] bool has_policy(const std::string& text) const;
  [[nodiscard]] LookupOptions options(const FetchContext& context, Notices& notices) const;

  const Config& config_;
  bool dane_;
  Time now_;  ///< of fetch()
  std::set<std::string> correspondents_;
  std::set<std::string> stale_;      ///< correspondents that are to be forgotten
  std::set<std::string> looked_up_;  ///< in this run, by "MTA-STS DOMAIN" and "DANE NEXT-HOP"
  PublishedStates states_;
};

}  // namespace tlspact
