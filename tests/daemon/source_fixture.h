// SPDX-License-Identifier: MIT
/// What the tests of sources share: a directory, a store, one fetch and what came of it.
#pragma once

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "daemon/sources/policy_source.h"
#include "tests/support/files.h"
#include "tests/support/policies.h"

namespace tlspact::test {

/// A report and the inputs that were in force after it.
struct Outcome {
  FetchReport report;
  PolicyInputs inputs;

  /// All notices, one a line: "alert SUBJECT: TEXT".
  [[nodiscard]] std::string notices() const {
    constexpr const char* kNames[] = {"note ", "warning ", "alert "};
    std::string out;
    for (const Notice& each : report.notices)
      out += kNames[static_cast<int>(each.severity)] + each.subject + ": " + each.text + "\n";
    return out;
  }

  /// The keys in force, separated by spaces.
  [[nodiscard]] std::string keys() const {
    std::string out;
    for (const std::string& each : all_keys(inputs))
      out += (out.empty() ? "" : " ") + each;
    return out;
  }
};

/// Both steps of a source, with the notices of both.
inline Outcome fetch_and_load(PolicySource& source, const FetchContext& context) {
  Outcome out;
  out.report = source.fetch(context);
  FetchReport loaded = source.load(context, out.inputs);
  if (loaded.state == SourceState::never_good) out.report.state = SourceState::never_good;
  std::ranges::move(loaded.notices, std::back_inserter(out.report.notices));
  return out;
}

class SourceFixture {
 public:
  [[nodiscard]] const std::filesystem::path& path() const { return directory_.path(); }
  [[nodiscard]] std::string path(const std::string& name) const { return (path() / name).string(); }

  [[nodiscard]] Store& store() { return store_; }

  [[nodiscard]] Outcome fetch(PolicySource& source, Time now, bool offline = false,
                              bool keep_in_store = true) {
    return fetch_and_load(
        source, {.store = store_, .now = now, .offline = offline, .keep_in_store = keep_in_store});
  }

 private:
  TempDirectory directory_ = TempDirectory::make().value();
  Notices store_notices_;
  Store store_ = Store::open(directory_.path() / "state" / "tlspact.db", Store::Access::read_write,
                             now(), store_notices_)
                     .value();
};

/// A moment by its RFC 3339 text.
inline Time at(const std::string& text) {
  return parse_date_or_time(text).value();
}

}  // namespace tlspact::test
