// SPDX-License-Identifier: MIT
/// What the pages share: values for templates, which escape them. Private to daemon/control/http.
#pragma once

#include <initializer_list>
#include <kainjow/mustache.hpp>
#include <string>
#include <utility>

#include "daemon/control/http/moments.h"
#include "policy/utf8.h"

namespace tlspact::html {

using kainjow::mustache::data;

[[nodiscard]] inline data flag(bool value) {
  return value ? data::type::bool_true : data::type::bool_false;
}

/// Texts by their names, all of them brought to UTF-8.
[[nodiscard]] inline data row(std::initializer_list<std::pair<const char*, std::string>> values) {
  data out;
  for (const auto& [name, value] : values)
    out.set(name, valid_utf8(value));
  return out;
}

/// NAME for a machine and NAME_text for people.
inline void set_moment(data& to, const std::string& name, Time time) {
  to.set(name, format_time(time));
  to.set(name + "_text", minute_text(time));
}

/// Sections of a template that are there once: "NAME?".
inline void set_flag(data& to, const std::string& name, bool value) {
  to.set(name + "?", flag(value));
}

/// As many rows of a kind as a page bears.
inline constexpr std::size_t kMostRows = 200;

/// For `items` at most `most` times what `make` makes of one.
template <class Items, class Make>
[[nodiscard]] data list_of(const Items& items, std::size_t most, Make make) {
  data out{data::type::list};
  std::size_t count = 0;
  for (const auto& each : items) {
    if (count++ == most) break;
    out.push_back(make(each));
  }
  return out;
}

}  // namespace tlspact::html
