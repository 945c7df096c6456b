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

FileWatch::FileWatch(const boost::asio::any_io_executor& executor, std::function<void()> changed)
    : changed_(std::move(changed)),
      inotify_(executor, ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      settle_(executor),
      buffer_(kBuffer, '\0') {
  read();
}

void FileWatch::watch(const std::vector<fs::path>& paths) {
  for (const auto& [watch, names] : names_)
    ::inotify_rm_watch(inotify_.native_handle(), watch);
  names_.clear();
  std::error_code error;
  for (const fs::path& path : paths) {
    const bool directory = fs::is_directory(path, error);
    const fs::path& place = directory ? path : path.parent_path();
    const int watch = ::inotify_add_watch(inotify_.native_handle(), place.c_str(), kEvents);
    if (watch < 0) continue;
    const auto [known, is_new] = names_.try_emplace(watch);
    if (directory) {
      known->second.clear();
    } else if (is_new || !known->second.empty()) {
      known->second.insert(path.filename().string());
    }
  }
}

bool FileWatch::concerns(std::string_view events) const {
  while (events.size() >= sizeof(inotify_event)) {
    inotify_event event{};
    std::memcpy(&event, events.data(), sizeof(event));
    const std::string_view padded = events.substr(sizeof(event), event.len);
    const std::string name{padded.substr(0, padded.find('\0'))};
    if ((event.mask & IN_Q_OVERFLOW) != 0) return true;
    const auto watched = names_.find(event.wd);
    // The directory itself has gone, or another one is in its place.
    if (watched != names_.end() && (event.mask & IN_IGNORED) != 0) return true;
    if (watched != names_.end() && (watched->second.empty() || watched->second.contains(name)))
      return true;
    events.remove_prefix(std::min(events.size(), sizeof(event) + event.len));
  }
  return false;
}

void FileWatch::read() {
  inotify_.async_read_some(
      boost::asio::buffer(buffer_),
      [this](const boost::system::error_code& error, std::size_t size) {
        if (error) return;
        if (concerns(std::string_view{buffer_}.substr(0, size))) {
          settle_.expires_after(kSettle);
          settle_.async_wait([this](const boost::system::error_code& cancelled) {
            if (!cancelled) changed_();
          });
        }
        read();
      });
}

}  // namespace tlspact
