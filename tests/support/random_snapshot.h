// SPDX-License-Identifier: MIT
/// Snapshots with everything in them that an entry can have.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/support/policies.h"

namespace tlspact::test {

class RandomSnapshots {
 public:
  explicit RandomSnapshots(std::uint32_t seed) : random_(seed) {}

  /// About `entries` of them, of which some share a ruling.
  Snapshot make(std::size_t entries) {
    std::map<std::string, std::uint32_t> chosen;
    SnapshotBuilder builder{now()};
    std::vector<std::uint32_t> rulings;
    for (std::size_t i = 0; i < 1 + entries / 3; ++i)
      rulings.push_back(builder.add_ruling(some_entry()));
    for (std::size_t i = 0; i < entries; ++i)
      chosen[some_key()] = rulings[below(rulings.size())];
    for (const auto& [key_text, ruling] : chosen)
      builder.add(key_text, ruling);
    return builder.take();
  }

  std::size_t below(std::size_t limit) { return random_() % limit; }
  bool once_in(std::size_t times) { return below(times) == 0; }

  std::string some_name() {
    static const std::vector<std::string> ends{"example", "b.example", "mail.test", "co.example"};
    return "d" + std::to_string(below(20'000)) + "." + ends[below(ends.size())];
  }

  std::string some_key() {
    const std::string name = some_name();
    switch (below(12)) {
      case 0:
        return "." + name;
      case 1:
        return "[" + name + "]";
      case 2:
        return "[" + name + "]:587";
      case 3:
        return name + ":26";
      default:
        return name;
    }
  }

 private:
  std::vector<MxPattern> some_patterns(std::size_t most) {
    std::vector<std::string> texts;
    for (std::size_t count = below(most + 1); texts.size() < count;)
      texts.push_back((once_in(4) ? "*." : "mx.") + some_name());
    return mxs(texts);
  }

  TlsPolicy some_policy() {
    TlsPolicy out = policy(static_cast<Level>(below(7)));
    out.mx = some_patterns(4);
    out.dane_where_present = once_in(5);
    if (once_in(5)) out.certificate_names = some_patterns(2);
    if (once_in(8)) out.ca_file = "/etc/tlspact/ca.pem";
    if (out.level == Level::fingerprint || once_in(10)) out.pins.push_back(pin('a'));
    if (once_in(12)) out.pins.push_back(pin('b', "spki-sha256"));
    if (once_in(3)) out.min_tls = static_cast<TlsVersion>(below(4));
    if (once_in(5)) out.ciphers = static_cast<CipherGrade>(below(2));
    if (once_in(12)) {
      out.client_certificate = "/etc/tlspact/us.pem";
      out.client_key = "/etc/tlspact/us.key";
    }
    return out;
  }

  SnapshotEntry some_entry() {
    SnapshotEntry out = entry("some.example", some_policy(), static_cast<Source>(below(5)));
    if (once_in(4)) out.policy_without_dane = nullptr;
    if (once_in(4)) out.policy_without_dane = std::make_shared<const TlsPolicy>(some_policy());
    if (once_in(4)) out.published_without_dane = std::make_shared<const TlsPolicy>(some_policy());
    if (once_in(4))
      out.policy_lines =
          std::make_shared<const std::string>("version: STSv1\nmode: enforce\nmx: " + some_name());
    out.exception = once_in(20);
    out.tlsa_at_alias = once_in(3);
    out.origin = "list " + std::to_string(below(5));
    if (once_in(3)) out.valid_until = now() + Seconds{1 + below(1'000'000)};
    return out;
  }

  std::mt19937 random_;
};

}  // namespace tlspact::test
