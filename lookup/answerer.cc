// SPDX-License-Identifier: MIT
#include "lookup/answerer.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "generators/exim/exim_entry.h"
#include "generators/exim/exim_grammar.h"
#include "generators/postfix/postfix_entry.h"
#include "generators/postfix/postfix_plain_value.h"
#include "lookup/framing.h"

namespace tlspact {
namespace {

constexpr std::string_view kNotFound = "9:NOTFOUND ,";
constexpr std::string_view kEximDefaultLine = "level=default\n";
static_assert(kEximDefaultLine.substr(0, kEximDefaultLine.size() - 1) == kEximDefault);
constexpr std::string_view kMalformed = "37:PERM a request is \"MAP KEY\", no other,";
constexpr std::string_view kFault = "55:TEMP tlspact-lookupd cannot read its entry for this key,";

/// The last release without the TLSRPT group, or the given one.
PostfixVersion without_report(PostfixVersion version) {
  constexpr PostfixVersion kLast{3, 9, 99};
  return std::min(version, kLast);
}

std::string wire_form(LiveTable table, const std::string& value) {
  if (table == LiveTable::exim) return value + "\n";
  return as_netstring("OK " + value);
}

}  // namespace

LiveTable table_of_map(std::string_view name) {
  constexpr std::string_view kQuery = "query";
  const bool is_query = std::ranges::equal(
      name, kQuery, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
  return is_query ? LiveTable::postfix_without_report : LiveTable::postfix;
}

std::unique_ptr<MappedSnapshot> Answerer::exchange(std::unique_ptr<MappedSnapshot> snapshot) {
  std::swap(snapshot_, snapshot);
  if (snapshot_ != nullptr) {
    without_report_ = snapshot_->options().postfix;
    without_report_.version = without_report(without_report_.version);
  }
  return snapshot;
}

LiveAnswer Answerer::answer(LiveTable table, const QueryKey& key, Time now) {
  const std::string_view none = table == LiveTable::exim ? kEximDefaultLine : kNotFound;
  if (key.kind() == QueryKey::Kind::junk) return {.bytes = none};
  Found own = look_up(table, key.text(), now);
  const bool is_known = own != Found::nothing || key.kind() == QueryKey::Kind::parent ||
                        is_known_none(key.text(), now);
  if (table == LiveTable::exim && (own == Found::nothing || own == Found::no_value))
    own = look_up_parents(key.text(), now);
  if (own == Found::fault) return fault(table);
  return {.bytes = own == Found::reply ? reply_ : none, .is_known = is_known};
}

bool Answerer::is_known_none(std::string_view key_text, Time now) {
  if (snapshot_ != nullptr) {
    const auto until = snapshot_->none_until(key_text);
    if (until && now < *until) return true;
  }
  return negatives_.has(key_text, now);
}

Answerer::Found Answerer::look_up(LiveTable table, std::string_view key_text, Time now) {
  if (snapshot_ == nullptr) return Found::nothing;
  const auto index = snapshot_->find(key_text);
  if (!index) return Found::nothing;
  if (table != LiveTable::exim) {
    const auto plain = snapshot_->plain_ruling(*index);
    if (plain && write_plain(postfix_options(table), key_text, *plain))
      return plain->valid_until && *plain->valid_until <= now ? Found::nothing : Found::reply;
  }
  return render(table, key_text, *index, now);
}

bool Answerer::write_plain(const PostfixOptions& options, std::string_view key_text,
                           const PlainRuling& ruling) {
  // As as_netstring() would, with the length put in front of what is there already.
  constexpr std::string_view kRoomForLength = "000000:";
  constexpr std::string_view kFound = "OK ";
  bytes_ = kRoomForLength;
  bytes_ += kFound;
  try {
    if (!append_plain_postfix_value(bytes_, key_text, ruling, options)) return false;
  } catch (const std::logic_error&) {
    return false;  // damaged: entry() tells of it
  }
  std::size_t at = kRoomForLength.size() - 1;
  for (std::size_t size = bytes_.size() - kRoomForLength.size(); size > 0; size /= 10)
    bytes_[--at] = static_cast<char>('0' + size % 10);
  bytes_ += ',';
  reply_ = std::string_view{bytes_}.substr(at);
  return true;
}

Answerer::Found Answerer::render(LiveTable table, std::string_view key_text, std::uint32_t index,
                                 Time now) {
  const auto entry = snapshot_->entry(key_text, index);
  if (!entry) return Found::fault;
  const auto value = rendered(table, *entry).value;
  if (!entry->holds_at(now)) return Found::nothing;
  if (!value) return Found::no_value;
  bytes_ = wire_form(table, *value);
  reply_ = bytes_;
  return Found::reply;
}

const PostfixOptions& Answerer::postfix_options(LiveTable table) const {
  return table == LiveTable::postfix_without_report ? without_report_
                                                    : snapshot_->options().postfix;
}

RenderedEntry Answerer::rendered(LiveTable table, const SnapshotEntry& entry) const {
  if (table == LiveTable::exim) return render_exim_entry(entry, snapshot_->options().exim);
  return render_postfix_entry(entry, postfix_options(table));
}

Answerer::Found Answerer::look_up_parents(std::string_view domain, Time now) {
  if (!PolicyKey::is_by_domain(domain)) return Found::nothing;
  for (std::size_t dot = domain.find('.', 1); dot != std::string_view::npos;
       dot = domain.find('.', dot + 1)) {
    const Found found = look_up(LiveTable::exim, domain.substr(dot), now);
    if (found != Found::nothing) return found;
  }
  return Found::nothing;
}

LiveAnswer Answerer::fault(LiveTable table) {
  return {.bytes = table == LiveTable::exim ? std::string_view{} : kFault, .is_fault = true};
}

std::string_view Answerer::malformed() {
  return kMalformed;
}

}  // namespace tlspact
