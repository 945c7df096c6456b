// SPDX-License-Identifier: MIT
/// Small files for tests.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "generators/process/temp_directory.h"

namespace tlspact::test {

inline void write(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out{path, std::ios::binary | std::ios::trunc};
  out << bytes;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + path.string());
}

inline std::string read(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace tlspact::test
