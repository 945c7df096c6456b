// SPDX-License-Identifier: MIT
#include "generators/postfix/postconf_text.h"

#include <algorithm>
#include <sstream>

namespace tlspact {
namespace {

constexpr std::string_view kWhite = " \t\r\n";

std::string trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(kWhite);
  if (from == std::string_view::npos) return {};
  return std::string{text.substr(from, text.find_last_not_of(kWhite) - from + 1)};
}

/// "name = value" or "name=value"; false if there is no name.
bool split_assignment(std::string_view line, std::string& name, std::string& value) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return false;
  name = trimmed(line.substr(0, equals));
  value = trimmed(line.substr(equals + 1));
  return !name.empty();
}

PostfixService parse_service(const std::string& line, bool chrooted_by_default) {
  constexpr std::size_t kColumns = 8;
  std::istringstream words{line};
  std::vector<std::string> columns(kColumns);
  for (std::string& column : columns)
    words >> column;
  PostfixService out;
  out.name = columns[0];
  out.type = columns[1];
  out.chrooted = columns[4] == "-" ? chrooted_by_default : columns[4] == "y";
  out.program = columns[7];
  return out;
}

}  // namespace

PostfixParameters parse_postconf(std::string_view text) {
  PostfixParameters out;
  std::istringstream lines{std::string{text}};
  std::string name;
  std::string value;
  for (std::string line; std::getline(lines, line);)
    if (split_assignment(line, name, value)) out[name] = value;
  return out;
}

std::vector<PostfixService> parse_master_cf(std::string_view services, std::string_view overrides,
                                            bool chrooted_by_default) {
  std::vector<PostfixService> out;
  std::istringstream lines{std::string{services}};
  for (std::string line; std::getline(lines, line);) {
    // Older versions of postconf fold: what begins with white space are further arguments.
    if (line.empty() || line.front() == ' ' || line.front() == '\t' || line.front() == '#')
      continue;
    PostfixService service = parse_service(line, chrooted_by_default);
    if (!service.program.empty()) out.push_back(std::move(service));
  }
  // "submission/inet/smtpd_tls_auth_only = yes"; a service's name may hold a slash (unix paths).
  for (const auto& [key, value] : parse_postconf(overrides)) {
    const std::size_t slash = key.rfind('/');
    if (slash == std::string::npos) continue;
    const auto service =
        std::ranges::find(out, key.substr(0, slash), [](const auto& each) { return each.text(); });
    if (service != out.end()) service->overrides[key.substr(slash + 1)] = value;
  }
  return out;
}

std::vector<PostfixInstanceName> parse_postmulti(std::string_view text) {
  std::vector<PostfixInstanceName> out;
  std::istringstream lines{std::string{text}};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::string name;
    std::string group;
    std::string enabled;
    std::string directory;
    if (words >> name >> group >> enabled >> directory)
      out.push_back({name, enabled == "y", directory});
  }
  return out;
}

std::vector<std::string> split_postfix_list(std::string_view value) {
  std::vector<std::string> out;
  std::string element;
  int depth = 0;
  for (const char c : value) {
    if (c == '{') ++depth;
    if (c == '}') --depth;
    const bool separates = depth <= 0 && (c == ',' || kWhite.contains(c));
    if (!separates) {
      element += c;
    } else if (!element.empty()) {
      out.push_back(std::move(element));
      element.clear();
    }
  }
  if (!element.empty()) out.push_back(std::move(element));
  return out;
}

}  // namespace tlspact
