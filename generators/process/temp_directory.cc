// SPDX-License-Identifier: MIT
#include "generators/process/temp_directory.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace tlspact {

Result<TempDirectory> TempDirectory::make(const std::filesystem::path& parent) {
  std::error_code error;
  std::filesystem::path base = parent;
  if (base.empty()) {
    base = std::filesystem::temp_directory_path(error);
    if (error) base = "/tmp";
  } else {
    std::filesystem::create_directories(base, error);
  }
  std::string name =
      (base / ("tlspact-" + std::string(6, 'X'))).string();  // for mkdtemp to replace
  if (::mkdtemp(name.data()) == nullptr)
    return fail(Errc::io, name + ": cannot be made: " + std::strerror(errno));
  return TempDirectory{name};
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace tlspact
