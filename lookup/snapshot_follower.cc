// SPDX-License-Identifier: MIT
#include "lookup/snapshot_follower.h"

#include <utility>

#include "lookup/log.h"

namespace tlspact {

SnapshotFollower::Identity SnapshotFollower::identity() const {
  struct stat status{};
  if (::stat(file_.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
          status.st_mtim.tv_nsec};
}

void SnapshotFollower::look(SteadyTime now) {
  looked_at_ = now;
  const Identity found = identity();
  if (has_looked_ && found == seen_) return;
  has_looked_ = true;
  seen_ = found;
  auto fresh = MappedSnapshot::open(file_);
  if (fresh) {
    in_use_ = found;
    take(*std::move(fresh));
    return;
  }
  // What may pass (too many open files) is tried again at the next look, and told once.
  if (fresh.error().code == Errc::io) has_looked_ = false;
  if (std::exchange(told_, found) == found) return;
  const bool has_one = answerer_.snapshot() != nullptr;
  if (fresh.error().code == Errc::no_input && !has_one)
    log_line(LogLevel::notice,
             file_.string() + ": there is no snapshot yet; no domain has a policy");
  else
    log_line(LogLevel::error, fresh.error().text + "; " + what_stays(found));
}

/// A file that was changed where it lies is the one that is answered from.
std::string SnapshotFollower::what_stays(const Identity& found) const {
  if (answerer_.snapshot() == nullptr) return "no domain has a policy";
  if (found.device == in_use_.device && found.inode == in_use_.inode)
    return "it is the one that is answered from, and domains in the part that it lost have no "
           "policy until a new one is published";
  return "the snapshot before it stays in use";
}

void SnapshotFollower::take(std::unique_ptr<MappedSnapshot> fresh) {
  log_line(LogLevel::info, "answering from the snapshot of " + format_time(fresh->decided_at()) +
                               " with " + std::to_string(fresh->size()) + " entries");
  auto old = answerer_.exchange(std::move(fresh));
  // Of several that came faster than they could be checked, the last good one is kept.
  if (!checking_ || before_ == nullptr) before_ = std::move(old);
  checking_ = true;
}

bool SnapshotFollower::check() {
  constexpr std::size_t kAtOnce = 256UL << 10;
  if (!checking_ || answerer_.snapshot() == nullptr) return false;
  const PartsCheck::State state = answerer_.snapshot()->check(kAtOnce);
  if (has_lost_pages()) return checking_;
  if (state == PartsCheck::State::damaged) go_back("its checksum is wrong");
  if (state == PartsCheck::State::good) {
    checking_ = false;
    before_.reset();
  }
  return checking_;
}

bool SnapshotFollower::has_lost_pages() {
  if (answerer_.snapshot() == nullptr || !answerer_.snapshot()->is_damaged()) return false;
  go_back("a part of it cannot be read");
  return true;
}

void SnapshotFollower::go_back(const std::string& why) {
  log_line(LogLevel::error, file_.string() + ": " + why +
                                (before_ != nullptr ? "; the snapshot before it is in use again"
                                                    : "; no domain has a policy"));
  answerer_.exchange(std::move(before_));
  checking_ = false;
}

}  // namespace tlspact
