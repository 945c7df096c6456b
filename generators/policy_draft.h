// SPDX-License-Identifier: MIT
/// PolicyDraft: a policy that is brought to what an MTA can do.
#pragma once

#include <memory>
#include <utility>

#include "policy/tls_policy.h"

namespace tlspact {

/// Shares the policy that it begins with, and copies it before it is changed: most policies are
/// rendered as they are, and a million copies are not made.
class PolicyDraft {
 public:
  /// Precondition: not nullptr.
  explicit PolicyDraft(std::shared_ptr<const TlsPolicy> policy) : policy_(std::move(policy)) {}

  [[nodiscard]] const TlsPolicy& policy() const { return *policy_; }
  void replace(std::shared_ptr<const TlsPolicy> policy) { policy_ = std::move(policy); }
  void replace(TlsPolicy policy) { policy_ = std::make_shared<const TlsPolicy>(std::move(policy)); }
  void set_level(Level level) {
    TlsPolicy changed = *policy_;
    changed.level = level;
    replace(std::move(changed));
  }

 private:
  std::shared_ptr<const TlsPolicy> policy_;
};

}  // namespace tlspact
