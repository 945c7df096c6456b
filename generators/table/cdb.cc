// SPDX-License-Identifier: MIT
#include <cdb.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "generators/table/cdb_format.h"
#include "generators/table/file.h"
#include "generators/table/table_formats.h"

namespace tlspact {
namespace {

bool is_whole(int fd, off_t size) {
  std::array<char, kCdbHeader> header{};
  return ::pread(fd, header.data(), header.size(), 0) == static_cast<ssize_t>(header.size()) &&
         is_whole_cdb({header.data(), header.size()}, static_cast<std::uint64_t>(size));
}

class CdbReader : public TableReader {
 public:
  explicit CdbReader(std::filesystem::path path) : path_(std::move(path)) {}
  CdbReader(const CdbReader&) = delete;
  CdbReader& operator=(const CdbReader&) = delete;
  CdbReader(CdbReader&&) = delete;
  CdbReader& operator=(CdbReader&&) = delete;
  ~CdbReader() override {
    if (open_) cdb_free(&cdb_);
    if (fd_ >= 0) ::close(fd_);
  }

  Result<void> open() {
    fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) return io_error(path_, "read");
    struct stat status{};
    if (::fstat(fd_, &status) != 0) return io_error(path_, "read");
    if (!is_whole(fd_, status.st_size) || cdb_init(&cdb_, fd_) != 0) return damaged();
    open_ = true;
    cdb_seqinit(&position_, &cdb_);
    return {};
  }

  /// Walks the records in file order, and finds them through the hash tables as an MTA does: the
  /// first hundred thousand, and of a larger table one in eight of the others.
  Result<bool> next() override {
    const int more = cdb_seqnext(&position_, &cdb_);
    if (more < 0) return damaged();
    if (more == 0) return false;
    // tinycdb's own check of the lengths overflows: they may lead anywhere.
    const bool within = position_ <= cdb_.cdb_dend &&
                        is_within(cdb_keypos(&cdb_), cdb_keylen(&cdb_)) &&
                        is_within(cdb_datapos(&cdb_), cdb_datalen(&cdb_));
    if (!within) return damaged();
    let_go();
    key_ = view(cdb_keypos(&cdb_), cdb_keylen(&cdb_));
    value_ = view(cdb_datapos(&cdb_), cdb_datalen(&cdb_));
    constexpr std::size_t kAll = 100'000;
    ++walked_;
    const bool looked_up = walked_ <= kAll || walked_ % 8 == 0;
    if (looked_up && cdb_find(&cdb_, key_.data(), static_cast<unsigned>(key_.size())) <= 0)
      return fail(Errc::bad_input, path_.string() + ": a key cannot be found by its hash");
    return true;
  }

  [[nodiscard]] std::string_view key() const override { return key_; }
  [[nodiscard]] std::string_view value() const override { return value_; }

 private:
  [[nodiscard]] std::unexpected<Error> damaged() const {
    return fail(Errc::bad_input, path_.string() + ": is not a whole cdb file");
  }
  [[nodiscard]] bool is_within(std::uint64_t position, std::uint64_t length) const {
    return position + length <= cdb_.cdb_dend;
  }
  [[nodiscard]] std::string_view view(unsigned position, unsigned length) {
    const void* data = cdb_get(&cdb_, length, position);
    return data == nullptr ? std::string_view{}
                           : std::string_view{static_cast<const char*>(data), length};
  }

  /// Unmaps the pages of the records that were walked, so that a large table costs little memory.
  void let_go() {
    constexpr unsigned kStep = 4U << 20;
    constexpr unsigned kKept = 1U << 20;
    if (position_ - let_go_ < kStep + kKept) return;
    auto* begin = const_cast<unsigned char*>(cdb_.cdb_mem) + let_go_;
    ::madvise(begin, kStep, MADV_DONTNEED);
    let_go_ += kStep;
  }

  std::filesystem::path path_;
  struct cdb cdb_{};
  unsigned position_ = 0;
  unsigned let_go_ = 0;
  std::size_t walked_ = 0;
  int fd_ = -1;
  bool open_ = false;
  std::string_view key_;
  std::string_view value_;
};

class CdbWriter : public TableWriter {
 public:
  CdbWriter(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {
    started_ = cdb_make_start(&make_, fd_) == 0;
  }
  CdbWriter(const CdbWriter&) = delete;
  CdbWriter& operator=(const CdbWriter&) = delete;
  CdbWriter(CdbWriter&&) = delete;
  CdbWriter& operator=(CdbWriter&&) = delete;
  ~CdbWriter() override {
    if (fd_ < 0) return;
    // Frees what the maker holds; the file is not used.
    if (started_) cdb_make_finish(&make_);
    ::close(fd_);
  }

  Result<void> add(std::string_view key, std::string_view value) override {
    if (!started_ || cdb_make_add(&make_, key.data(), static_cast<unsigned>(key.size()),
                                  value.data(), static_cast<unsigned>(value.size())) != 0)
      return failed();
    write_back();
    return {};
  }

  Result<void> finish() override {
    const bool finished = started_ && cdb_make_finish(&make_) == 0;
    started_ = false;
    if (!finished) return failed();
    return flush_and_close(std::exchange(fd_, -1), path_);
  }

 private:
  [[nodiscard]] std::unexpected<Error> failed() const {
    // tinycdb's word for positions that do not fit into 32 bits.
    if (errno == ENOMEM)
      return fail(Errc::io, path_.string() +
                                ": cannot be written: a cdb holds at most 4 GiB, and there is no "
                                "room for a larger one; use the type lmdb, or name fewer domains");
    return io_error(path_, "written");
  }

  /// Has the kernel begin to write what there is, so that the disk works while we do.
  void write_back() {
    constexpr unsigned kStep = 8U << 20;
    if (make_.cdb_dpos - written_back_ < kStep) return;
    ::sync_file_range(fd_, written_back_, kStep, SYNC_FILE_RANGE_WRITE);
    written_back_ += kStep;
  }

  std::filesystem::path path_;
  int fd_;
  struct cdb_make make_{};
  unsigned written_back_ = 0;
  bool started_ = false;
};

}  // namespace

Result<std::unique_ptr<TableWriter>> create_cdb(const std::filesystem::path& path) {
  constexpr unsigned kMode = 0644;
  const auto fd = create_file(path, kMode);
  if (!fd) return std::unexpected(fd.error());
  return std::make_unique<CdbWriter>(path, *fd);
}

Result<std::unique_ptr<TableReader>> open_cdb(const std::filesystem::path& path) {
  auto reader = std::make_unique<CdbReader>(path);
  if (auto opened = reader->open(); !opened) return std::unexpected(opened.error());
  return reader;
}

}  // namespace tlspact
