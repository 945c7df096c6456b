// SPDX-License-Identifier: MIT
#include "daemon/sources/agreement_files.h"

#include <algorithm>
#include <system_error>

#include "generators/table/file.h"

namespace tlspact {
namespace fs = std::filesystem;

Result<std::vector<fs::path>> agreement_files(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator each{directory, error}, end; !error && each != end;
       each.increment(error)) {
    const fs::path& path = each->path();
    if (path.extension() == ".toml" && !path.filename().string().starts_with('.'))
      files.push_back(path);
  }
  if (error)
    return fail(error == std::errc::no_such_file_or_directory ? Errc::no_input : Errc::io,
                directory.string() + ": cannot be read: " + error.message());
  std::ranges::sort(files);
  return files;
}

Result<std::string> read_agreement_file(const fs::path& path) {
  constexpr std::size_t kMaxFile = 16UL << 20;
  std::error_code error;
  if (!fs::is_regular_file(path, error))
    return fail(Errc::bad_input, path.string() + ": is not a regular file");
  return read_file(path, kMaxFile);
}

}  // namespace tlspact
