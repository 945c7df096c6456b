// SPDX-License-Identifier: MIT
/// Files written once and flushed to disk.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "policy/result.h"

namespace tlspact {

/// Behind the name of a file that is not complete.
inline constexpr std::string_view kPartMark = ".part";

/// "PATH: cannot be written: No space left on device; make room there and run again", from errno:
/// with the remedy, where one can be told.
[[nodiscard]] std::unexpected<Error> io_error(const std::filesystem::path& path,
                                              std::string_view doing);

/// Makes a directory and its missing parents, mode 0755 whatever the umask.
[[nodiscard]] Result<void> make_directories(const std::filesystem::path& directory);

/// Creates `path`, which must not exist, with `mode` whatever the umask; returns its descriptor.
[[nodiscard]] Result<int> create_file(const std::filesystem::path& path, unsigned mode);

/// fsync, then close. The descriptor is closed in any case.
[[nodiscard]] Result<void> flush_and_close(int fd, const std::filesystem::path& path);

/// A new file, written piece by piece through a buffer. Closed, but neither removed nor complete,
/// if it goes away before finish().
class FileWriter {
 public:
  /// As create_file.
  [[nodiscard]] static Result<FileWriter> create(const std::filesystem::path& path, unsigned mode);

  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;
  FileWriter(FileWriter&& other) noexcept
      : path_(std::move(other.path_)),
        fd_(std::exchange(other.fd_, -1)),
        buffer_(std::move(other.buffer_)),
        written_(other.written_),
        written_back_(other.written_back_) {}
  FileWriter& operator=(FileWriter&&) = delete;
  ~FileWriter();

  [[nodiscard]] Result<void> write(std::string_view bytes);
  /// Writes what is left and flushes to disk. Once.
  [[nodiscard]] Result<void> finish();
  /// The same, after `bytes` are written over what stands at `position`.
  [[nodiscard]] Result<void> finish(std::size_t position, std::string_view bytes);
  /// The same as finish() without flushing to disk.
  [[nodiscard]] Result<void> close();

 private:
  FileWriter(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}
  [[nodiscard]] Result<void> write_through(std::string_view bytes);

  std::filesystem::path path_;
  int fd_;
  std::string buffer_;
  std::size_t written_ = 0;
  std::size_t written_back_ = 0;  ///< the kernel was told to begin
};

/// create_file, write everything, flush.
[[nodiscard]] Result<void> write_new_file(const std::filesystem::path& path, std::string_view bytes,
                                          unsigned mode);

/// Beside, then renamed, durably: a reader sees the old file or the new one, after any crash.
[[nodiscard]] Result<void> replace_file(const std::filesystem::path& path, std::string_view bytes,
                                        unsigned mode);

/// The whole file; Error no_input if it cannot be opened, bad_input if it is over `limit` bytes.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit);

/// fsync of a file that another program wrote.
[[nodiscard]] Result<void> flush_file(const std::filesystem::path& path);

/// Makes a rename in `directory` durable.
[[nodiscard]] Result<void> flush_directory(const std::filesystem::path& directory);

}  // namespace tlspact
