// SPDX-License-Identifier: MIT
#include "generators/postfix/postfix_options.h"

#include <charconv>

namespace tlspact {
namespace {

std::optional<int> take_number(std::string_view& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

std::optional<PostfixVersion> PostfixVersion::parse(std::string_view text) {
  const auto major = take_number(text);
  if (!major || !text.starts_with('.')) return std::nullopt;
  text.remove_prefix(1);
  const auto minor = take_number(text);
  if (!minor) return std::nullopt;
  PostfixVersion version{*major, *minor, 0};
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const auto patch = take_number(text);
    if (!patch) return std::nullopt;
    version.patch = *patch;
  }
  // "-RC1", "-20250701": before the release, so features of its patch releases are not assumed.
  if (!text.empty() && !text.starts_with('-')) return std::nullopt;
  return version;
}

std::string PostfixVersion::text() const {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

}  // namespace tlspact
