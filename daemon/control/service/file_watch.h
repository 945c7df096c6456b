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
  /// Calls `changed` once some time after the last of a burst of changes.
  FileWatch(const boost::asio::any_io_executor& executor, std::function<void()> changed);

  /// Watches these instead of those before. A path that is a directory stands for all in it.
  void watch(const std::vector<std::filesystem::path>& paths);

 private:
  void read();
  [[nodiscard]] bool concerns(std::string_view events) const;

  std::function<void()> changed_;
  boost::asio::posix::stream_descriptor inotify_;
  boost::asio::steady_timer settle_;
  std::map<int, std::set<std::string>> names_;  ///< by watch; empty: everything in it
  std::string buffer_;
};

}  // namespace tlspact
