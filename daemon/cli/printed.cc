// SPDX-License-Identifier: MIT
#include "daemon/cli/printed.h"

#include <sstream>

#include "daemon/control/report.h"
#include "policy/utf8.h"

namespace tlspact {
namespace {

std::string json_text(const Poco::JSON::Object::Ptr& json) {
  constexpr unsigned kIndent = 2;
  std::ostringstream text;
  json->stringify(text, kIndent);
  // JSON is UTF-8 (RFC 8259 section 8.1); what is none can only stand within a string.
  return valid_utf8(text.view()) + "\n";
}

Printed printed_error(const Error& error, bool json) {
  Printed out{static_cast<int>(error.code), {}, "tlspact: " + one_line(error.text) + "\n"};
  if (!json) return out;
  Poco::JSON::Object::Ptr document = new Poco::JSON::Object;
  document->set("error", error.text);
  document->set("exit_code", out.exit_code);
  out.out = json_text(document);
  return out;
}

}  // namespace

Printed printed(const Result<CommandResult>& result, bool json) {
  if (!result) return printed_error(result.error(), json);
  Printed out{result->exit_code, result->text, {}};
  std::istringstream lines{notices_text(result->notices, Severity::warning)};
  for (std::string line; std::getline(lines, line);)
    out.err += "tlspact: " + line + "\n";
  if (json && !result->document.empty()) {
    out.out = result->document + "\n";
  } else if (json && !result->json.isNull()) {
    out.out = json_text(result->json);
  }
  return out;
}

Result<CommandResult> run_words(const std::vector<std::string>& words,
                                const GlobalOptions& global) {
  for (const Subcommand& command : subcommands()) {
    std::size_t taken = 0;
    std::istringstream names{std::string{command.name}};
    bool matches = true;
    for (std::string name; names >> name; ++taken)
      matches = matches && taken < words.size() && words[taken] == name;
    if (!matches) continue;
    return command.run({words.begin() + static_cast<std::ptrdiff_t>(taken), words.end()}, global);
  }
  return fail(Errc::usage, "unknown command " + quote(words.front()) + ", see tlspact --help");
}

}  // namespace tlspact
