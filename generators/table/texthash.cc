// SPDX-License-Identifier: MIT
#include <algorithm>

#include "generators/table/file.h"
#include "generators/table/table_formats.h"

namespace tlspact {
namespace {

constexpr unsigned kMode = 0644;
constexpr std::size_t kMaxText = 4UL << 30;

}  // namespace

std::string texthash_text(const Rows& rows) {
  std::string text = "# Written by tlspact, which writes it anew: do not edit.\n";
  for (const Row& row : rows) {
    text += row.key;
    text += ' ';
    text += row.value;
    text += '\n';
  }
  return text;
}

Result<void> write_texthash(const std::filesystem::path& path, const Rows& rows) {
  return write_new_file(path, texthash_text(rows), kMode);
}

Result<Rows> read_texthash(const std::filesystem::path& path) {
  const auto text = read_file(path, kMaxText);
  if (!text) return std::unexpected(text.error());
  if (!text->empty() && !text->ends_with('\n'))
    return fail(Errc::bad_input, path.string() + ": the last line is cut off");
  Rows rows;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    if (line.empty() || line.front() == '#') continue;
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos)
      return fail(Errc::bad_input, path.string() + ": a line without a value");
    rows.push_back({std::string{line.substr(0, space)}, std::string{line.substr(space + 1)}});
  }
  std::ranges::stable_sort(rows, {}, &Row::key);
  return rows;
}

}  // namespace tlspact
