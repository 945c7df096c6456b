// SPDX-License-Identifier: MIT
#include <cdb.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

#include "generators/table/file.h"
#include "generators/table/table_formats.h"

namespace tlspact {
namespace {

/// The header: 256 pointers to hash tables. A shorter file kills Postfix's smtp(8).
constexpr off_t kHeader = 2048;

std::uint32_t little_endian(const unsigned char* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8 |
         static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
}

/// Whether the last of the 256 hash tables ends where the file ends. tinycdb itself reads a file
/// that is cut off behind its header as an empty one.
bool is_whole(int fd, off_t size) {
  std::array<unsigned char, kHeader> header{};
  if (::pread(fd, header.data(), header.size(), 0) != kHeader) return false;
  std::uint64_t end = 0;
  for (std::size_t at = 0; at < header.size(); at += 8) {
    const std::uint64_t slots = little_endian(&header[at + 4]);
    end = std::max(end, little_endian(&header[at]) + slots * 8);
  }
  return end == static_cast<std::uint64_t>(size);
}

/// An open cdb for reading; unmapped and closed with it.
class CdbReader {
 public:
  CdbReader() = default;
  CdbReader(const CdbReader&) = delete;
  CdbReader& operator=(const CdbReader&) = delete;
  CdbReader(CdbReader&&) = delete;
  CdbReader& operator=(CdbReader&&) = delete;
  ~CdbReader() {
    if (open_) cdb_free(&cdb_);
    if (fd_ >= 0) ::close(fd_);
  }

  Result<void> open(const std::filesystem::path& path) {
    fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) return io_error(path, "read");
    struct stat status{};
    if (::fstat(fd_, &status) != 0) return io_error(path, "read");
    if (!is_whole(fd_, status.st_size) || cdb_init(&cdb_, fd_) != 0)
      return fail(Errc::bad_input, path.string() + ": is not a whole cdb file");
    open_ = true;
    return {};
  }

  [[nodiscard]] std::string_view view(unsigned position, unsigned length) {
    const void* data = cdb_get(&cdb_, length, position);
    return data == nullptr ? std::string_view{}
                           : std::string_view{static_cast<const char*>(data), length};
  }

  /// Walks the records in file order and finds each through the hash tables as a reader does.
  Result<Rows> rows(const std::filesystem::path& path) {
    Rows rows;
    unsigned position = 0;
    cdb_seqinit(&position, &cdb_);
    int more = 0;
    while ((more = cdb_seqnext(&position, &cdb_)) > 0) {
      Row row{std::string{view(cdb_keypos(&cdb_), cdb_keylen(&cdb_))},
              std::string{view(cdb_datapos(&cdb_), cdb_datalen(&cdb_))}};
      if (cdb_find(&cdb_, row.key.data(), static_cast<unsigned>(row.key.size())) <= 0)
        return fail(Errc::bad_input, path.string() + ": a key cannot be found by its hash");
      rows.push_back(std::move(row));
    }
    if (more < 0) return fail(Errc::bad_input, path.string() + ": is not a whole cdb file");
    return rows;
  }

 private:
  struct cdb cdb_{};
  int fd_ = -1;
  bool open_ = false;
};

}  // namespace

Result<void> write_cdb(const std::filesystem::path& path, const Rows& rows) {
  constexpr unsigned kMode = 0644;
  const auto fd = create_file(path, kMode);
  if (!fd) return std::unexpected(fd.error());
  struct cdb_make make{};
  bool good = cdb_make_start(&make, *fd) == 0;
  for (const Row& row : rows) {
    good = good && cdb_make_add(&make, row.key.data(), static_cast<unsigned>(row.key.size()),
                                row.value.data(), static_cast<unsigned>(row.value.size())) == 0;
  }
  // cdb_make_finish also frees, so it runs in any case.
  const int write_errno = errno;
  const bool finished = cdb_make_finish(&make) == 0;
  if (!good || !finished) {
    if (!good) errno = write_errno;
    auto error = io_error(path, "written (a cdb holds at most 4 GiB)");
    ::close(*fd);
    return error;
  }
  return flush_and_close(*fd, path);
}

Result<Rows> read_cdb(const std::filesystem::path& path) {
  CdbReader reader;
  if (auto opened = reader.open(path); !opened) return std::unexpected(opened.error());
  auto rows = reader.rows(path);
  if (rows) std::ranges::stable_sort(*rows, {}, &Row::key);
  return rows;
}

}  // namespace tlspact
