// SPDX-License-Identifier: MIT
/// FileWatch: notices that files which decide have changed (inotify(7)).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace tlspact {

/// On the executor's thread. Files are watched by their directories, so that one that is replaced,
/// or does not exist yet, is noticed too; a directory that does not exist is not watched.
class FileWatch {
 public:
  /// The files that changed, in their order; a directory where one cannot tell.
  using Changed = std::function<void(const std::set<std::filesystem::path>&)>;

  /// Calls `changed` once some time after the last of a burst of changes.
  FileWatch(const boost::asio::any_io_executor& executor, Changed changed);

  /// Watches these instead of those before. A path that is a directory stands for all in it.
  void watch(const std::vector<std::filesystem::path>& paths);

 private:
  struct Directory {
    std::filesystem::path path;
    std::set<std::string> names;  ///< empty: everything in it
  };

  void read();
  void take(std::string_view events);

  Changed changed_;
  boost::asio::posix::stream_descriptor inotify_;
  boost::asio::steady_timer settle_;
  std::map<int, Directory> watched_;  ///< by watch
  std::set<std::filesystem::path> pending_;
  std::string buffer_;
};

}  // namespace tlspact
