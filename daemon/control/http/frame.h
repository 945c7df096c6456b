// SPDX-License-Identifier: MIT
/// What every page has around it: the head, the search, the foot. From templates/dashboard.
#pragma once

#include <string>
#include <string_view>

namespace tlspact {

struct Frame {
  std::string title;
  std::string asked;  ///< what was searched for, as it was typed
  std::string version;
};

/// `main` is HTML, made by a template; everything else is escaped. Pure.
[[nodiscard]] std::string framed_page(const Frame& frame, const std::string& main);

[[nodiscard]] std::string_view dashboard_style();
[[nodiscard]] std::string_view dashboard_icon();

}  // namespace tlspact
