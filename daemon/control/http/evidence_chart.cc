// SPDX-License-Identifier: MIT
#include "daemon/control/http/evidence_chart.h"

#include <algorithm>
#include <map>

namespace tlspact {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr std::size_t kHeight = 100;  ///< of the tallest bar; the style sheet stretches the picture
constexpr std::size_t kStep = 10;     ///< from one day to the next
constexpr std::size_t kBar = 8;
constexpr std::size_t kLeast = 3;  ///< of what is not nothing

std::size_t all(const EvidenceDay& day) {
  return day.positive + day.negative + day.inconclusive;
}

std::string counts_text(const EvidenceDay& day) {
  return std::to_string(day.positive) + " positive, " + std::to_string(day.negative) +
         " negative, " + std::to_string(day.inconclusive) + " inconclusive";
}

std::string number(std::size_t value) {
  return std::to_string(value);
}

class Bar {
 public:
  Bar(std::size_t left, std::size_t most) : left_(left), most_(most) {}
  void add(const char* kind, std::size_t count) {
    if (count == 0) return;
    const std::size_t height = std::max(kLeast, count * (kHeight - 3 * kLeast) / most_);
    bottom_ -= std::min(bottom_, height);
    out_ += "<rect class=\"" + std::string{kind} + "\" x=\"" + number(left_) + "\" y=\"" +
            number(bottom_) + "\" width=\"" + number(kBar) + "\" height=\"" + number(height) +
            "\"/>";
  }
  [[nodiscard]] const std::string& text() const { return out_; }

 private:
  std::size_t left_;
  std::size_t most_;
  std::size_t bottom_ = kHeight;
  std::string out_;
};

}  // namespace

std::vector<EvidenceDay> by_day(const std::vector<Evidence>& rows) {
  std::map<sys_days, EvidenceDay> found;
  for (const Evidence& row : rows) {
    const sys_days date = std::chrono::floor<days>(row.at);
    EvidenceDay& day = found[date];
    day.day = date;
    ++(row.kind == EvidenceKind::positive   ? day.positive
       : row.kind == EvidenceKind::negative ? day.negative
                                            : day.inconclusive);
  }
  std::vector<EvidenceDay> out;
  for (const auto& [date, day] : found)
    out.push_back(day);
  return out;
}

std::string evidence_chart(const std::vector<EvidenceDay>& evidence, sys_days last, days count) {
  const sys_days first = last - count + days{1};
  EvidenceDay sum;
  std::size_t most = 1;
  std::string bars;
  for (const EvidenceDay& each : evidence) {
    if (each.day >= first && each.day <= last) most = std::max(most, all(each));
  }
  for (const EvidenceDay& each : evidence) {
    if (each.day < first || each.day > last) continue;
    Bar bar{static_cast<std::size_t>((each.day - first).count()) * kStep + 1, most};
    bar.add("positive", each.positive);
    bar.add("inconclusive", each.inconclusive);
    bar.add("negative", each.negative);
    bars += "<g><title>" + format_date(each.day) + ": " + counts_text(each) + "</title>" +
            bar.text() + "</g>";
    sum.positive += each.positive;
    sum.negative += each.negative;
    sum.inconclusive += each.inconclusive;
  }
  return "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 " +
         number(static_cast<std::size_t>(count.count()) * kStep) + " " + number(kHeight + 1) +
         "\" preserveAspectRatio=\"none\" aria-label=\"From " + format_date(first) + " to " +
         format_date(last) + ": " + counts_text(sum) + "\">" + bars +
         "<path class=\"base\" d=\"M0 " + number(kHeight) + "h" +
         number(static_cast<std::size_t>(count.count()) * kStep) + "\"/></svg>";
}

}  // namespace tlspact
