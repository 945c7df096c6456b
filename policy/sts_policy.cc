// SPDX-License-Identifier: MIT
#include "policy/sts_policy.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "policy/domain.h"
#include "policy/sts_words.h"

namespace tlspact {
namespace {

using sts::trim_wsp_left;
using sts::trim_wsp_right;

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

/// The next line without its end, which is LF or CRLF (section 3.2: sts-policy-term).
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  const bool terminated = end < rest.size();
  rest.remove_prefix(terminated ? end + 1 : end);
  if (terminated && line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::optional<Mode> parse_mode(std::string_view value) {
  for (const Mode mode : {Mode::none, Mode::testing, Mode::enforce}) {
    if (value == mode_name(mode)) return mode;
  }
  return std::nullopt;
}

/// 1*10(DIGIT), no sign. More than the limit is the limit (erratum 7282).
std::optional<Seconds> parse_max_age(std::string_view value) {
  constexpr std::size_t kMaxDigits = 10;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (value.empty() || value.size() > kMaxDigits || !std::ranges::all_of(value, is_digit))
    return std::nullopt;
  std::int64_t seconds = 0;
  std::from_chars(value.data(), value.data() + value.size(), seconds);
  return std::min(Seconds{seconds}, kMaxStsAge);
}

/// `["*."] Domain` (erratum to section 3.2), A-labels only. A list's ".suffix" is none.
Result<MxPattern> parse_mx(std::string_view value) {
  if (value.starts_with('.'))
    return fail(Errc::bad_input, quote(value) + ": a name cannot begin with a dot");
  return MxPattern::parse(value);
}

class PolicyReader {
 public:
  explicit PolicyReader(std::string_view body) { policy_.text = body; }

  Result<StsPolicy> run() {
    std::string_view rest = policy_.text;
    while (!rest.empty()) {
      if (auto read = read_line(take_line(rest)); !read) return std::unexpected(read.error());
    }
    return finish();
  }

 private:
  static std::unexpected<Error> bad(std::string why) {
    return fail(Errc::bad_input, std::move(why));
  }
  void remark(std::string text) {
    constexpr std::size_t kMaxRemarks = 20;
    if (policy_.remarks.size() < kMaxRemarks) policy_.remarks.push_back(std::move(text));
  }

  Result<void> read_line(std::string_view line) {
    line = trim_wsp_right(line);
    if (line.empty()) {
      // Not in the grammar, but met in practice.
      if (!blank_) remark("empty lines are passed over");
      blank_ = true;
      return {};
    }
    if (std::ranges::any_of(line, [](char c) { return is_control(c) && c != '\t'; }))
      return bad("a line has control characters: " + quote(line));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return bad("a line is not \"key: value\": " + quote(line));
    const std::string_view key = line.substr(0, colon);
    if (!sts::is_field_name(key)) return bad(quote(key) + " is no key");
    return read_field(key, trim_wsp_left(line.substr(colon + 1)));
  }

  Result<void> read_field(std::string_view key, std::string_view value) {
    // Keys and values are case-sensitive.
    if (key == "mx") return add_mx(value);
    if (key == "version") return set(version_, key, value);
    if (key == "mode") return set(mode_, key, value);
    if (key == "max_age") return set(max_age_, key, value);
    policy_.extensions.emplace_back(key, value);
    return {};
  }

  /// RFC 8461 section 3.2: of a field that stands twice all but the first are ignored.
  Result<void> set(std::optional<std::string_view>& field, std::string_view key,
                   std::string_view value) {
    if (field) {
      remark(std::string{key} + " stands more than once: the first counts");
    } else {
      field = value;
    }
    return {};
  }

  Result<void> add_mx(std::string_view value) {
    auto pattern = parse_mx(value);
    if (!pattern) {
      remark("an mx is passed over: " + pattern.error().text);
      return {};
    }
    if (std::ranges::find(policy_.mx, *pattern) != policy_.mx.end()) return {};
    if (policy_.mx.size() == kMaxStsMxPatterns)
      return bad("it has more than " + std::to_string(kMaxStsMxPatterns) + " mx");
    policy_.mx.push_back(*std::move(pattern));
    return {};
  }

  Result<StsPolicy> finish() {
    if (!version_) return bad("it has no version");
    if (*version_ != "STSv1") return bad("its version is " + quote(*version_) + ", not STSv1");
    if (!mode_) return bad("it has no mode");
    const auto mode = parse_mode(*mode_);
    if (!mode) return bad("its mode is " + quote(*mode_) + ", not enforce, testing or none");
    policy_.mode = *mode;
    if (!max_age_) return bad("it has no max_age");
    const auto max_age = parse_max_age(*max_age_);
    if (!max_age) return bad("its max_age is " + quote(*max_age_) + ", not 1 to 10 digits");
    policy_.max_age = *max_age;
    // RFC 8461 section 3.2: at least one mx, except in mode none (erratum 5800 and section 8.3).
    if (policy_.mode != Mode::none && policy_.mx.empty())
      return bad("its mode is " + std::string{mode_name(policy_.mode)} + " and it has no valid mx");
    return std::move(policy_);
  }

  StsPolicy policy_;
  std::optional<std::string_view> version_;  // these three view policy_.text
  std::optional<std::string_view> mode_;
  std::optional<std::string_view> max_age_;
  bool blank_ = false;
};

}  // namespace

Result<StsPolicy> parse_sts_policy(std::string_view body) {
  if (body.size() > kMaxStsPolicyBytes)
    return fail(Errc::bad_input,
                "it is larger than " + std::to_string(kMaxStsPolicyBytes) + " bytes");
  return PolicyReader{body}.run();
}

std::vector<std::string> sts_policy_lines(std::string_view text) {
  constexpr std::size_t kMaxLines = 150;
  constexpr std::size_t kMaxLine = 300;
  constexpr std::size_t kMaxAll = 32768;
  std::vector<std::string> out;
  std::size_t all = 0;
  while (!text.empty() && out.size() < kMaxLines) {
    std::string line{trim_wsp_right(trim_wsp_left(take_line(text)).substr(0, kMaxLine))};
    std::ranges::replace_if(line, [](char c) { return c < 0x20 || c > 0x7E; }, '?');
    if (line.empty()) continue;
    all += line.size();
    if (all > kMaxAll) break;
    out.push_back(std::move(line));
  }
  return out;
}

bool is_sts_media_type(std::string_view content_type) {
  constexpr std::string_view kType = "text/plain";
  const std::size_t end = std::min(content_type.find(';'), content_type.size());
  const std::string_view type = trim_wsp_right(trim_wsp_left(content_type.substr(0, end)));
  const auto same = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  };
  return std::ranges::equal(type, kType, same);
}

}  // namespace tlspact
