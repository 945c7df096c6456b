// SPDX-License-Identifier: MIT
/// Policy lists as text, one part replaced at a time.
#pragma once

#include <string>

namespace tlspact::test {

/// The members of a list, each as JSON text; an empty one is left out.
struct ListText {
  std::string timestamp = R"("2026-10-20T00:00:00Z")";
  std::string expires = R"("2026-12-01T00:00:00Z")";
  std::string version = R"("0.1")";
  std::string author = R"("The publisher")";
  std::string aliases = "{}";
  std::string policies = R"({"example.org":{"mode":"enforce","mxs":["mx.example.org"]}})";
  std::string more = {};  ///< further members, with a comma first

  [[nodiscard]] std::string text() const {
    std::string out = "{";
    const auto add = [&out](const std::string& name, const std::string& value) {
      if (value.empty()) return;
      out += (out.size() == 1 ? "\"" : ",\"") + name + "\":" + value;
    };
    add("timestamp", timestamp);
    add("expires", expires);
    add("version", version);
    add("author", author);
    add("policy-aliases", aliases);
    add("policies", policies);
    return out + more + "}";
  }
};

/// A list with these "policies".
inline std::string list_with(const std::string& policies, const std::string& aliases = "{}") {
  return ListText{.aliases = aliases, .policies = policies}.text();
}

/// A list in which `domain` enforces one MX host.
inline std::string list_for(const std::string& domain,
                            const std::string& timestamp = "2026-10-20T00:00:00Z",
                            const std::string& expires = "2026-12-01T00:00:00Z") {
  return ListText{
      .timestamp = "\"" + timestamp + "\"",
      .expires = "\"" + expires + "\"",
      .policies = "{\"" + domain + R"(":{"mode":"enforce","mxs":["mx.)" + domain + "\"]}}"}
      .text();
}

}  // namespace tlspact::test
