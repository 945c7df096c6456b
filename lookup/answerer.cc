// SPDX-License-Identifier: MIT
#include "lookup/answerer.h"

#include <algorithm>
#include <utility>

#include "generators/exim/exim_entry.h"
#include "generators/exim/exim_grammar.h"
#include "generators/postfix/postfix_entry.h"
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

/// What the replies of a ruling, or of one entry, are kept under.
std::uint64_t number_of(LiveTable table, bool of_entry, std::uint32_t number) {
  return std::uint64_t{number} << 3 | static_cast<std::uint64_t>(table) << 1 | (of_entry ? 1 : 0);
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
  cache_.clear();
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
  const CachedReply* cached = nullptr;
  if (PolicyKey::is_by_domain(key_text))
    cached = cache_.find(number_of(table, false, snapshot_->ruling_number(*index)));
  if (cached == nullptr) cached = cache_.find(number_of(table, true, *index));
  if (cached == nullptr) return render(table, key_text, *index, now);
  reply_ = cached->bytes;
  if (cached->until <= now) return Found::nothing;
  return reply_.empty() ? Found::no_value : Found::reply;
}

Answerer::Found Answerer::render(LiveTable table, std::string_view key_text, std::uint32_t index,
                                 Time now) {
  const auto entry = snapshot_->entry(key_text, index);
  if (!entry) return Found::fault;
  const RenderedEntry made = rendered(table, *entry);
  fresh_.bytes = made.value ? wire_form(table, *made.value) : std::string{};
  fresh_.until = entry->valid_until.value_or(Time::max());
  // As in the maps: what a next-hop with brackets or a port gets may not be what a domain gets.
  const bool of_entry = made.depends_on_key || !PolicyKey::is_by_domain(key_text);
  cache_.keep(number_of(table, of_entry, of_entry ? index : snapshot_->ruling_number(index)),
              fresh_);
  reply_ = fresh_.bytes;
  if (fresh_.until <= now) return Found::nothing;
  return reply_.empty() ? Found::no_value : Found::reply;
}

RenderedEntry Answerer::rendered(LiveTable table, const SnapshotEntry& entry) const {
  const LiveOptions& options = snapshot_->options();
  switch (table) {
    case LiveTable::postfix:
      return render_postfix_entry(entry, options.postfix);
    case LiveTable::postfix_without_report:
      return render_postfix_entry(entry, without_report_);
    case LiveTable::exim:
      break;
  }
  return render_exim_entry(entry, options.exim);
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

std::uint64_t Answerer::look_ahead(const QueryKey& key) const {
  return snapshot_ == nullptr ? 0 : snapshot_->look_ahead(key.text());
}

void Answerer::look_ahead_entry(std::uint64_t hash) const {
  if (snapshot_ != nullptr) snapshot_->look_ahead_entry(hash);
}

void Answerer::look_ahead_reply(LiveTable table, std::uint64_t hash) const {
  if (snapshot_ == nullptr) return;
  if (const auto ruling = snapshot_->look_ahead_key(hash))
    cache_.prefetch(number_of(table, false, *ruling));
}

LiveAnswer Answerer::fault(LiveTable table) {
  return {.bytes = table == LiveTable::exim ? std::string_view{} : kFault, .is_fault = true};
}

std::string_view Answerer::malformed() {
  return kMalformed;
}

}  // namespace tlspact
