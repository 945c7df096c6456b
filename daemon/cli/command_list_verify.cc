// SPDX-License-Identifier: MIT
#include "daemon/cli/arguments.h"
#include "daemon/cli/command.h"
#include "daemon/control/report.h"
#include "daemon/sources/list_source.h"

namespace tlspact {
namespace {

namespace po = boost::program_options;

/// What is allowed but worth a word.
Notices lint(const PolicyList& list, const VerifiedList& verified, Time now) {
  Notices notices;
  const auto warn = [&](std::string text) {
    notices.push_back({Severity::warning, "list", std::move(text)});
  };
  if (now >= list.expires)
    warn("it expired on " + format_time(list.expires) + " and enforces nothing any more");
  if (!verified.signature) warn("no signature was checked: give --signature and --key");
  if (list.entries.empty()) warn("it lists no domain");
  return notices;
}

std::string report_text(const VerifiedList& verified) {
  const PolicyList& list = *verified.list;
  std::string out;
  if (verified.signature) {
    const VerifiedSignature& signature = *verified.signature;
    out += "signature  good, made " + format_time(signature.made) + "\n";
    out += "key        " + signature.primary_key + " " + signature.user_id + "\n";
    if (signature.signing_key != signature.primary_key)
      out += "           signing subkey " + signature.signing_key + "\n";
  } else {
    out += "signature  not checked\n";
  }
  if (!list.author.empty()) out += "author     " + shown(list.author) + "\n";
  out += "domains    " + std::to_string(list.entries.size()) + ": " +
         std::to_string(list.count(Mode::enforce)) + " enforce, " +
         std::to_string(list.count(Mode::testing)) + " testing\n";
  out += "timestamp  " + format_time(list.timestamp) + "\n";
  out += "expires    " + format_time(list.expires) + "\n";
  out += "sha256     " + verified.sha256 + "\n";
  return out;
}

Poco::JSON::Object::Ptr report_json(const VerifiedList& verified, const Notices& notices) {
  const PolicyList& list = *verified.list;
  Poco::JSON::Object::Ptr out = new Poco::JSON::Object;
  if (verified.signature) {
    Poco::JSON::Object::Ptr signature = new Poco::JSON::Object;
    signature->set("primary_key", verified.signature->primary_key);
    signature->set("signing_key", verified.signature->signing_key);
    signature->set("user_id", verified.signature->user_id);
    signature->set("made", format_time(verified.signature->made));
    out->set("signature", signature);
  }
  out->set("author", shown(list.author));
  out->set("domains", list.entries.size());
  out->set("enforce", list.count(Mode::enforce));
  out->set("testing", list.count(Mode::testing));
  out->set("timestamp", format_time(list.timestamp));
  out->set("expires", format_time(list.expires));
  out->set("sha256", verified.sha256);
  out->set("notices", notices_json(notices));
  return out;
}

}  // namespace

Result<CommandResult> run_list_verify(const std::vector<std::string>& given,
                                      const GlobalOptions& /*global*/) {
  po::options_description options;
  options.add_options()("signature", po::value<std::string>()->value_name("SIG"),
                        "the detached OpenPGP signature")(
      "key", po::value<std::string>()->value_name("KEY"),
      "the publisher's public key, armored or not")(
      "at", po::value<std::string>()->value_name("TIME"), "judge as of that time");
  Arguments arguments{
      {.synopsis = "tlspact list verify [--signature SIG --key KEY] [--at TIME] FILE",
       .description =
           "Verifies and lints a STARTTLS-Everywhere policy list. Only a signature by the key in\n"
           "KEY, or a signing subkey of it, is accepted.\n\n"
           "Exit codes: 0 good; 1 good, but expired or with warnings; 65 refused (signature, key,\n"
           "syntax, schema); 66 a file cannot be read.",
       .positional = "file"},
      options};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const auto file = arguments.positional();
  if (!file) return std::unexpected(file.error());
  const auto at = arguments.time("at");
  if (!at) return std::unexpected(at.error());
  if (arguments.has("signature") != arguments.has("key"))
    return fail(Errc::usage, "--signature and --key go together");
  std::optional<OpenPgpKey> key;
  if (arguments.has("key")) {
    auto loaded = OpenPgpKey::load(arguments.text("key"));
    if (!loaded) return std::unexpected(loaded.error());
    key = *std::move(loaded);
  }
  for (const std::string& path : {*file, arguments.text("signature")}) {
    std::error_code error;
    if (!path.empty() && !std::filesystem::is_regular_file(path, error))
      return fail(Errc::no_input, path + ": no such file");
  }
  const Time now = at->value_or(clock_now());
  const auto verified =
      verify_list(*file, arguments.text("signature"), key ? &*key : nullptr, *file, now);
  if (!verified) return std::unexpected(verified.error());
  Notices notices = lint(*verified->list, *verified, now);
  return CommandResult{.exit_code = notices.empty() ? 0 : 1,
                       .text = report_text(*verified),
                       .json = report_json(*verified, notices),
                       .notices = std::move(notices)};
}

}  // namespace tlspact
