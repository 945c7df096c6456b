// SPDX-License-Identifier: MIT
#include "policy/snapshot.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "policy/policy_code.h"

namespace tlspact {
namespace {

/// Bits of a ruling's third byte.
constexpr std::uint8_t kException = 1;
constexpr std::uint8_t kValidUntil = 2;
constexpr std::uint8_t kWithoutDane = 4;
constexpr std::uint8_t kWithoutDaneIsSame = 8;
constexpr std::uint8_t kPublished = 16;
constexpr std::uint8_t kPolicyLines = 32;
constexpr std::uint8_t kTlsaAtAlias = 64;

using PolicyPointer = std::shared_ptr<const TlsPolicy>;

/// What stands in a ruling before the policies.
void write_ruling_head(CodeWriter& out, Level level, Source source, std::uint8_t bits,
                       const std::optional<Time>& valid_until, std::uint32_t origin) {
  out.byte(static_cast<std::uint8_t>(level));
  out.byte(static_cast<std::uint8_t>(source));
  out.byte(bits);
  if (valid_until) out.number(static_cast<std::uint64_t>(valid_until->time_since_epoch().count()));
  out.number(origin);
}

/// The bytes before the origin and those behind it, the policies and the lines.
struct SplitRuling {
  std::string_view head;
  std::uint64_t origin = 0;
  std::string_view rest;
};

SplitRuling split_ruling(std::string_view code) {
  CodeReader in{code};
  static_cast<void>(in.bytes(2));  // level and source
  if ((in.byte() & kValidUntil) != 0) static_cast<void>(in.number());
  const std::string_view head = code.substr(0, code.size() - in.rest().size());
  const std::uint64_t origin = in.number();
  return {head, origin, in.rest()};
}

/// What stands before the policies, for reading.
struct RulingHead {
  Source source = Source::list;
  std::uint8_t bits = 0;
  std::optional<Time> valid_until;
  std::uint64_t origin = 0;
};

RulingHead read_ruling_head(CodeReader& in) {
  RulingHead head;
  static_cast<void>(in.byte());  // the level stands in the policy, too
  head.source = in.enumerator(Source::learned);
  head.bits = in.byte();
  if ((head.bits & kValidUntil) != 0)
    head.valid_until = Time{Seconds{static_cast<Seconds::rep>(in.number())}};
  head.origin = in.number();
  return head;
}

PolicyPointer read_policy(CodeReader& in) {
  return std::make_shared<const TlsPolicy>(decode_policy(in.text()));
}

}  // namespace

TlsPolicy without_authentication(const SnapshotEntry& entry, TlsPolicy policy) {
  const TlsPolicy* published = entry.published_without_dane.get();
  policy.pins.clear();
  policy.level = Level::encrypt;
  if (published == nullptr || published->level != Level::secure) return policy;
  policy.level = Level::secure;
  if (policy.mx.empty()) policy.mx = published->mx;
  policy.min_tls = std::max(policy.min_tls, published->min_tls);
  return policy;
}

Ruling Snapshot::ruling(std::size_t index) const {
  CodeReader in{rulings_[ruling_of_[index]]};
  const auto level = static_cast<Level>(in.byte());
  return {.level = level, .source = static_cast<Source>(in.byte())};
}

SnapshotEntry Snapshot::entry(std::size_t index) const {
  DecodedEntry decoded = decode_entry(keys_[index], rulings_[ruling_of_[index]]);
  decoded.entry.origin = origins_[decoded.origin];
  return std::move(decoded.entry);
}

DecodedEntry decode_entry(std::string_view key_text, std::string_view ruling_code) {
  DecodedEntry out{.entry = {.key = PolicyKey::from_normal_form(key_text),
                             .policy = {},
                             .policy_without_dane = {},
                             .published_without_dane = {},
                             .policy_lines = {},
                             .origin = {},
                             .valid_until = {}}};
  SnapshotEntry& entry = out.entry;
  CodeReader in{ruling_code};
  const RulingHead head = read_ruling_head(in);
  const std::uint8_t bits = head.bits;
  entry.source = head.source;
  entry.exception = (bits & kException) != 0;
  entry.tlsa_at_alias = (bits & kTlsaAtAlias) != 0;
  entry.valid_until = head.valid_until;
  out.origin = head.origin;
  entry.policy = read_policy(in);
  if ((bits & kWithoutDaneIsSame) != 0) entry.policy_without_dane = entry.policy;
  if ((bits & kWithoutDane) != 0) entry.policy_without_dane = read_policy(in);
  if ((bits & kPublished) != 0) entry.published_without_dane = read_policy(in);
  if ((bits & kPolicyLines) != 0)
    entry.policy_lines = std::make_shared<const std::string>(in.text());
  return out;
}

std::optional<PlainRuling> read_plain_ruling(std::string_view ruling_code) {
  CodeReader in{ruling_code};
  const RulingHead head = read_ruling_head(in);
  const auto policy = read_plain_policy(in.text());
  if (!policy) return std::nullopt;
  PlainRuling out{head.source, head.valid_until, *policy, {}};
  if ((head.bits & kWithoutDane) != 0) static_cast<void>(in.text());
  if ((head.bits & kPublished) != 0) static_cast<void>(in.text());
  if ((head.bits & kPolicyLines) != 0) out.policy_lines = in.text();
  return out;
}

bool Snapshot::same_ruling(const Snapshot& a, std::size_t i, const Snapshot& b, std::size_t j) {
  const SplitRuling one = split_ruling(a.rulings_[a.ruling_of_[i]]);
  const SplitRuling other = split_ruling(b.rulings_[b.ruling_of_[j]]);
  return one.head == other.head && one.rest == other.rest &&
         a.origins_[one.origin] == b.origins_[other.origin];
}

std::optional<std::size_t> Snapshot::index_of(std::string_view key_text) const {
  std::size_t low = 0;
  for (std::size_t count = size(); count > 0;) {
    const std::size_t half = count / 2;
    if (keys_[low + half] < key_text) {
      low += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  if (low == size() || keys_[low] != key_text) return std::nullopt;
  return low;
}

std::optional<SnapshotEntry> Snapshot::find(std::string_view key_text) const {
  const auto index = index_of(key_text);
  if (!index) return std::nullopt;
  return entry(*index);
}

std::size_t Snapshot::count(Source source) const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < size(); ++i)
    if (ruling(i).source == source) ++count;
  return count;
}

Snapshot Snapshot::of(Parts parts, Time decided_at) {
  Snapshot out;
  out.decided_at = decided_at;
  out.keys_ = std::move(parts.keys);
  out.rulings_ = std::move(parts.rulings);
  out.origins_ = std::move(parts.origins);
  out.ruling_of_ = std::move(parts.ruling_of);
  return out;
}

void SnapshotBuilder::add(std::string_view key_text, std::uint32_t ruling) {
  if (snapshot_.size() > 0 && snapshot_.key_text(snapshot_.size() - 1) >= key_text)
    throw std::logic_error("the keys of a snapshot must ascend");
  snapshot_.keys_.add(key_text);
  snapshot_.ruling_of_.push_back(ruling);
}

std::uint32_t SnapshotBuilder::add_ruling(const SnapshotEntry& entry) {
  const PolicyPointer& without_dane = entry.policy_without_dane;
  const bool same = without_dane != nullptr && *without_dane == *entry.policy;
  std::uint8_t bits = entry.exception ? kException : 0;
  if (entry.valid_until) bits |= kValidUntil;
  if (without_dane != nullptr) bits |= same ? kWithoutDaneIsSame : kWithoutDane;
  if (entry.published_without_dane != nullptr) bits |= kPublished;
  if (entry.policy_lines != nullptr) bits |= kPolicyLines;
  if (entry.tlsa_at_alias) bits |= kTlsaAtAlias;
  CodeWriter out;
  write_ruling_head(out, entry.policy->level, entry.source, bits, entry.valid_until,
                    origin_number(entry.origin));
  out.text(encode_policy(*entry.policy));
  if ((bits & kWithoutDane) != 0) out.text(encode_policy(*without_dane));
  if (entry.published_without_dane != nullptr)
    out.text(encode_policy(*entry.published_without_dane));
  if (entry.policy_lines != nullptr) out.text(*entry.policy_lines);
  return intern(out.take());
}

std::uint32_t SnapshotBuilder::add_ruling(const PublishedList& list, std::string_view policy_code) {
  CodeWriter out;
  write_ruling_head(out, policy_code_level(policy_code), Source::list,
                    kValidUntil | kWithoutDaneIsSame, list.list->expires, origin_number(list.name));
  out.text(policy_code);
  return snapshot_.rulings_.add(out.take());  // a list has each policy once already
}

std::uint32_t SnapshotBuilder::origin_number(const std::string& origin) {
  const auto [known, is_new] = known_origins_.try_emplace(origin, 0);
  if (is_new) known->second = snapshot_.origins_.add(origin);
  return known->second;
}

std::uint32_t SnapshotBuilder::intern(const std::string& code) {
  const auto [known, is_new] = known_rulings_.try_emplace(code, 0);
  if (is_new) known->second = snapshot_.rulings_.add(code);
  return known->second;
}

Snapshot SnapshotBuilder::take() {
  snapshot_.keys_.shrink();
  snapshot_.rulings_.shrink();
  return std::move(snapshot_);
}

}  // namespace tlspact
