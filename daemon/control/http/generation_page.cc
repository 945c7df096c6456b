// SPDX-License-Identifier: MIT
#include "daemon/control/http/generation_page.h"

#include "daemon/control/http/change_rows.h"
#include "daemon/control/http/frame.h"
#include "daemon/control/http/html_data.h"
#include "generators/shipped_files.h"

namespace tlspact {
namespace {

std::string rendered(const std::string& title, const std::string& version,
                     const html::data& values) {
  kainjow::mustache::mustache main{std::string{kDashboardGeneration}};
  return framed_page({.title = title + " - tlspact", .asked = {}, .version = version},
                     main.render(values));
}

}  // namespace

std::string generation_page(const GenerationChanges& changes, std::string_view cause,
                            const std::string& version) {
  html::data page = html::row({{"to_number", std::to_string(changes.after)},
                               {"from_number", std::to_string(changes.before)},
                               {"cause", std::string{cause}},
                               {"all", grouped_digits(changes.all())}});
  html::set_flag(page, "found", true);
  html::set_flag(page, "has_from", changes.before != 0);
  html::set_moment(page, "to_made", changes.after_made);
  html::set_moment(page, "from_made", changes.before_made);
  page.set("maps", html::changed_maps(changes));
  html::set_flag(page, "files", !changes.other_files.empty());
  page.set("files",
           html::list_of(changes.other_files, changes.other_files.size(),
                         [](const std::string& each) { return html::row({{"path", each}}); }));
  return rendered("Generation " + std::to_string(changes.after), version, page);
}

std::string generation_fault_page(const std::string& fault, const std::string& version) {
  return rendered("Not found", version, html::row({{"fault", fault}}));
}

}  // namespace tlspact
