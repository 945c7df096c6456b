// SPDX-License-Identifier: MIT
/// MainCf: the text of a main.cf, edited as little as possible.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "generators/postfix/postfix_setting.h"

namespace tlspact {

/// Comments, order, spelling and line endings of the administrator stay; only the definition that
/// is changed is touched, and a parameter without one gets it at the end of the file. Of several
/// definitions of a parameter the last one counts for Postfix, and is the one that is edited.
/// No I/O; a value.
class MainCf {
 public:
  explicit MainCf(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] const std::string& text() const { return text_; }

  /// What the file itself says, continuation lines joined with one space; nullopt: nothing.
  [[nodiscard]] std::optional<std::string> value(std::string_view name) const;

  /// Makes the setting hold. `effective` is what Postfix uses as it is (`postconf -xh NAME`): the
  /// default counts where the file says nothing, and a list is continued from it. Returns whether
  /// the text was changed; a setting that holds already changes nothing.
  bool apply(const PostfixSetting& setting, const std::string& effective);

  /// Every parameter that has a definition, once.
  [[nodiscard]] std::vector<std::string> names() const;

  /// Takes back what made `original` become `written`, in a text that was edited since: a
  /// parameter that still has the written value gets its original definition, or loses it; of a
  /// list that was edited the elements are taken out that were added; what somebody gave another
  /// value stays.
  void take_back(const MainCf& original, const MainCf& written);

 private:
  /// A definition: the lines [begin, end) of the text, comments between its lines included.
  struct Definition {
    std::size_t begin = 0;
    std::size_t value = 0;  ///< behind the "="
    std::size_t end = 0;    ///< behind the last line that belongs to it
  };
  [[nodiscard]] std::optional<Definition> find(std::string_view name) const;
  void take_back_one(const std::string& name, const MainCf& original, const std::string& written);
  [[nodiscard]] std::string value_of(const Definition& definition) const;
  [[nodiscard]] std::string_view newline() const;
  void add(const PostfixSetting& setting, const std::string& value);
  void replace(const Definition& definition, const std::string& value);
  void append_to(const Definition& definition, const std::string& value);
  void prepend_to(const Definition& definition, const std::string& value);
  std::string text_;
};

/// Whether the elements of `part` stand in `list` one behind the other.
[[nodiscard]] bool postfix_list_holds(std::string_view list, std::string_view part);

}  // namespace tlspact
