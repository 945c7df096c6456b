// SPDX-License-Identifier: MIT
/// Evidence, and what is remembered of it, as the store keeps it: JSON text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/endpoint_memory.h"
#include "policy/learning.h"

namespace tlspact {

[[nodiscard]] std::string evidence_json(const Evidence& evidence);
[[nodiscard]] std::string endpoint_json(const EndpointMemory& memory);
[[nodiscard]] std::string learned_domain_json(const LearnedDomain& domain);

/// nullopt: it is not what the functions above make.
[[nodiscard]] std::optional<Evidence> parse_evidence_json(std::string_view text);
[[nodiscard]] std::optional<EndpointMemory> parse_endpoint_json(std::string_view text);
[[nodiscard]] std::optional<LearnedDomain> parse_learned_domain_json(std::string_view text);

}  // namespace tlspact
