// SPDX-License-Identifier: MIT
#include "policy/evidence.h"

namespace tlspact {

std::string_view evidence_kind_name(EvidenceKind kind) {
  switch (kind) {
    case EvidenceKind::positive:
      return "positive";
    case EvidenceKind::negative:
      return "negative";
    case EvidenceKind::inconclusive:
      return "inconclusive";
  }
  return "";
}

std::optional<EvidenceKind> parse_evidence_kind(std::string_view name) {
  for (const auto kind :
       {EvidenceKind::positive, EvidenceKind::negative, EvidenceKind::inconclusive}) {
    if (evidence_kind_name(kind) == name) return kind;
  }
  return std::nullopt;
}

}  // namespace tlspact
