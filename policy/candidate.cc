// SPDX-License-Identifier: MIT
#include "policy/candidate.h"

namespace tlspact {

std::string_view source_name(Source source) {
  switch (source) {
    case Source::agreement:
      return "agreement";
    case Source::dane:
      return "DANE";
    case Source::mta_sts:
      return "MTA-STS";
    case Source::list:
      return "list";
    case Source::learned:
      return "learned";
  }
  return "";
}

std::string_view mode_name(Mode mode) {
  switch (mode) {
    case Mode::none:
      return "none";
    case Mode::testing:
      return "testing";
    case Mode::enforce:
      return "enforce";
  }
  return "";
}

std::string_view dane_state_name(DaneState state) {
  switch (state) {
    case DaneState::full:
      return "full";
    case DaneState::some:
      return "some";
    case DaneState::unknown:
      return "unknown";
    case DaneState::none:
      return "none";
  }
  return "";
}

}  // namespace tlspact
