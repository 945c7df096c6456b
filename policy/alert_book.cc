// SPDX-License-Identifier: MIT
#include "policy/alert_book.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace tlspact {

std::string alert_cause(const Notice& notice) {
  std::string out = notice.subject + ": ";
  for (const char c : notice.text) {
    const bool digit = c >= '0' && c <= '9';
    // A number, however long, is one sign.
    if (!digit) {
      out += c;
    } else if (out.back() != '#') {
      out += '#';
    }
  }
  return out;
}

AlertBook::AlertBook(std::vector<AlertRecord> records) {
  for (AlertRecord& each : records) {
    std::string cause = each.cause;
    by_cause_[std::move(cause)] = std::move(each);
  }
}

std::vector<AlertEvent> AlertBook::update(const Notices& notices, Time now, bool complete) {
  std::vector<AlertEvent> out;
  std::set<std::string> noticed;
  for (const Notice& notice : notices) {
    if (notice.severity != Severity::alert) continue;
    std::string cause = alert_cause(notice);
    noticed.insert(cause);
    const auto [found, is_new] = by_cause_.try_emplace(cause);
    AlertRecord& record = found->second;
    const bool returns = !is_new && record.ended;
    if (is_new || returns) record.since = now;
    record.cause = std::move(cause);
    record.subject = notice.subject;
    record.text = notice.text;
    record.seen = now;
    record.missed.reset();
    record.ended.reset();
    if (is_new || returns) out.push_back({AlertEvent::Kind::began, record});
  }
  for (auto& [cause, record] : by_cause_) {
    if (complete && !record.missed && !noticed.contains(cause)) record.missed = now;
  }
  std::ranges::move(end_quiet(now), std::back_inserter(out));
  std::erase_if(by_cause_, [&](const auto& each) {
    return each.second.ended && now - *each.second.ended > kKept;
  });
  return out;
}

std::vector<AlertEvent> AlertBook::end_quiet(Time now) {
  std::vector<AlertEvent> out;
  for (auto& [cause, record] : by_cause_) {
    if (!record.missed || record.ended || now - *record.missed < kQuiet) continue;
    record.ended = now;
    out.push_back({AlertEvent::Kind::ended, record});
  }
  return out;
}

std::optional<Time> AlertBook::next_end() const {
  std::optional<Time> out;
  for (const auto& [cause, record] : by_cause_) {
    if (record.missed && !record.ended)
      out = std::min(out.value_or(Time::max()), *record.missed + kQuiet);
  }
  return out;
}

std::vector<AlertRecord> AlertBook::standing() const {
  std::vector<AlertRecord> out;
  for (const auto& [cause, record] : by_cause_) {
    if (!record.ended) out.push_back(record);
  }
  std::ranges::sort(out, {}, &AlertRecord::since);
  return out;
}

}  // namespace tlspact
