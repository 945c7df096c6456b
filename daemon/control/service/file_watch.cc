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
constexpr std::chrono::seconds kLatest{5};
constexpr std::chrono::seconds kLookAgain{10};
constexpr std::size_t kBuffer = 64UL << 10;
constexpr std::uint32_t kDamage =
    IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_FROM | IN_DELETE | IN_MOVE_SELF;
constexpr std::uint32_t kChanges = kDamage | IN_MOVED_TO | IN_CREATE | IN_ATTRIB;

}  // namespace

FileWatch::FileWatch(const boost::asio::any_io_executor& executor, What what, Changed changed)
    : events_(what == What::damage ? kDamage : kChanges),
      changed_(std::move(changed)),
      inotify_(executor, ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      settle_(executor),
      look_(executor),
      buffer_(kBuffer, '\0') {
  read();
}

void FileWatch::watch(const std::vector<fs::path>& paths) {
  for (const auto& [watch, directory] : watched_)
    ::inotify_rm_watch(inotify_.native_handle(), watch);
  watched_.clear();
  missing_.clear();
  for (const fs::path& path : paths) {
    if (!add(path)) missing_.insert(path);
  }
  look_for_missing();
}

/// A directory that stands for all in it may be replaced itself: its name is watched in its parent.
bool FileWatch::add(const fs::path& path) {
  std::error_code error;
  const bool there = add_directory(path.parent_path(), path.filename().string());
  if (fs::is_directory(path, error)) return add_directory(path, {}) && there;
  const fs::path target = fs::canonical(path, error);
  if (!error && target != path)
    return add_directory(target.parent_path(), target.filename().string()) && there;
  return there;
}

/// `name` empty: all in it.
bool FileWatch::add_directory(const fs::path& directory, const std::string& name) {
  const int watch = ::inotify_add_watch(inotify_.native_handle(), directory.c_str(), events_);
  if (watch < 0) return false;
  const auto [known, is_new] = watched_.try_emplace(watch, Directory{directory, {}});
  std::set<std::string>& names = known->second.names;
  if (name.empty()) {
    names.clear();
  } else if (is_new || !names.empty()) {
    names.insert(name);
  }
  return true;
}

void FileWatch::look_for_missing() {
  if (missing_.empty()) {
    look_.cancel();
    return;
  }
  look_.expires_after(kLookAgain);
  look_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    const std::size_t found = std::erase_if(missing_, [this](const fs::path& path) {
      if (!add(path)) return false;
      pending_.insert(path);
      return true;
    });
    if (found > 0) settle();
    look_for_missing();
  });
}

/// Whether any of the events concerns what is watched.
bool FileWatch::take(std::string_view events) {
  const std::size_t before = pending_.size();
  bool concerned = false;
  while (events.size() >= sizeof(inotify_event)) {
    inotify_event event{};
    std::memcpy(&event, events.data(), sizeof(event));
    const std::string_view padded = events.substr(sizeof(event), event.len);
    const std::string name{padded.substr(0, padded.find('\0'))};
    events.remove_prefix(std::min(events.size(), sizeof(event) + event.len));
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      for (const auto& [watch, directory] : watched_)
        pending_.insert(directory.path);
      concerned = true;
      continue;
    }
    const auto watched = watched_.find(event.wd);
    if (watched == watched_.end()) continue;
    const Directory& directory = watched->second;
    const bool itself = (event.mask & (IN_IGNORED | IN_MOVE_SELF)) != 0;
    if (!itself && !directory.names.empty() && !directory.names.contains(name)) continue;
    pending_.insert(itself ? directory.path : directory.path / name);
    concerned = true;
  }
  if (before == 0) latest_ = std::chrono::steady_clock::now() + kLatest;
  return concerned;
}

void FileWatch::settle() {
  settle_.expires_at(std::min(std::chrono::steady_clock::now() + kSettle, latest_));
  settle_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) changed_(std::exchange(pending_, {}));
  });
}

void FileWatch::read() {
  inotify_.async_read_some(boost::asio::buffer(buffer_),
                           [this](const boost::system::error_code& error, std::size_t size) {
                             if (error) return;
                             if (take(std::string_view{buffer_}.substr(0, size))) settle();
                             read();
                           });
}

}  // namespace tlspact
