// SPDX-License-Identifier: MIT
#include "daemon/control/service/file_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <cstring>
#include <utility>

namespace tlspact {
namespace {

namespace fs = std::filesystem;

/// Editors and configuration management write several files, and each more than once.
constexpr std::chrono::milliseconds kSettle{500};
constexpr std::size_t kBuffer = 64UL << 10;
constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB;

}  // namespace

FileWatch::FileWatch(const boost::asio::any_io_executor& executor, Changed changed)
    : changed_(std::move(changed)),
      inotify_(executor, ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      settle_(executor),
      buffer_(kBuffer, '\0') {
  read();
}

void FileWatch::watch(const std::vector<fs::path>& paths) {
  for (const auto& [watch, directory] : watched_)
    ::inotify_rm_watch(inotify_.native_handle(), watch);
  watched_.clear();
  std::error_code error;
  for (const fs::path& path : paths) {
    const bool whole = fs::is_directory(path, error);
    const fs::path& place = whole ? path : path.parent_path();
    const int watch = ::inotify_add_watch(inotify_.native_handle(), place.c_str(), kEvents);
    if (watch < 0) continue;
    const auto [known, is_new] = watched_.try_emplace(watch, Directory{place, {}});
    std::set<std::string>& names = known->second.names;
    if (whole) {
      names.clear();
    } else if (is_new || !names.empty()) {
      names.insert(path.filename().string());
    }
  }
}

void FileWatch::take(std::string_view events) {
  while (events.size() >= sizeof(inotify_event)) {
    inotify_event event{};
    std::memcpy(&event, events.data(), sizeof(event));
    const std::string_view padded = events.substr(sizeof(event), event.len);
    const std::string name{padded.substr(0, padded.find('\0'))};
    events.remove_prefix(std::min(events.size(), sizeof(event) + event.len));
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      for (const auto& [watch, directory] : watched_)
        pending_.insert(directory.path);
      continue;
    }
    const auto watched = watched_.find(event.wd);
    if (watched == watched_.end()) continue;
    const Directory& directory = watched->second;
    if ((event.mask & IN_IGNORED) != 0) {
      // The directory itself has gone, or another one is in its place.
      pending_.insert(directory.path);
    } else if (directory.names.empty() || directory.names.contains(name)) {
      pending_.insert(directory.path / name);
    }
  }
}

void FileWatch::read() {
  inotify_.async_read_some(
      boost::asio::buffer(buffer_),
      [this](const boost::system::error_code& error, std::size_t size) {
        if (error) return;
        take(std::string_view{buffer_}.substr(0, size));
        if (!pending_.empty()) {
          settle_.expires_after(kSettle);
          settle_.async_wait([this](const boost::system::error_code& cancelled) {
            if (!cancelled) changed_(std::exchange(pending_, {}));
          });
        }
        read();
      });
}

}  // namespace tlspact
