// SPDX-License-Identifier: MIT
#include "generators/exim/exim_report.h"

#include <sstream>

namespace tlspact {
namespace {

/// The word behind "NAME = " in "  router = tlspact_mx, transport = tlspact_smtp".
std::string word_behind(const std::string& line, const std::string& name) {
  const std::size_t at = line.find(name + " = ");
  if (at == std::string::npos) return {};
  const std::size_t from = at + name.size() + 3;
  return line.substr(from, line.find_first_of(", \r", from) - from);
}

/// Where the address of a result line ends.
std::size_t address_end(const std::string& line) {
  for (const char* verdict : {" is undeliverable", " cannot be resolved", " <-- "})
    if (const std::size_t at = line.find(verdict); at != std::string::npos) return at;
  return line.size();
}

}  // namespace

EximDump parse_exim_dump(std::string_view text) {
  EximDump out;
  std::istringstream lines{std::string{text}};
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    const std::size_t equals = line.find(" =");
    if (equals != std::string::npos) {
      const std::size_t from = line.find_first_not_of(' ', equals + 2);
      out[line.substr(0, equals)] = from == std::string::npos ? "" : line.substr(from);
    } else if (line.starts_with("no_")) {
      out[line.substr(3)] = "no";
    } else if (!line.empty() && !line.contains(' ')) {
      out[line] = "yes";
    }
  }
  return out;
}

std::vector<std::string> parse_exim_names(std::string_view text) {
  std::vector<std::string> out;
  std::istringstream lines{std::string{text}};
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && !line.contains(' ')) out.push_back(line);
  return out;
}

std::vector<EximRoute> parse_exim_routes(std::string_view text) {
  std::vector<EximRoute> out;
  std::istringstream lines{std::string{text}};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    const bool begins = line.front() != ' ' && line.front() != '\t';
    if (begins && line.substr(0, line.find(' ')).contains('@')) {
      const std::size_t end = address_end(line);
      out.push_back({line.substr(0, end), {}, {}, {}});
      if (end < line.size()) out.back().said = line.substr(end + 1);
    } else if (!begins && !out.empty() && line.contains("router = ")) {
      out.back().router = word_behind(line, "router");
      out.back().transport = word_behind(line, "transport");
    }
  }
  return out;
}

std::map<std::string, std::string> parse_debian_exim_answers(std::string_view text) {
  std::map<std::string, std::string> out;
  std::istringstream lines{std::string{text}};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find_first_not_of(" \t");
    const std::size_t equals = line.find('=');
    if (first == std::string::npos || line[first] == '#' || equals == std::string::npos) continue;
    std::string value = line.substr(equals + 1);
    value.erase(value.find_last_not_of(" \t\r") + 1);
    const bool quoted = value.size() >= 2 && value.front() == value.back() &&
                        (value.front() == '\'' || value.front() == '"');
    out[line.substr(first, equals - first)] =
        quoted ? value.substr(1, value.size() - 2) : value.substr(0, value.find_first_of(" \t"));
  }
  return out;
}

}  // namespace tlspact
