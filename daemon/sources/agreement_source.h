// SPDX-License-Identifier: MIT
/// AgreementSource: the directory of agreement files.
#pragma once

#include <filesystem>

#include "daemon/sources/policy_source.h"
#include "policy/agreement.h"

namespace tlspact {

/// Reads *.toml in name order. A bad file never stops the service: its last good version stays in
/// force, and the other files are taken as they are. Two agreements on the same pattern in two
/// files are an error that names both: the file that was not in force before is the one refused
/// (between two new files, the later by name). A file that was removed is no longer in force; a
/// directory that cannot be read leaves everything as it was.
class AgreementSource : public PolicySource {
 public:
  explicit AgreementSource(const Config& config)
      : directory_(config.agreements.directory), warn_before_(config.service.warn_before) {}

  [[nodiscard]] std::string name() const override { return "agreements"; }
  [[nodiscard]] FetchReport fetch(const FetchContext& context) override;
  [[nodiscard]] FetchReport load(const FetchContext& context, PolicyInputs& inputs) override;
  [[nodiscard]] std::string fingerprint() const override { return fingerprint_; }
  [[nodiscard]] std::optional<Time> next_change(Time now) const override;

 private:
  std::filesystem::path directory_;
  Seconds warn_before_;
  std::vector<std::shared_ptr<const Agreement>> agreements_;
  std::string fingerprint_;
};

}  // namespace tlspact
