// SPDX-License-Identifier: MIT
/// FileWatch: notices that files which decide have changed (inotify(7)).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tlspact {

/// On the executor's thread. Files are watched by their directories, so that one that is replaced,
/// or does not exist yet, is noticed too; where a symbolic link leads is watched as well. A
/// directory that does not exist, or is moved away, is looked for every ten seconds.
class FileWatch {
 public:
  enum class What {
    changes,  ///< anything: written, replaced, removed
    damage,   ///< but not what is put there by a rename, as everything of ours is
  };

  /// The files that changed, in their order; a directory where one cannot tell.
  using Changed = std::function<void(const std::set<std::filesystem::path>&)>;

  /// Calls `changed` once half a second after the last of a burst of changes, five seconds after
  /// the first at the latest.
  FileWatch(const boost::asio::any_io_executor& executor, What what, Changed changed);

  /// Watches these instead of those before. A path that is a directory stands for all in it.
  void watch(const std::vector<std::filesystem::path>& paths);

 private:
  struct Directory {
    std::filesystem::path path;
    std::set<std::string> names;  ///< empty: everything in it
  };

  void read();
  [[nodiscard]] bool take(std::string_view events);
  void settle();
  [[nodiscard]] bool add(const std::filesystem::path& path);
  [[nodiscard]] bool add_directory(const std::filesystem::path& directory, const std::string& name);
  void look_for_missing();

  std::uint32_t events_;
  Changed changed_;
  boost::asio::posix::stream_descriptor inotify_;
  boost::asio::steady_timer settle_;
  boost::asio::steady_timer look_;
  std::map<int, Directory> watched_;  ///< by watch
  std::set<std::filesystem::path> pending_;
  std::chrono::steady_clock::time_point latest_;  ///< when those are to be told
  std::set<std::filesystem::path> missing_;       ///< whose directory is not there
  std::string buffer_;
};

}  // namespace tlspact
