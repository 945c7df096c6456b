// SPDX-License-Identifier: MIT
/// An explanation in words and as JSON: what `tlspact explain` prints and the dashboard shows.
#pragma once

#include <Poco/JSON/Object.h>

#include <string>

#include "daemon/control/explain.h"

namespace tlspact {

[[nodiscard]] std::string explanation_text(const Explanation& explanation,
                                           const GeneratorSettings& settings);
[[nodiscard]] Poco::JSON::Object::Ptr explanation_json(const Explanation& explanation);

/// The parts of one source's word, each one line: "agreement Acme Bank", "in force", "mode enforce,
/// level secure, mx mx.acme.example", "/etc/tlspact/agreements.d/acme.toml:2:13, until …".
[[nodiscard]] std::string candidate_title(const Candidate& candidate);
[[nodiscard]] std::string judged_standing(const Judged& judged);
[[nodiscard]] std::string candidate_says(const Candidate& candidate);
[[nodiscard]] std::string candidate_from(const Candidate& candidate);

}  // namespace tlspact
