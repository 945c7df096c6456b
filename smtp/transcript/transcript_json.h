// SPDX-License-Identifier: MIT
/// Transcripts as JSON documents: docs/transcript.schema.json describes them.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "policy/result.h"
#include "smtp/transcript/transcript.h"

namespace tlspact {

/// The format's version, "1".
[[nodiscard]] boost::json::object transcript_to_json(const Transcript& transcript);

/// The "result" of a document alone; equal results give equal bytes.
[[nodiscard]] boost::json::object session_result_to_json(const SessionResult& result);

/// A document that was read: its `transcript` has no result, which `result` is, serialized.
struct StoredTranscript {
  Transcript transcript;
  std::string result;
};

/// Errors (bad_input) name the member that is missing, of the wrong type, or impossible.
[[nodiscard]] Result<StoredTranscript> parse_transcript(const boost::json::value& document);

}  // namespace tlspact
