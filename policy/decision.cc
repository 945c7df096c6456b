// SPDX-License-Identifier: MIT
#include "policy/decision.h"

namespace tlspact {

std::string_view standing_text(Standing standing) {
  switch (standing) {
    case Standing::wins:
      return "in force";
    case Standing::composed:
      return "composed into the winner";
    case Standing::expired:
      return "it has expired";
    case Standing::not_yet_valid:
      return "it does not hold yet";
    case Standing::less_specific:
      return "an agreement on a more specific pattern holds";
    case Standing::excepted:
      return "the agreement is an exception, which is final";
    case Standing::weaker:
      return "the agreement already asks for as much";
    case Standing::below_dane:
      return "DANE authenticates every MX host";
    case Standing::below_mta_sts:
      return "the domain's own MTA-STS policy goes before a list";
    case Standing::below_list:
      return "a list that is configured earlier names the domain";
    case Standing::below_published:
      return "what is published goes before learned evidence";
    case Standing::testing:
      return "mode testing is accounted for, not enforced";
    case Standing::waiting:
      return "a guard holds it back";
    case Standing::mode_none:
      return "the domain publishes mode none";
    case Standing::no_tlsa:
      return "no MX host has a secure TLSA record";
  }
  return "";
}

}  // namespace tlspact
