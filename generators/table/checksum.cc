// SPDX-License-Identifier: MIT
#include "generators/table/checksum.h"

#include <string>

#include "generators/table/file.h"
#include "generators/table/mapped_file.h"

namespace tlspact {
namespace {

constexpr unsigned kMode = 0644;
constexpr std::size_t kLongest = 64;

std::filesystem::path place_of(const std::filesystem::path& file) {
  return file.string() + ".sum";
}

Result<std::string> checksum_of(const std::filesystem::path& file) {
  const auto mapped = MappedFile::open(file);
  if (!mapped) return std::unexpected(mapped.error());
  Checksum checksum;
  checksum.add(mapped->bytes());
  return std::to_string(checksum.value()) + "\n";
}

}  // namespace

Result<void> write_checksum(const std::filesystem::path& file) {
  const auto text = checksum_of(file);
  if (!text) return std::unexpected(text.error());
  return replace_file(place_of(file), *text, kMode);
}

Result<void> verify_checksum(const std::filesystem::path& file) {
  const auto written = read_file(place_of(file), kLongest);
  if (!written) {
    if (written.error().code == Errc::no_input) return {};
    return std::unexpected(written.error());
  }
  const auto now = checksum_of(file);
  if (!now) return std::unexpected(now.error());
  if (*now == *written) return {};
  return fail(Errc::bad_input,
              file.string() + " is damaged: it is not what it was when it was kept");
}

}  // namespace tlspact
