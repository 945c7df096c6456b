// SPDX-License-Identifier: MIT
#include "daemon/sources/agreement_source.h"

#include <Poco/DigestEngine.h>
#include <Poco/SHA2Engine.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "daemon/config/toml_reader.h"
#include "daemon/sources/agreement_files.h"
#include "daemon/sources/agreement_parser.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

using Agreements = std::vector<std::shared_ptr<const Agreement>>;

bool has_agreements(const StoredFile& file) {
  const auto agreements = parse_agreements(file.bytes, file.name);
  return agreements && !agreements->empty();
}

/// The set of agreement files that is being put together.
class AgreementSet {
 public:
  /// Parses and adds a file, unless it is bad or collides with what is there.
  Result<void> add(const StoredFile& file, const std::string& shown_as) {
    auto agreements = parse_agreements(file.bytes, shown_as);
    if (!agreements) return std::unexpected(agreements.error());
    for (const auto& agreement : *agreements) {
      for (const Agreement::Covered& each : agreement->domains) {
        const auto taken = covered_.find(each.key.text());
        if (taken != covered_.end())
          return fail(Errc::bad_input, each.position.text() + ": " + quote(each.key.text()) +
                                           " has an agreement already at " + taken->second.text() +
                                           "; remove one of the two");
      }
    }
    for (const auto& agreement : *agreements) {
      for (const Agreement::Covered& each : agreement->domains)
        covered_.emplace(each.key.text(), each.position);
    }
    files_.emplace(file.name, std::pair{file, *std::move(agreements)});
    return {};
  }

  /// Adds the agreements of a file that was good before, but for those whose keys other files have
  /// taken over meanwhile. The file itself stays the last good version.
  bool add_what_fits(const StoredFile& file, const std::string& shown_as) {
    auto agreements = parse_agreements(file.bytes, shown_as);
    if (!agreements) return false;
    std::erase_if(*agreements, [&](const auto& agreement) {
      return std::ranges::any_of(agreement->domains, [&](const Agreement::Covered& each) {
        return covered_.contains(each.key.text());
      });
    });
    for (const auto& agreement : *agreements) {
      for (const Agreement::Covered& each : agreement->domains)
        covered_.emplace(each.key.text(), each.position);
    }
    files_.emplace(file.name, std::pair{file, *std::move(agreements)});
    return true;
  }

  [[nodiscard]] bool covers(const PolicyKey& key) const { return covered_.contains(key.text()); }

  [[nodiscard]] std::vector<StoredFile> files() const {
    std::vector<StoredFile> out;
    out.reserve(files_.size());
    for (const auto& [name, entry] : files_)
      out.push_back(entry.first);
    return out;
  }
  [[nodiscard]] Agreements agreements() const {
    Agreements out;
    for (const auto& [name, entry] : files_)
      std::ranges::copy(entry.second, std::back_inserter(out));
    return out;
  }

 private:
  std::map<std::string, std::pair<StoredFile, Agreements>> files_;
  std::map<std::string, FilePosition> covered_;
};

class AgreementFetch {
 public:
  AgreementFetch(const fs::path& directory, const FetchContext& context)
      : directory_(directory), context_(context) {}

  FetchReport run() {
    if (auto stored = context_.store.agreements()) {
      stored_ = *std::move(stored);
    } else {
      alert(stored.error().text);
    }
    auto files = agreement_files(directory_);
    if (files && files->empty() && stored_.size() > 1)
      return keep_all(
          directory_.string() + ": none of " + std::to_string(stored_.size()) +
          " agreement files is left there (if that is meant, leave one with a comment)");
    if (!files) {
      // No directory and nothing ever in it: there are no agreements.
      if (files.error().code == Errc::no_input && stored_.empty()) {
        if (directory_ != Config{}.agreements.directory)
          report_.notices.push_back({Severity::warning, "agreements",
                                     files.error().text + "; so there are no agreements"});
        return std::move(report_);
      }
      return keep_all(files.error().text);
    }
    add_files(*files);
    tell_withdrawn();
    keep();
    return std::move(report_);
  }

  [[nodiscard]] Agreements agreements() const { return set_.agreements(); }
  [[nodiscard]] std::vector<StoredFile> files() const { return set_.files(); }

 private:
  FetchReport keep_all(const std::string& why) {
    report_.refused = true;
    alert(why + "; the last good agreements stay");
    for (const StoredFile& file : stored_)
      add_stored(file);
    report_.state = SourceState::kept;
    return std::move(report_);
  }

  void alert(std::string text) {
    report_.notices.push_back({Severity::alert, "agreements", std::move(text)});
  }

  [[nodiscard]] const StoredFile* stored(const std::string& name) const {
    const auto found = std::ranges::find(stored_, name, &StoredFile::name);
    return found == stored_.end() ? nullptr : &*found;
  }

  /// Files that are as they were go first: they are in force, and a new one does not push them out.
  void add_files(const std::vector<fs::path>& paths) {
    std::vector<std::pair<fs::path, StoredFile>> changed;
    for (const fs::path& path : paths) {
      const std::string name = path.filename().string();
      auto bytes = read_agreement_file(path);
      const StoredFile* before = stored(name);
      if (!bytes) {
        refuse(bytes.error(), name);
      } else if (before != nullptr && before->bytes == *bytes) {
        if (auto added = set_.add(*before, path.string()); !added) refuse(added.error(), name);
      } else if (before != nullptr && is_blank(*bytes) && has_agreements(*before)) {
        refuse({Errc::bad_input, path.string() +
                                     ": is empty; to withdraw its agreements, remove it, or leave "
                                     "a comment in it"},
               name);
      } else {
        changed.emplace_back(path, StoredFile{name, *std::move(bytes)});
      }
    }
    for (const auto& [path, file] : changed) {
      if (auto added = set_.add(file, path.string()); !added) refuse(added.error(), file.name);
    }
  }

  /// Says why, and takes the last good version of the file instead.
  void refuse(const Error& error, const std::string& name) {
    report_.refused = true;
    report_.state = SourceState::kept;
    const StoredFile* before = stored(name);
    const bool added = before != nullptr && add_stored(*before);
    alert("refused: " + error.text +
          (added ? "; the last good version of the file stays" : "; nothing of the file is used"));
  }

  bool add_stored(const StoredFile& file) {
    return set_.add_what_fits(file, (directory_ / file.name).string() + " (last good version)");
  }

  /// Removing an agreement is the operator's right; doing it by accident must show.
  void tell_withdrawn() {
    std::vector<std::pair<std::string, std::string>> withdrawn;  // domain, file
    std::set<std::string> from;
    for (const StoredFile& file : stored_) {
      const auto before = parse_agreements(file.bytes, file.name);
      if (!before) continue;
      for (const auto& agreement : *before) {
        for (const Agreement::Covered& each : agreement->domains) {
          if (set_.covers(each.key)) continue;
          withdrawn.emplace_back(each.key.text(), file.name);
          from.insert(file.name);
        }
      }
    }
    // A few files are named. One line each for hundreds would bury the rest.
    constexpr std::size_t kNamed = 3;
    for (const auto& [domain, file] : withdrawn)
      report_.notices.push_back({Severity::warning, domain,
                                 from.size() <= kNamed
                                     ? "the agreement in " + file + " was withdrawn"
                                     : "the agreement on it was withdrawn"});
  }

  void keep() {
    const std::vector<StoredFile> files = set_.files();
    if (files == stored_) {
      if (report_.state == SourceState::fresh) report_.state = SourceState::not_changed;
      return;
    }
    if (!context_.keep_in_store) return;
    if (auto kept = context_.store.keep_agreements(files); !kept)
      alert("the agreements could not be kept: " + kept.error().text);
  }

  const fs::path& directory_;
  const FetchContext& context_;
  FetchReport report_;
  std::vector<StoredFile> stored_;
  AgreementSet set_;
};

void judge_expiry(const Agreement& agreement, Seconds warn_before, Time now, Notices& notices) {
  if (!agreement.expires || now + warn_before < *agreement.expires) return;
  const std::string subject = "agreement " + quote(agreement.partner);
  const std::string where = " (" + agreement.position.text() + ")";
  if (now >= *agreement.expires) {
    notices.push_back({Severity::alert, subject,
                       "expired on " + format_date(*agreement.expires) +
                           ": it is not enforced any more" + where});
  } else {
    notices.push_back(
        {Severity::warning, subject, "expires on " + format_date(*agreement.expires) + where});
  }
}

}  // namespace

FetchReport AgreementSource::fetch(const FetchContext& context) {
  AgreementFetch work{directory_, context};
  FetchReport report = work.run();
  agreements_ = work.agreements();
  for (const auto& agreement : agreements_)
    judge_expiry(*agreement, warn_before_, context.now, report.notices);
  Poco::SHA2Engine digest{Poco::SHA2Engine::SHA_256};
  for (const StoredFile& file : work.files()) {
    digest.update(file.name + '\0' + std::to_string(file.bytes.size()) + '\0');
    digest.update(file.bytes);
  }
  fingerprint_ = directory_.string() + " " + Poco::DigestEngine::digestToHex(digest.digest());
  return report;
}

FetchReport AgreementSource::load(const FetchContext& /*context*/, PolicyInputs& inputs) {
  for (const auto& agreement : agreements_)
    inputs.add(agreement);
  return {};
}

std::optional<Time> AgreementSource::next_change(Time now) const {
  std::optional<Time> next;
  for (const auto& agreement : agreements_) {
    for (const std::optional<Time>& each : {agreement->starts, agreement->expires}) {
      if (each && *each > now && (!next || *each < *next)) next = each;
    }
  }
  return next;
}

}  // namespace tlspact
