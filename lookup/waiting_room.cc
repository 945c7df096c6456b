// SPDX-License-Identifier: MIT
#include "lookup/waiting_room.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tlspact {
namespace {

constexpr std::size_t kMostKeys = 8192;
constexpr std::size_t kMostWaiting = 1024;
constexpr std::chrono::seconds kForgotten{60};

}  // namespace

WaitingRoom::Entry WaitingRoom::enter(std::string_view key, ConnectionId who, SteadyTime now) {
  const auto found = questions_.find(key);
  if (found != questions_.end()) {
    Question& question = found->second;
    if (question.is_late || question.waiting.size() >= kMostWaiting) return Entry::closed;
    question.waiting.push_back(who);
    return Entry::joined;
  }
  if (questions_.size() >= kMostKeys) return Entry::closed;
  const auto place = in_time_.emplace(in_time_.end(), key);
  questions_.emplace(key,
                     Question{.asked = now, .is_late = false, .waiting = {who}, .place = place});
  return Entry::first;
}

void WaitingRoom::forget(Questions::iterator question) {
  (question->second.is_late ? late_ : in_time_).erase(question->second.place);
  questions_.erase(question);
}

std::vector<ConnectionId> WaitingRoom::leave(std::string_view key) {
  const auto found = questions_.find(key);
  if (found == questions_.end()) return {};
  auto out = std::move(found->second.waiting);
  forget(found);
  return out;
}

std::vector<ConnectionId> WaitingRoom::overdue(SteadyTime now) {
  std::vector<ConnectionId> out;
  while (!in_time_.empty()) {
    Question& question = questions_.find(in_time_.front())->second;
    if (question.asked + wait_ > now) break;
    question.is_late = true;
    late_.splice(late_.end(), in_time_, in_time_.begin());
    std::ranges::move(std::exchange(question.waiting, {}), std::back_inserter(out));
  }
  while (!late_.empty()) {
    const auto oldest = questions_.find(late_.front());
    if (oldest->second.asked + kForgotten > now) break;
    forget(oldest);
  }
  return out;
}

std::vector<ConnectionId> WaitingRoom::empty() {
  std::vector<ConnectionId> out;
  for (auto& [key, question] : questions_)
    std::ranges::move(question.waiting, std::back_inserter(out));
  questions_.clear();
  in_time_.clear();
  late_.clear();
  return out;
}

std::optional<WaitingRoom::SteadyTime> WaitingRoom::next_deadline() const {
  if (!in_time_.empty()) return questions_.find(in_time_.front())->second.asked + wait_;
  if (!late_.empty()) return questions_.find(late_.front())->second.asked + kForgotten;
  return std::nullopt;
}

}  // namespace tlspact
