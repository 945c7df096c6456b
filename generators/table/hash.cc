// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>

#include "generators/process/subprocess.h"
#include "generators/table/file.h"
#include "generators/table/table_formats.h"

namespace tlspact {
namespace {

std::unexpected<Error> postmap_error(const std::filesystem::path& path,
                                     const CommandOutput& output) {
  return fail(Errc::io, path.string() + ": postmap failed: " + first_line(output));
}

/// postmap takes the path without ".db".
std::filesystem::path without_extension(std::filesystem::path path) {
  return path.replace_extension();
}

}  // namespace

Result<void> write_hash(const std::filesystem::path& path, const Rows& rows) {
  constexpr unsigned kMode = 0644;
  const std::filesystem::path source = without_extension(path);
  std::error_code ignored;
  std::filesystem::remove(source, ignored);  // of a run that was killed
  if (auto written = write_new_file(source, texthash_text(rows), kMode); !written) return written;
  const auto output = run_command({.argv = {"postmap", "hash:" + source.string()},
                                   .input = {},
                                   .deadline = std::chrono::minutes{10}});
  std::filesystem::remove(source, ignored);
  if (!output) return std::unexpected(output.error());
  if (output->exit_code != 0) return postmap_error(path, *output);
  return flush_file(path);
}

Result<Rows> read_hash(const std::filesystem::path& path) {
  if (std::error_code error; !std::filesystem::exists(path, error))
    return fail(Errc::no_input, path.string() + ": cannot be read: no such file");
  const auto output =
      run_command({.argv = {"postmap", "-s", "hash:" + without_extension(path).string()},
                   .input = {},
                   .deadline = std::chrono::minutes{10}});
  if (!output) return std::unexpected(output.error());
  if (output->exit_code != 0) {
    auto error = postmap_error(path, *output);
    error.error().code = Errc::bad_input;
    return error;
  }
  Rows rows;
  std::string_view rest = output->out;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    rows.push_back({std::string{line.substr(0, tab)}, std::string{line.substr(tab + 1)}});
  }
  std::ranges::stable_sort(rows, {}, &Row::key);
  return rows;
}

}  // namespace tlspact
