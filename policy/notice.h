// SPDX-License-Identifier: MIT
/// Notice: something that an administrator should hear about, though the run goes on.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tlspact {

enum class Severity {
  note,     ///< worth knowing, nothing to do
  warning,  ///< will matter, or a passing fault with the last good data in force
  alert,    ///< something agreed or published is not enforced as it says
};

/// One line, without newline: `subject` is a policy domain, next-hop, source or file.
struct Notice {
  Severity severity = Severity::note;
  std::string subject;
  std::string text;
  /// How many further subjects have the same text, which are not named.
  std::size_t more = 0;

  friend bool operator==(const Notice&, const Notice&) = default;
};

using Notices = std::vector<Notice>;

/// " and 3 more", behind those that are named; empty where there are none.
[[nodiscard]] inline std::string and_more(std::size_t more) {
  return more == 0 ? "" : " and " + std::to_string(more) + " more";
}

/// Collects notices that a million next-hops may have: of each text the first three subjects are
/// kept, and the rest are counted.
class NoticeTally {
 public:
  /// How many subjects of a text are named.
  static constexpr std::size_t kKept = 3;

  void add(Severity severity, std::string_view subject, std::string_view text,
           std::size_t more = 0) {
    auto group = groups_.find(Text{severity, text});
    if (group == groups_.end())
      group = groups_.emplace(std::pair{severity, std::string{text}}, Group{}).first;
    if (group->second.kept == kKept) {
      notices_[group->second.last].more += 1 + more;
      return;
    }
    ++group->second.kept;
    group->second.last = notices_.size();
    notices_.push_back({severity, std::string{subject}, std::string{text}, more});
  }
  void add(const Notice& notice) { add(notice.severity, notice.subject, notice.text, notice.more); }

  /// In the order of their arrival.
  [[nodiscard]] Notices take() { return std::move(notices_); }

 private:
  struct Group {
    std::size_t kept = 0;
    std::size_t last = 0;  ///< index of the last one kept
  };
  using Text = std::pair<Severity, std::string_view>;
  struct Less {
    using is_transparent = void;
    bool operator()(const Text& a, const Text& b) const { return a < b; }
  };
  std::map<std::pair<Severity, std::string>, Group, Less> groups_;
  Notices notices_;
};

}  // namespace tlspact
