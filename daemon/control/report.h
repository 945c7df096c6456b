// SPDX-License-Identifier: MIT
/// Saying things on a terminal and in JSON.
#pragma once

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <string>
#include <string_view>
#include <vector>

#include "daemon/control/generate.h"
#include "daemon/control/wiring/finding.h"
#include "policy/notice.h"
#include "policy/tls_policy.h"

namespace tlspact {

/// "note", "warning", "alert".
[[nodiscard]] std::string_view severity_name(Severity severity);

/// One line for each text, with its subjects counted: "alert: a.example, b.example and 359 more:
/// text". Only those of at least `least`.
[[nodiscard]] std::string notices_text(const Notices& notices, Severity least);
[[nodiscard]] Poco::JSON::Array::Ptr notices_json(const Notices& notices);

/// One line for each finding, and below it its remedy: "  remedy: postconf -e …".
[[nodiscard]] std::string findings_text(const Findings& findings);
/// Adds them to an array of notices; each has a "remedy", which may be empty.
void add_findings_json(const Findings& findings, Poco::JSON::Array::Ptr to);

[[nodiscard]] std::string patterns_text(const std::vector<MxPattern>& patterns);
[[nodiscard]] Poco::JSON::Object::Ptr policy_json(const TlsPolicy& policy);

/// "1 domain", "2 domains".
[[nodiscard]] std::string counted(std::size_t count, std::string_view noun);

/// `text` with unprintable bytes escaped and cut to 80 bytes, for showing what came from outside.
[[nodiscard]] std::string shown(std::string_view text);

/// `text` on one line: control bytes, which a terminal might obey, become "?", and what is no UTF-8
/// U+FFFD.
[[nodiscard]] std::string one_line(std::string text);

}  // namespace tlspact
