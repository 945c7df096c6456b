// SPDX-License-Identifier: MIT
/// libFuzzer: a transcript from a file, which anybody may have written; what can be read is held
/// again, offline.
#include <boost/json/parse.hpp>

#include "smtp/transcript/transcript_json.h"
#include "tests/fuzz/fuzz.h"

void tlspact::fuzz(std::string_view bytes) {
  boost::system::error_code error;
  const boost::json::value document = boost::json::parse(bytes, error);
  if (error) return;
  const auto read = parse_transcript(document);
  if (!read) {
    expect_printable(read.error().text);
    return;
  }
  expect_printable(replay(read->transcript).outcome.detail);
}
