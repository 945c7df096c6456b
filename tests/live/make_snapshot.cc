// SPDX-License-Identifier: MIT
// Of the tests of the answerer: writes a snapshot without the rest of tlspact.
//
//   make_snapshot FILE POSTFIX-VERSION < lines
//
//   KEY LEVEL [sts] [MX ...]   an entry of a list, or of MTA-STS
//   until SECONDS              from here on entries hold until then
//   none KEY SECONDS           no policy until then
#include <cstdio>
#include <iostream>
#include <iterator>
#include <sstream>

#include "lookup/snapshot_file.h"
#include "tests/support/policies.h"

namespace {

using namespace tlspact;

struct Lines {
  std::vector<SnapshotEntry> entries;
  std::vector<Negative> none;
  std::optional<Time> until;
};

Time time_of(std::istream& words) {
  std::int64_t seconds = 0;
  words >> seconds;
  return Time{Seconds{seconds}};
}

void take_line(const std::string& line, Lines& out) {
  std::istringstream words{line};
  std::string key;
  std::string level;
  words >> key;
  if (key == "until") {
    out.until = time_of(words);
    return;
  }
  words >> level;
  if (key == "none") {
    out.none.push_back({level, time_of(words)});
    return;
  }
  std::vector<std::string> names{std::istream_iterator<std::string>{words}, {}};
  const bool is_sts = !names.empty() && names.front() == "sts";
  if (is_sts) names.erase(names.begin());
  SnapshotEntry entry = test::entry(key, test::policy(parse_level(level).value(), names),
                                    is_sts ? Source::mta_sts : Source::list);
  if (is_sts)
    entry.policy_lines = std::make_shared<const std::string>("version: STSv1\nmode: enforce");
  entry.valid_until = out.until;
  out.entries.push_back(std::move(entry));
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return 64;
  Lines lines;
  for (std::string line; std::getline(std::cin, line);)
    take_line(line, lines);
  LiveOptions options;
  options.postfix.version = PostfixVersion::parse(words[2]).value();
  std::ranges::sort(lines.none, {}, &Negative::key);
  const auto written =
      write_snapshot(words[1], test::snapshot_of(std::move(lines.entries)), options, lines.none);
  if (written) return 0;
  std::fprintf(stderr, "%s\n", written.error().text.c_str());
  return 1;
}
