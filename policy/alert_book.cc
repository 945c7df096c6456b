// SPDX-License-Identifier: MIT
#include "policy/alert_book.h"

#include <algorithm>
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
  for (const Notice& notice : notices) {
    if (notice.severity != Severity::alert) continue;
    std::string cause = alert_cause(notice);
    const auto [found, is_new] = by_cause_.try_emplace(cause);
    AlertRecord& record = found->second;
    const bool returns = !is_new && record.ended;
    const bool told_lately = returns && now - *record.ended < kQuiet;
    if (is_new || returns) record.since = now;
    record.cause = std::move(cause);
    record.subject = notice.subject;
    record.text = notice.text;
    record.seen = now;
    record.ended.reset();
    if (is_new || (returns && !told_lately)) out.push_back({AlertEvent::Kind::began, record});
  }
  for (auto& [cause, record] : by_cause_) {
    if (!complete || record.ended || now - record.seen < kQuiet) continue;
    record.ended = now;
    out.push_back({AlertEvent::Kind::ended, record});
  }
  std::erase_if(by_cause_, [&](const auto& each) {
    return each.second.ended && now - *each.second.ended > kKept;
  });
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
