// SPDX-License-Identifier: MIT
#include <algorithm>

#include "daemon/cli/arguments.h"
#include "daemon/cli/changing_store.h"
#include "daemon/cli/command.h"
#include "daemon/cli/report.h"
#include "daemon/store/store.h"

namespace tlspact {
namespace {

/// "list community" as the messages have it, or "community".
std::string list_name(const std::string& source) {
  constexpr std::string_view kPrefix = "list ";
  return source.starts_with(kPrefix) ? source.substr(kPrefix.size()) : source;
}

Result<std::string> accept_list(const Config& config, Store& store, const std::string& name) {
  if (std::ranges::find(config.lists, name, &ListConfig::name) == config.lists.end())
    return fail(Errc::no_input, shown(name) + " is neither a configured list nor \"clock\"");
  auto held = store.held_list(name);
  if (!held) return std::unexpected(held.error());
  if (!*held) return std::string{};
  (*held)->accepted = true;
  if (auto kept = store.keep_held_list(**held); !kept) return std::unexpected(kept.error());
  return "list " + name + ": the version of " + format_time((*held)->timestamp) + " may give up " +
         std::to_string((*held)->lost_enforced) + " enforced domains and " +
         std::to_string((*held)->lost_domains) +
         " in all; \"tlspact generate\" takes it now, or a later one that gives up no more\n";
}

}  // namespace

Result<CommandResult> run_accept(const std::vector<std::string>& given,
                                 const GlobalOptions& global) {
  Arguments arguments{
      {.synopsis = "tlspact accept SOURCE",
       .description =
           "The operator's word on a change that a guard holds back. SOURCE is the name of a list "
           "whose\nnew version shrinks by more than max_shrink, or \"clock\": the time of this "
           "machine is right,\nthough it went back or nothing keeps it so.\n\n"
           "Exit codes: 0 accepted; 1 nothing is held back; 66 no such source; 75 another run is "
           "at "
           "work.",
       .positional = "source"},
      {}};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const auto source = arguments.positional();
  if (!source) return std::unexpected(source.error());
  auto open = open_changing_store(global, clock_now());
  if (!open) return std::unexpected(open.error());
  CommandResult result{.notices = std::move(open->notices)};
  if (*source == "clock") {
    if (auto kept = open->store.accept_clock(clock_now()); !kept)
      return std::unexpected(kept.error());
    result.text = "the clock is taken to be right for a day\n";
  } else {
    auto text = accept_list(open->config, open->store, list_name(*source));
    if (!text) return std::unexpected(text.error());
    result.exit_code = text->empty() ? 1 : 0;
    result.text =
        text->empty() ? "nothing of " + shown(*source) + " is held back\n" : *std::move(text);
  }
  result.json = new Poco::JSON::Object;
  result.json->set("accepted", result.exit_code == 0);
  result.json->set("text", result.text);
  return result;
}

}  // namespace tlspact
