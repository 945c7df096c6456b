// SPDX-License-Identifier: MIT
#include "daemon/probe/polite_queue.h"

#include <algorithm>
#include <utility>

namespace tlspact {

PoliteQueue::PoliteQueue(std::vector<ProbeJob> jobs, Politeness limits)
    : limits_(limits), waiting_(std::move(jobs)) {
  limits_.per_operator = std::max<std::size_t>(1, limits_.per_operator);
}

PoliteQueue::Turn PoliteQueue::next(Clock::time_point now) {
  Turn turn{.job = std::nullopt, .earlier = std::nullopt, .finished = waiting_.empty()};
  for (auto each = waiting_.begin(); each != waiting_.end(); ++each) {
    const auto busy = at_operator_.find(each->operator_name);
    if (busy != at_operator_.end() && busy->second >= limits_.per_operator) continue;
    if (at_address_.contains(each->address)) continue;
    const auto free_at = free_at_.find(each->address);
    if (free_at != free_at_.end() && free_at->second > now) {
      turn.earlier = std::min(turn.earlier.value_or(free_at->second), free_at->second);
      continue;
    }
    turn.job = std::move(*each);
    waiting_.erase(each);
    ++at_operator_[turn.job->operator_name];
    at_address_.insert(turn.job->address);
    turn.earlier.reset();
    return turn;
  }
  return turn;
}

void PoliteQueue::done(const ProbeJob& job, Clock::time_point now) {
  const auto busy = at_operator_.find(job.operator_name);
  if (busy != at_operator_.end() && --busy->second == 0) at_operator_.erase(busy);
  at_address_.erase(job.address);
  free_at_[job.address] = now + limits_.per_address_interval;
}

void PoliteQueue::back_off(const std::string& operator_name) {
  dropped_ += std::erase_if(
      waiting_, [&](const ProbeJob& each) { return each.operator_name == operator_name; });
}

}  // namespace tlspact
