// SPDX-License-Identifier: MIT
#include "generators/install/manifest.h"

#include <sstream>

namespace tlspact {
namespace {

constexpr std::string_view kHead = "tlspact generation 1";
constexpr std::string_view kTail = "end";

/// "file ORIGIN MTA TYPE DEVICE INODE SIZE MODIFIED STORED PATH", without the first word. Neither
/// names nor paths hold control bytes, and STORED no spaces.
std::optional<InstalledGeneration::File> parse_file(std::istringstream& in) {
  InstalledGeneration::File file;
  std::string type;
  FileIdentity& identity = file.identity;
  if (!(in >> file.origin >> file.mta >> type >> identity.device >> identity.inode >>
        identity.size >> identity.modified >> file.stored))
    return std::nullopt;
  file.type = parse_table_type(type);
  std::string path;
  if (in.get() != ' ' || !std::getline(in, path) || path.empty()) return std::nullopt;
  file.path = path;
  return file;
}

}  // namespace

std::string manifest_text(const InstalledGeneration& generation) {
  std::string out{kHead};
  out += "\nnumber " + std::to_string(generation.number);
  out += "\nmade " + format_time(generation.made);
  out += "\ncause " + generation.cause + "\n";
  for (const InstalledGeneration::File& file : generation.files) {
    out += "file " + std::to_string(file.origin) + " " + file.mta + " " +
           std::string{file.type ? table_type_name(*file.type) : "plain"} + " " +
           file.identity.text() + " " + file.stored + " " + file.path.string() + "\n";
  }
  return out + std::string{kTail} + "\n";
}

std::optional<InstalledGeneration> parse_manifest(const std::string& text) {
  std::istringstream lines{text};
  std::string line;
  if (!std::getline(lines, line) || line != kHead) return std::nullopt;
  InstalledGeneration out;
  while (std::getline(lines, line)) {
    if (line == kTail) return out;
    std::istringstream in{line};
    std::string name;
    in >> name;
    if (name == "number") {
      in >> out.number;
    } else if (name == "made") {
      std::string time;
      in >> time;
      out.made = parse_rfc3339(time).value_or(Time{});
    } else if (name == "cause") {
      if (in.get() != ' ') return std::nullopt;
      std::getline(in, out.cause);
    } else if (name == "file") {
      auto file = parse_file(in);
      if (!file) return std::nullopt;
      out.files.push_back(*std::move(file));
    }
  }
  return std::nullopt;  // cut off
}

}  // namespace tlspact
