// SPDX-License-Identifier: MIT
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "daemon/cli/arguments.h"
#include "daemon/cli/command.h"
#include "daemon/cli/transcript_text.h"
#include "generators/table/file.h"
#include "smtp/transcript/transcript_json.h"

namespace tlspact {
namespace {

namespace po = boost::program_options;
namespace json = boost::json;

constexpr std::size_t kMaxTranscript = 64U << 20;

/// The transcripts of a document: one alone, or all that `deliver --json` or `probe --json` wrote.
void collect(const json::value& value, std::vector<const json::value*>& found) {
  if (value.is_array()) {
    for (const json::value& each : value.get_array())
      collect(each, found);
    return;
  }
  if (!value.is_object()) return;
  const json::object& object = value.get_object();
  if (object.contains("format")) {
    found.push_back(&value);
    return;
  }
  for (const char* const name : {"deliveries", "probes", "transcripts", "transcript"}) {
    if (const json::value* const inside = object.if_contains(name)) collect(*inside, found);
  }
}

struct Replayed {
  bool same = false;
  std::string text;
  json::object document;
};

Result<Replayed> replay_one(const json::value& value) {
  auto stored = parse_transcript(value);
  if (!stored) return std::unexpected(std::move(stored.error()));
  stored->transcript.result = replay(stored->transcript);
  json::object result = session_result_to_json(stored->transcript.result);
  Replayed replayed;
  replayed.same = json::serialize(result) == stored->result;
  replayed.text = transcript_text(stored->transcript) +
                  (replayed.same ? "  replay: the same verdict\n"
                                 : "  replay: ANOTHER verdict than the one written down\n");
  replayed.document = {{"same", replayed.same}, {"result", std::move(result)}};
  return replayed;
}

}  // namespace

Result<CommandResult> run_replay(const std::vector<std::string>& given,
                                 const GlobalOptions& /*global*/) {
  const po::options_description options;
  Arguments arguments{
      {.synopsis = "tlspact replay FILE",
       .description =
           "Holds the sessions of a transcript again, offline, and compares the verdicts with "
           "those "
           "written\ndown. FILE is what \"deliver --json\" or \"probe --json\" printed.\n\n"
           "Exit codes: 0 the same verdicts, bit by bit; 1 another one; 65 no transcript; 66 no "
           "such "
           "file.",
       .positional = "file"},
      options};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const auto file = arguments.positional();
  if (!file) return std::unexpected(file.error());
  const auto bytes = read_file(*file, kMaxTranscript);
  if (!bytes) return std::unexpected(bytes.error());
  boost::system::error_code error;
  const json::value document = json::parse(*bytes, error);
  if (error) return fail(Errc::bad_input, *file + ": no JSON document: " + error.message());
  std::vector<const json::value*> found;
  collect(document, found);
  if (found.empty()) return fail(Errc::bad_input, *file + ": there is no transcript in it");
  CommandResult result;
  json::array replays;
  for (const json::value* each : found) {
    auto replayed = replay_one(*each);
    if (!replayed) return fail(replayed.error().code, *file + ": " + replayed.error().text);
    if (!replayed->same) result.exit_code = 1;
    result.text += replayed->text;
    replays.push_back(std::move(replayed->document));
  }
  result.document = json::serialize(json::object{{"replays", std::move(replays)}});
  return result;
}

}  // namespace tlspact
