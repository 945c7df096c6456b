// SPDX-License-Identifier: MIT
#include "daemon/sources/log_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "generators/process/subprocess.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostBytes = 1ULL << 30;

/// An open log. Whatever happens to its name meanwhile, this is the file that was opened.
class LogFile {
 public:
  static std::optional<LogFile> open(const fs::path& path) {
    LogFile file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat status{};
    if (file.fd_ < 0 || ::fstat(file.fd_, &status) != 0 || !S_ISREG(status.st_mode))
      return std::nullopt;
    file.position_.device = status.st_dev;
    file.position_.inode = status.st_ino;
    file.size_ = static_cast<std::uint64_t>(status.st_size);
    return file;
  }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  LogFile(LogFile&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        size_(other.size_),
        position_(std::move(other.position_)) {}
  LogFile& operator=(LogFile&&) = delete;
  ~LogFile() {
    if (fd_ >= 0) ::close(fd_);
  }

  [[nodiscard]] bool is(const LogPosition& position) const {
    return position_.device == position.device && position_.inode == position.inode;
  }
  /// From `offset` on; from the beginning if the file has become shorter.
  void seek(std::uint64_t offset) { position_.offset = offset <= size_ ? offset : 0; }

  Result<LogPosition> read(const LineSink& take) {
    constexpr std::size_t kMostLine = 65536;
    std::string pending;  // an unfinished line
    bool too_long = false;
    std::array<char, 262144> block{};
    std::uint64_t at = position_.offset;
    const std::uint64_t end = at + kMostBytes;
    while (at < end) {
      const ssize_t got = ::pread(fd_, block.data(), block.size(), static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail(Errc::no_input, std::strerror(errno));
      if (got == 0) break;
      std::string_view rest{block.data(), static_cast<std::size_t>(got)};
      for (std::size_t line = rest.find('\n'); line != std::string_view::npos;
           line = rest.find('\n')) {
        pending += rest.substr(0, line);
        if (!too_long && pending.size() <= kMostLine) take(pending);
        pending.clear();
        too_long = false;
        rest.remove_prefix(line + 1);
        position_.offset = at + static_cast<std::size_t>(got) - rest.size();
      }
      pending += rest;
      if (pending.size() > kMostLine) {
        too_long = true;
        pending.clear();
      }
      at += static_cast<std::size_t>(got);
    }
    return position_;
  }

 private:
  explicit LogFile(int fd) : fd_(fd) {}
  int fd_;
  std::uint64_t size_ = 0;
  LogPosition position_;
};

/// What was in the file that `position` belongs to when it was moved away.
void read_rest_of_rotated(const fs::path& path, const LogPosition& position, const LineSink& take) {
  for (const char* suffix : {".1", ".0"}) {
    auto rotated = LogFile::open(path.string() + suffix);
    if (!rotated || !rotated->is(position)) continue;
    rotated->seek(position.offset);
    // What cannot be read of it is lost with it: the next run would find another one there.
    static_cast<void>(rotated->read(take));
    return;
  }
}

}  // namespace

Result<LogPosition> read_log(const fs::path& path, const LogPosition& position,
                             const LineSink& take) {
  errno = 0;
  auto log = LogFile::open(path);
  if (!log)
    return fail(Errc::no_input, path.string() + ": cannot be read: " +
                                    (errno == 0 ? "it is no regular file" : std::strerror(errno)));
  if (log->is(position)) {
    log->seek(position.offset);
  } else if (position.inode != 0) {
    read_rest_of_rotated(path, position, take);
  }
  auto done = log->read(take);
  if (!done) done.error().text = path.string() + ": cannot be read: " + done.error().text;
  return done;
}

Result<LogPosition> read_journal(const LogPosition& position, const LineSink& take,
                                 const std::vector<std::string>& arguments) {
  constexpr std::string_view kCursor = "-- cursor: ";
  Command command{.argv = {"journalctl", "--quiet", "--no-pager", "--output=short-iso",
                           "--show-cursor", "SYSLOG_FACILITY=2"},
                  .input = {},
                  .deadline = std::chrono::minutes{2}};
  command.argv.push_back(position.cursor.empty() ? "--since=-30d"
                                                 : "--after-cursor=" + position.cursor);
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  const auto output = run_command(command);
  if (!output) return std::unexpected(output.error());
  if (output->exit_code != 0)
    return fail(Errc::unavailable, "journalctl: " + first_line(*output) +
                                       "; is this user in the group systemd-journal?");
  LogPosition done = position;
  std::string_view rest = output->out;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.starts_with(kCursor)) {
      done.cursor = line.substr(kCursor.size());
    } else {
      take(line);
    }
  }
  return done;
}

}  // namespace tlspact
