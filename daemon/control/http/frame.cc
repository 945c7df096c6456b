// SPDX-License-Identifier: MIT
#include "daemon/control/http/frame.h"

#include "daemon/control/http/html_data.h"
#include "generators/shipped_files.h"

namespace tlspact {

std::string framed_page(const Frame& frame, const std::string& main) {
  kainjow::mustache::mustache page{std::string{kDashboardFrame}};
  html::data values =
      html::row({{"title", frame.title}, {"asked", frame.asked}, {"version", frame.version}});
  values.set("main", main);
  return page.render(values);
}

std::string_view dashboard_style() {
  return kDashboardStyle;
}

std::string_view dashboard_icon() {
  return kDashboardIcon;
}

}  // namespace tlspact
