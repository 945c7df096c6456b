// SPDX-License-Identifier: MIT
#include "daemon/control/http/level_matrix.h"

#include <algorithm>
#include <numeric>

namespace tlspact::html {
namespace {

constexpr Source kEverySource[] = {Source::agreement, Source::dane, Source::mta_sts, Source::list,
                                   Source::learned};
constexpr Level kStrictestFirst[] = {Level::secure, Level::dane_only, Level::fingerprint,
                                     Level::dane,   Level::encrypt,   Level::may,
                                     Level::none};

std::size_t total(const EntryCounts& counts, Level level) {
  return std::accumulate(
      std::begin(kEverySource), std::end(kEverySource), std::size_t{0},
      [&](std::size_t sum, Source source) { return sum + counts.by(source, level); });
}

data number_cells(const std::vector<std::size_t>& numbers) {
  return list_of(numbers, numbers.size(),
                 [](std::size_t each) { return row({{"count", grouped_digits(each)}}); });
}

}  // namespace

std::string level_bar(const std::vector<Level>& levels, const std::vector<std::size_t>& of_level,
                      std::size_t most) {
  constexpr std::size_t kWidth = 1000;
  constexpr std::size_t kLeast = 4;  // of what is not nothing
  std::string out =
      "<svg class=\"levels\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
      "aria-hidden=\"true\" focusable=\"false\">";
  std::size_t left = 0;
  for (std::size_t i = 0; i < levels.size() && most > 0; ++i) {
    if (of_level[i] == 0) continue;
    const std::size_t width =
        std::min(std::max(kLeast, of_level[i] * kWidth / most), kWidth - std::min(left, kWidth));
    out += "<rect class=\"" + std::string{level_name(levels[i])} + "\" x=\"" +
           std::to_string(left) + "\" y=\"0\" width=\"" + std::to_string(width) +
           "\" height=\"10\"/>";
    left += width;
  }
  return out + "</svg>";
}

void set_levels(data& page, const EntryCounts& counts) {
  std::vector<Level> levels;
  std::vector<std::size_t> totals;
  for (const Level level : kStrictestFirst) {
    if (total(counts, level) == 0) continue;
    levels.push_back(level);
    totals.push_back(total(counts, level));
  }
  page.set("levels", list_of(levels, levels.size(), [](Level level) {
             return row({{"name", std::string{level_name(level)}}});
           }));
  page.set("totals", number_cells(totals));
  page.set("sources", list_of(kEverySource, std::size(kEverySource), [&](Source source) {
             std::vector<std::size_t> numbers;
             for (const Level level : levels)
               numbers.push_back(counts.by(source, level));
             data out = row({{"name", std::string{source_name(source)}},
                             {"count", grouped_digits(counts.by(source))}});
             out.set("counts", number_cells(numbers));
             out.set("bar", level_bar(levels, numbers, counts.entries));
             return out;
           }));
}

}  // namespace tlspact::html
