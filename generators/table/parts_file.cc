// SPDX-License-Identifier: MIT
#include "generators/table/parts_file.h"

#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "generators/table/file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

/// Eight bytes at a time.
class Checksum {
 public:
  void add(std::string_view bytes) {
    while (bytes.size() >= kWord) {
      mix(bytes.data(), kWord, 0);
      bytes.remove_prefix(kWord);
    }
    mix(bytes.data(), bytes.size(), bytes.size() + 1);
  }
  [[nodiscard]] std::uint64_t value() const { return sum_; }

 private:
  static constexpr std::size_t kWord = sizeof(std::uint64_t);

  void mix(const char* bytes, std::size_t size, std::uint64_t length) {
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
    std::uint64_t word = 0;
    if (size > 0) std::memcpy(&word, bytes, size);
    sum_ = (sum_ ^ word ^ length << 56) * kOdd;
    sum_ ^= sum_ >> 29;
  }

  std::uint64_t sum_ = 1;
};

/// The kind, the checksum of everything else, and the size of each part.
struct Head {
  std::array<char, 24> kind{};
  std::uint64_t checksum = 0;
};

Head head_of(std::string_view kind) {
  Head head;
  kind.copy(head.kind.data(), head.kind.size() - 1);
  return head;
}

std::string_view bytes_of(const std::vector<std::uint64_t>& sizes) {
  return number_part(sizes);
}

bool read_exactly(std::istream& in, char* to, std::size_t size) {
  in.read(to, static_cast<std::streamsize>(size));
  return static_cast<std::size_t>(in.gcount()) == size;
}

/// False: not whole.
bool read_all(std::istream& in, std::uintmax_t file_size, std::string_view kind,
              std::vector<std::string>& parts) {
  Head head;
  std::vector<std::uint64_t> sizes(parts.size());
  if (!read_exactly(in, reinterpret_cast<char*>(&head), sizeof head) ||
      !read_exactly(in, reinterpret_cast<char*>(sizes.data()), bytes_of(sizes).size()) ||
      head.kind != head_of(kind).kind)
    return false;
  std::uint64_t expected = sizeof head + bytes_of(sizes).size();
  for (const std::uint64_t size : sizes) {
    if (size > file_size) return false;
    expected += size;
  }
  if (expected != file_size) return false;
  Checksum checksum;
  checksum.add(bytes_of(sizes));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i].resize(sizes[i]);
    if (!read_exactly(in, parts[i].data(), sizes[i])) return false;
    checksum.add(parts[i]);
  }
  return checksum.value() == head.checksum;
}

}  // namespace

Result<void> write_parts(const fs::path& file, std::string_view kind,
                         std::span<const std::string_view> parts, unsigned mode) {
  Head head = head_of(kind);
  std::vector<std::uint64_t> sizes;
  for (const std::string_view part : parts)
    sizes.push_back(part.size());
  Checksum checksum;
  checksum.add(bytes_of(sizes));
  for (const std::string_view part : parts)
    checksum.add(part);
  head.checksum = checksum.value();
  const fs::path fresh = file.string() + std::string{kPartMark};
  std::error_code ignored;
  fs::remove(fresh, ignored);
  auto writer = FileWriter::create(fresh, mode);
  if (!writer) return std::unexpected(writer.error());
  auto written = writer->write({reinterpret_cast<const char*>(&head), sizeof head});
  if (written) written = writer->write(bytes_of(sizes));
  for (const std::string_view part : parts) {
    if (written) written = writer->write(part);
  }
  if (written) written = writer->close();
  if (written && std::rename(fresh.c_str(), file.c_str()) != 0)
    written = io_error(file, "replaced");
  if (!written) fs::remove(fresh, ignored);
  return written;
}

Result<std::vector<std::string>> read_parts(const fs::path& file, std::string_view kind,
                                            std::size_t count) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  std::ifstream in{file, std::ios::binary};
  if (error || !in) return fail(Errc::no_input, file.string() + ": cannot be read");
  std::vector<std::string> parts(count);
  if (!read_all(in, size, kind, parts))
    return fail(Errc::bad_input, file.string() + ": is damaged, or of another version");
  return parts;
}

}  // namespace tlspact
