// SPDX-License-Identifier: MIT
/// What is rendered for an MTA that cannot do DANE, because nothing validates for it.
#pragma once

#include <string>

#include "generators/policy_draft.h"
#include "policy/notice.h"
#include "policy/snapshot.h"

namespace tlspact {

/// Whether a certificate can be compared with names that do not come from unsigned DNS.
[[nodiscard]] bool has_names(const SnapshotEntry& entry, const TlsPolicy& policy);

/// Replaces the levels dane and dane-only, which would be may in silence, or defer everything, by
/// what holds without DANE; at least encrypt for dane-only. `because`: why, for the notice that
/// tells of it (an alert for an agreement). Other levels stay. False: no entry is left.
[[nodiscard]] bool replace_dane(const SnapshotEntry& entry, PolicyDraft& draft,
                                const std::string& because, Notices& notices);

}  // namespace tlspact
