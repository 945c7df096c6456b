// SPDX-License-Identifier: MIT
#include "daemon/sources/correspondents.h"

#include <algorithm>
#include <map>
#include <utility>

#include "daemon/dns/idna.h"
#include "daemon/sources/log_reader.h"
#include "daemon/sources/mail_log.h"
#include "generators/table/file.h"

namespace tlspact {
namespace {

constexpr std::size_t kMostDomains = 1'000'000;
constexpr std::size_t kMaxFile = 256UL << 20;

class Reading {
 public:
  Reading(const Config& config, const std::vector<StoredLogPosition>& positions, Time now)
      : config_(config), positions_(positions), now_(now) {}

  CorrespondentReading run() {
    if (!config_.correspondents.file.empty()) read_list();
    for (const std::string& log : config_.correspondents.logs)
      read_one_log(log);
    for (auto& [domain, origin] : origins_)
      out_.named.push_back({domain, now_, now_, std::move(origin)});
    return std::move(out_);
  }

 private:
  void read_list() {
    const std::string& file = config_.correspondents.file;
    const auto text = read_file(file, kMaxFile);
    if (!text) {
      warn(file, text.error().text + ": the domains that it named before stay");
      return;
    }
    std::string_view rest = *text;
    for (std::size_t number = 1; !rest.empty(); ++number) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      take_line(line, file + ":" + std::to_string(number));
    }
  }

  void take_line(std::string_view line, const std::string& where) {
    constexpr std::string_view kSpace = " \t\r";
    line = line.substr(0, line.find('#'));
    line.remove_prefix(std::min(line.find_first_not_of(kSpace), line.size()));
    line = line.substr(0, line.find_last_not_of(kSpace) + 1);
    if (line.empty()) return;
    if (auto domain = parse_domain(line)) {
      add(domain->text(), where);
    } else {
      warn(where, domain.error().text + "; the line is passed over");
    }
  }

  void read_one_log(const std::string& log) {
    const auto known = std::ranges::find(positions_, log, &StoredLogPosition::path);
    const LogPosition position = known == positions_.end() ? LogPosition{} : known->position;
    const auto take = [&](std::string_view line) {
      const auto name = recipient_domain(line);
      if (!name) return;
      if (const auto domain = parse_domain(*name)) add(domain->text(), log);
    };
    auto done = log == kJournal ? read_journal(position, take) : read_log(log, position, take);
    if (done) {
      out_.positions.push_back({log, *std::move(done)});
    } else {
      warn(log, done.error().text);
    }
  }

  void add(const std::string& domain, const std::string& origin) {
    if (origins_.size() < kMostDomains) origins_.try_emplace(domain, origin);
  }
  void warn(const std::string& subject, const std::string& text) {
    out_.notices.push_back({Severity::warning, subject, text});
  }

  const Config& config_;
  const std::vector<StoredLogPosition>& positions_;
  Time now_;
  std::map<std::string, std::string> origins_;
  CorrespondentReading out_;
};

}  // namespace

std::vector<std::string> surplus_correspondents(
    std::vector<StoredCorrespondent> known,
    const std::function<bool(const std::string& domain)>& has_policy, std::size_t most) {
  std::vector<std::string> out;
  if (known.size() <= most) return out;
  const std::size_t surplus = known.size() - most;
  std::ranges::stable_sort(known, {}, &StoredCorrespondent::last_seen);
  for (StoredCorrespondent& each : known) {
    if (out.size() == surplus) break;
    if (!has_policy(each.domain)) out.push_back(std::move(each.domain));
  }
  return out;
}

CorrespondentReading read_correspondents(const Config& config,
                                         const std::vector<StoredLogPosition>& positions,
                                         Time now) {
  return Reading{config, positions, now}.run();
}

}  // namespace tlspact
