// SPDX-License-Identifier: MIT
/// Making policies, candidates and entries in one line each.
#pragma once

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "policy/snapshot.h"

namespace tlspact::test {

/// 2026-11-01T00:00:00Z, when nothing made here has expired.
inline Time now() {
  return *parse_rfc3339("2026-11-01T00:00:00Z");
}

inline Domain domain(const std::string& text) {
  return Domain::parse(text).value();
}
inline PolicyKey key(const std::string& text) {
  return PolicyKey::parse(text).value();
}
inline MxPattern mx(const std::string& text) {
  return MxPattern::parse(text).value();
}

inline std::vector<MxPattern> mxs(const std::vector<std::string>& texts) {
  std::vector<MxPattern> out;
  for (const std::string& text : texts)
    out.push_back(mx(text));
  return out;
}

inline TlsPolicy policy(Level level, const std::vector<std::string>& mx_hosts = {}) {
  TlsPolicy out;
  out.level = level;
  out.mx = mxs(mx_hosts);
  return out;
}

inline Candidate candidate(Source source, TlsPolicy tls) {
  Candidate out;
  out.source = source;
  out.policy = std::make_shared<const TlsPolicy>(std::move(tls));
  out.provenance.name = std::string{source_name(source)};
  return out;
}

inline Candidate agreement(const std::string& covered_by, TlsPolicy tls) {
  Candidate out = candidate(Source::agreement, std::move(tls));
  out.covered_by = key(covered_by);
  return out;
}

inline Candidate list(Mode mode, TlsPolicy tls, unsigned order = 0) {
  Candidate out = candidate(Source::list, std::move(tls));
  out.mode = mode;
  out.order = order;
  return out;
}

inline Candidate sts(Mode mode, TlsPolicy tls) {
  Candidate out = candidate(Source::mta_sts, std::move(tls));
  out.mode = mode;
  return out;
}

/// The same with the lines of its policy.
inline Candidate sts(Mode mode, TlsPolicy tls, const std::string& lines) {
  Candidate out = sts(mode, std::move(tls));
  out.policy_lines = std::make_shared<const std::string>(lines);
  return out;
}

inline Candidate dane(DaneState state) {
  Candidate out;
  out.source = Source::dane;
  out.dane.state = state;
  return out;
}

inline SnapshotEntry entry(const std::string& key_text, TlsPolicy tls,
                           Source source = Source::list) {
  const auto shared = std::make_shared<const TlsPolicy>(std::move(tls));
  return {.key = key(key_text),
          .policy = shared,
          .policy_without_dane = shared,
          .published_without_dane = {},
          .policy_lines = {},
          .source = source,
          .exception = false,
          .origin = "test",
          .valid_until = {}};
}

/// A snapshot of these entries, in whatever order they come.
inline Snapshot snapshot_of(std::vector<SnapshotEntry> entries, Time decided_at = now()) {
  std::ranges::sort(entries, {}, &SnapshotEntry::text);
  SnapshotBuilder builder{decided_at};
  for (const SnapshotEntry& each : entries)
    builder.add(each);
  return builder.take();
}

/// Every key that has an agreement or is listed, sorted, each once.
inline std::vector<std::string> all_keys(const PolicyInputs& inputs) {
  std::set<std::string> keys;
  for (const auto& [text, key] : inputs.own_keys())
    keys.insert(text);
  for (const PublishedList& published : inputs.lists()) {
    for (const PolicyList::Entry& entry : published.list->entries)
      keys.emplace(published.list->domain(entry));
  }
  return {keys.begin(), keys.end()};
}

/// A pin whose 64 hex digits are all `digit`; `kind` is "sha256" or "spki-sha256".
inline Fingerprint pin(char digit, const std::string& kind = "sha256") {
  return Fingerprint::parse(kind + ":" + std::string(64, digit)).value();
}

/// What a partner promised for mail to us; with pins, by client certificate.
inline std::shared_ptr<const Agreement> inbound(const std::string& partner,
                                                const std::vector<std::string>& networks,
                                                const std::vector<std::string>& senders = {},
                                                std::vector<Fingerprint> pins = {}) {
  InboundAgreement promised;
  for (const std::string& each : networks)
    promised.networks.push_back(Network::parse(each).value());
  for (const std::string& each : senders)
    promised.sender_domains.push_back(domain(each));
  if (!pins.empty()) promised.require = InboundAgreement::Require::client_certificate;
  promised.fingerprints = std::move(pins);
  Agreement out;
  out.partner = partner;
  out.inbound = std::move(promised);
  out.position = {"partners.toml", 3, 1};
  return std::make_shared<const Agreement>(std::move(out));
}

}  // namespace tlspact::test
