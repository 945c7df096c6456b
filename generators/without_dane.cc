// SPDX-License-Identifier: MIT
#include "generators/without_dane.h"

namespace tlspact {

bool has_names(const SnapshotEntry& entry, const TlsPolicy& policy) {
  return !policy.mx.empty() || !policy.certificate_names.empty() || entry.key.bracketed;
}

bool replace_dane(const SnapshotEntry& entry, PolicyDraft& draft, const std::string& because,
                  Notices& notices) {
  const Level before = draft.policy().level;
  if (before != Level::dane && before != Level::dane_only) return true;
  const Severity severity = entry.source == Source::agreement ? Severity::alert : Severity::warning;
  const std::string text =
      std::string{level_name(before)} + " cannot be used, because " + because + ": ";
  if (entry.policy_without_dane != nullptr) draft.replace(entry.policy_without_dane);
  if (before == Level::dane && entry.policy_without_dane == nullptr) {
    notices.push_back({severity, entry.text(), text + "no entry"});
    return false;
  }
  if (draft.policy().level == Level::dane_only || entry.policy_without_dane == nullptr) {
    draft.replace(without_authentication(entry, draft.policy()));
    if (has_names(entry, draft.policy())) draft.set_level(Level::secure);
  }
  notices.push_back({severity, entry.text(),
                     text + std::string{level_name(draft.policy().level)} + " is used instead"});
  return true;
}

}  // namespace tlspact
