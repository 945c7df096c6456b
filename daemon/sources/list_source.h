// SPDX-License-Identifier: MIT
/// ListSource: one configured [[list]], and the verification of any list.
#pragma once

#include <filesystem>
#include <future>
#include <optional>

#include "daemon/sources/policy_source.h"
#include "daemon/sources/signature.h"
#include "policy/policy_list.h"

namespace tlspact {

inline constexpr std::uintmax_t kMaxListBytes = 2UL << 30;

struct VerifiedList {
  std::shared_ptr<const PolicyList> list;
  std::optional<VerifiedSignature> signature;  ///< nullopt: none was asked for
  std::string sha256;                          ///< lower-case hex
};

/// Verifies signature, syntax and schema, and that the timestamp does not lie more than an hour
/// ahead of `now` (a clock that is a little off is no attack). Not expiry: an expired list is a
/// good list that no longer enforces. `name` stands for the file in messages.
[[nodiscard]] Result<VerifiedList> verify_list(const std::filesystem::path& list,
                                               const std::filesystem::path& signature,
                                               const OpenPgpKey* key, const std::string& name,
                                               Time now, const std::filesystem::path& scratch = {});

/// SHA-256 of a file, lower-case hex.
[[nodiscard]] Result<std::string> file_sha256(const std::filesystem::path& file);

/// What fetch() found to be in force: a list that it has parsed, or one that is in the store.
struct ListInForce {
  StoredList record;
  std::shared_ptr<const PolicyList> parsed;  ///< nullptr: load() reads it from the store
  std::future<void> caching;                 ///< of a new list; ends with this object at the latest
};

class ListSource : public PolicySource {
 public:
  ListSource(ListConfig list, const Config& config)
      : list_(std::move(list)),
        ca_file_(config.tls.ca_file),
        warn_before_(config.service.warn_before) {}

  [[nodiscard]] std::string name() const override { return "list " + list_.name; }

  /// Files are looked at anew each time; https:// is asked with conditions. Refused, with the last
  /// good list kept in force: whatever verify_list refuses, a timestamp older than that of the last
  /// good list, while its key is still configured, and a list that gives up too much of the last
  /// good one (policy/guards.h). The stored list stays in force only while its key is among the
  /// configured ones. A list whose bytes are those of the stored one is verified again (its key may
  /// have been revoked), but not copied and not parsed.
  [[nodiscard]] FetchReport fetch(const FetchContext& context) override;
  [[nodiscard]] FetchReport load(const FetchContext& context, PolicyInputs& inputs) override;
  [[nodiscard]] std::string fingerprint() const override;
  [[nodiscard]] std::optional<Time> next_change(Time now) const override;

 private:
  ListConfig list_;
  std::string ca_file_;
  Seconds warn_before_;
  std::optional<ListInForce> in_force_;  ///< set by fetch()
};

}  // namespace tlspact
