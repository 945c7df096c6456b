// SPDX-License-Identifier: MIT
/// Pieces of configuration within Debian's exim4.conf.template, which holds the files of conf.d one
/// behind the other, each between marks:
///
///   #####################################################
///   ### router/190_tlspact
///   #####################################################
///   …
///   #####################################################
///   ### end router/190_tlspact
///   #####################################################
#pragma once

#include <string>
#include <string_view>

#include "policy/result.h"

namespace tlspact {

struct EximPieceText {
  std::string name;  ///< "router/190_tlspact": the folder of conf.d, and the file
  std::string text;
};

/// The template with the piece in it: in the place of the one that is there, else where
/// update-exim4.conf.template would put it (so an unedited template becomes, byte for byte, what
/// that program makes), else, in a template whose marks are gone, behind the "begin" line of its
/// section (main: before the first section; router: before Debian's `.ifdef DCconfig_internet`).
/// Error bad_input if the section is not there. Pure.
[[nodiscard]] Result<std::string> with_exim_piece(std::string_view configuration,
                                                  const EximPieceText& piece);

}  // namespace tlspact
