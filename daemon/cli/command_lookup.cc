// SPDX-License-Identifier: MIT
#include "daemon/cli/arguments.h"
#include "daemon/cli/command.h"
#include "daemon/cli/offline_view.h"
#include "daemon/control/rollback.h"
#include "daemon/dns/idna.h"
#include "lookup/answer.h"
#include "lookup/snapshot_file.h"

namespace tlspact {
namespace {

namespace po = boost::program_options;

Result<void> override_version(const Arguments& arguments, GeneratorSettings& settings) {
  if (!arguments.has("postfix")) return {};
  const auto version = PostfixVersion::parse(arguments.text("postfix"));
  if (!version)
    return fail(Errc::usage, "--postfix takes a version as mail_version has it, such as 3.7.11");
  settings.postfix.options.version = *version;
  return {};
}

/// While the maps are held, what they were made from; else what the inputs come to now.
Result<const Snapshot*> snapshot_in_force(const OfflineView& view, bool at_other_time,
                                          std::optional<Snapshot>& held, Notices& notices) {
  if (!view.hold) return &view.refreshed.snapshot;
  const std::string text = hold_text(*view.hold);
  if (at_other_time) {
    notices.push_back({Severity::warning, "rollback",
                       text + ": this is what would be in force if they were not", 0});
    return &view.refreshed.snapshot;
  }
  auto published = read_snapshot(view.published);
  if (!published) return std::unexpected(published.error());
  notices.push_back({Severity::warning, "rollback",
                     text + ", of which this is; \"tlspact explain\" tells what is decided now",
                     0});
  return &held.emplace(*std::move(published));
}

/// ".acme.example" for "sub.acme.example" where that has an entry: Postfix asks for it next.
std::optional<std::string> parent_with_entry(const Snapshot& snapshot, const std::string& key) {
  for (std::size_t dot = key.find('.', 1); dot != std::string::npos; dot = key.find('.', dot + 1)) {
    std::string parent = key.substr(dot);
    if (snapshot.find(parent)) return parent;
  }
  return std::nullopt;
}

void add_parent_hint(const Snapshot& snapshot, const std::string& key, Notices& notices) {
  const auto parent = parent_with_entry(snapshot, key);
  if (!parent) return;
  notices.push_back({Severity::warning, key,
                     "has no entry of its own; Postfix asks next for " + *parent +
                         ", which has one: tlspact lookup " + *parent,
                     0});
}

}  // namespace

Result<CommandResult> run_lookup(const std::vector<std::string>& given,
                                 const GlobalOptions& global) {
  po::options_description options;
  options.add_options()("postfix", po::value<std::string>()->value_name("VERSION"),
                        "answer as for that Postfix (default: the one installed or configured)")(
      "exim", "answer as for Exim")("at", po::value<std::string>()->value_name("TIME"),
                                    "answer as of that time");
  Arguments arguments{
      {.synopsis = "tlspact lookup [--postfix VERSION | --exim] [--at TIME] KEY",
       .description =
           "Prints the exact reply that the MTA gets for KEY, on one line. Postfix asks for the\n"
           "parents of a domain (.example.org) itself, so only KEY is looked up; Exim asks "
           "once. While\na rollback holds the maps, the reply is that of the generation held.\n\n"
           "Exit codes: 0 found, 1 not found.",
       .positional = "key"},
      options};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const auto text = arguments.positional();
  if (!text) return std::unexpected(text.error());
  if (arguments.has("exim") && arguments.has("postfix"))
    return fail(Errc::usage, "--postfix and --exim exclude each other");
  const auto at = arguments.time("at");
  if (!at) return std::unexpected(at.error());
  const Time now = at->value_or(clock_now());
  auto view = offline_view(global, now);
  if (!view) return std::unexpected(view.error());
  if (auto set = override_version(arguments, view->settings); !set)
    return std::unexpected(set.error());
  // What is no key has no policy: an address literal, a name that is none.
  const auto key = parse_policy_key(*text);
  const std::string normal = key ? key->text() : std::string{};
  std::optional<Snapshot> held;
  const auto snapshot = snapshot_in_force(*view, at->has_value(), held, view->refreshed.notices);
  if (!snapshot) return std::unexpected(snapshot.error());
  const Answer answer =
      arguments.has("exim")
          ? answer_exim(**snapshot, normal, view->settings.exim.options, now)
          : answer_postfix(**snapshot, normal, view->settings.postfix.options, now);
  if (!answer.found && !arguments.has("exim"))
    add_parent_hint(**snapshot, normal, view->refreshed.notices);
  Poco::JSON::Object::Ptr json = new Poco::JSON::Object;
  json->set("key", normal);
  json->set("found", answer.found);
  json->set("reply", answer.text);
  return CommandResult{.exit_code = answer.found ? 0 : 1,
                       .text = answer.text + "\n",
                       .json = json,
                       .notices = std::move(view->refreshed.notices)};
}

}  // namespace tlspact
