// SPDX-License-Identifier: MIT
#include "generators/exim/exim_template.h"

#include <algorithm>
#include <optional>

namespace tlspact {
namespace {

constexpr std::string_view kRule = "#####################################################\n";

std::string heading(std::string_view name) {
  return std::string{kRule} + "### " + std::string{name} + "\n" + std::string{kRule};
}

/// Where the line that `pattern` begins stands; npos: nowhere.
std::size_t line_starting(std::string_view text, std::string_view pattern, std::size_t from = 0) {
  for (std::size_t at = text.find(pattern, from); at != std::string_view::npos;
       at = text.find(pattern, at + 1))
    if (at == 0 || text[at - 1] == '\n') return at;
  return std::string_view::npos;
}

std::size_t behind_line(std::string_view text, std::size_t at) {
  const std::size_t newline = text.find('\n', at);
  return newline == std::string_view::npos ? text.size() : newline + 1;
}

/// By the names of the files: before the first one of the folder that sorts behind the piece, else
/// behind the folder's last.
std::optional<std::size_t> place_by_marks(std::string_view text, std::string_view name) {
  const std::string folder{name.substr(0, name.find('/') + 1)};
  const std::string opening = std::string{kRule} + "### " + folder;
  const std::string closing = std::string{kRule} + "### end " + folder;
  std::optional<std::size_t> behind;
  for (std::size_t at = text.find(opening); at != std::string_view::npos;
       at = text.find(opening, at + 1)) {
    const std::size_t from = at + kRule.size() + 4;
    // Within a file of conf.d its own name stands once more, without an end of its own.
    if (text.substr(from, text.find('\n', from) - from) > name) return at;
  }
  for (std::size_t at = text.find(closing); at != std::string_view::npos;
       at = text.find(closing, at + 1))
    behind = behind_line(text, behind_line(text, at + kRule.size()));
  return behind;
}

std::optional<std::size_t> place_by_section(std::string_view text, std::string_view name) {
  const std::string_view folder = name.substr(0, name.find('/'));
  constexpr std::size_t kNone = std::string_view::npos;
  if (folder == "main") {
    const std::size_t at = line_starting(text, "begin ");
    return at == kNone ? std::nullopt : std::optional{at};
  }
  const std::string begin = "begin " + std::string{folder == "router"      ? "routers"
                                                   : folder == "transport" ? "transports"
                                                   : folder == "auth"      ? "authenticators"
                                                                           : folder};
  const std::size_t at = line_starting(text, begin);
  if (at == kNone) return std::nullopt;
  if (folder == "router") {
    const std::size_t next = std::min(line_starting(text, "begin ", at + 1), text.size());
    const std::size_t internet = line_starting(text, ".ifdef DCconfig_internet", at);
    if (internet < next) return internet;
  }
  return behind_line(text, at);
}

}  // namespace

Result<std::string> with_exim_piece(std::string_view configuration, const EximPieceText& piece) {
  const std::string opening = heading(piece.name);
  const std::string closing = heading("end " + piece.name);
  std::string out{configuration};
  const std::string block =
      opening + piece.text + (piece.text.ends_with('\n') ? "" : "\n") + closing;
  if (const std::size_t at = configuration.find(opening); at != std::string_view::npos) {
    const std::size_t end = configuration.find(closing, at);
    if (end == std::string_view::npos)
      return fail(Errc::bad_input, "the mark \"### end " + piece.name +
                                       "\" is missing: take what follows \"### " + piece.name +
                                       "\" and belongs to tlspact out, then try again");
    return out.replace(at, end + closing.size() - at, block);
  }
  auto place = place_by_marks(configuration, piece.name);
  if (!place) place = place_by_section(configuration, piece.name);
  if (!place)
    return fail(Errc::bad_input, "there is no section for " + piece.name +
                                     ": add its \"begin\" line, or make the template anew with "
                                     "update-exim4.conf.template -r");
  return out.insert(*place, block);
}

}  // namespace tlspact
