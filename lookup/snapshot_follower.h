// SPDX-License-Identifier: MIT
/// SnapshotFollower: which published snapshot is answered from.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "lookup/answerer.h"

namespace tlspact {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Looks at the path with stat(2), because that also holds where directories are replaced, or are
/// not there yet, and costs a microsecond: before an answer, if the last look is 100 ms old, and
/// now and then while nobody asks. A file that is no snapshot leaves the one before in place, with
/// one line in the log. The checksum of a new file is gone over while it answers; if it is wrong,
/// or a page cannot be read, the one before comes back.
class SnapshotFollower {
 public:
  SnapshotFollower(std::filesystem::path file, Answerer& answerer)
      : file_(std::move(file)), answerer_(answerer) {}

  /// Looks if the last look is older than kInterval.
  void follow(SteadyTime now) {
    if (now - looked_at_ >= kInterval) look(now);
  }
  /// Looks now.
  void look(SteadyTime now);

  /// Goes on with the checksum, if it is not done; to be called while nothing else is to do, or
  /// every kCheckPause. Returns whether there is more.
  bool check();
  [[nodiscard]] bool is_checking() const { return checking_; }

  /// To be asked after answers: whether they may be wrong, since a page of the file was lost. Then
  /// the snapshot has been put aside, and the answers are to be made again.
  bool has_lost_pages();

  static constexpr std::chrono::milliseconds kInterval{100};
  static constexpr std::chrono::milliseconds kCheckPause{10};

 private:
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = -1;  ///< -1: there is no file
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  [[nodiscard]] Identity identity() const;
  void take(std::unique_ptr<MappedSnapshot> fresh);
  void go_back(const std::string& why);
  [[nodiscard]] std::string what_stays(const Identity& found) const;

  std::filesystem::path file_;
  Answerer& answerer_;
  SteadyTime looked_at_;
  Identity seen_;
  Identity in_use_;               ///< the file that the one in use was mapped from
  std::optional<Identity> told_;  ///< the file that was last complained of
  bool has_looked_ = false;
  bool checking_ = false;
  std::unique_ptr<MappedSnapshot> before_;  ///< until the one in use is checked
};

}  // namespace tlspact
