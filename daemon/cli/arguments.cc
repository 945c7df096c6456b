// SPDX-License-Identifier: MIT
#include "daemon/cli/arguments.h"

#include <sstream>

#include "policy/domain.h"

namespace tlspact {

namespace po = boost::program_options;

Result<void> Arguments::parse(const std::vector<std::string>& arguments) {
  visible_.add_options()("help,h", "show this help");
  po::options_description all;
  all.add(visible_);
  po::positional_options_description positions;
  if (usage_.many) {
    all.add_options()(usage_.positional.c_str(), po::value<std::vector<std::string>>());
    positions.add(usage_.positional.c_str(), -1);
  } else if (!usage_.positional.empty()) {
    all.add_options()(usage_.positional.c_str(), po::value<std::string>());
    positions.add(usage_.positional.c_str(), 1);
  }
  try {
    po::store(
        po::command_line_parser(arguments)
            .options(all)
            .positional(positions)
            .style(po::command_line_style::unix_style & ~po::command_line_style::allow_guessing)
            .run(),
        values_);
    po::notify(values_);
  } catch (const po::too_many_positional_options_error&) {
    return fail(Errc::usage, "too many arguments; usage: " + usage_.synopsis);
  } catch (const po::error& error) {
    return fail(Errc::usage, std::string{error.what()} + "; usage: " + usage_.synopsis);
  }
  return {};
}

std::string Arguments::help() const {
  std::ostringstream out;
  out << "Usage: " << usage_.synopsis << "\n\n"
      << usage_.description << "\n\nOptions:\n"
      << visible_;
  return out.str();
}

Result<std::string> Arguments::positional() const {
  if (!has(usage_.positional)) return fail(Errc::usage, "usage: " + usage_.synopsis);
  return text(usage_.positional);
}

Result<std::optional<Time>> Arguments::time(const std::string& name) const {
  if (!has(name)) return std::optional<Time>{};
  const auto time = parse_date_or_time(text(name));
  if (!time)
    return fail(Errc::usage, "--" + name + " " + quote(text(name)) +
                                 " is not a time such as 2026-01-31T12:00:00Z or 2026-01-31");
  return time;
}

}  // namespace tlspact
