// SPDX-License-Identifier: MIT
/// PostfixSetting: one parameter of main.cf that connects Postfix to our maps.
#pragma once

#include <string>
#include <vector>

namespace tlspact {

struct PostfixSetting {
  enum class How {
    set,       ///< the parameter gets this value, whatever it was
    if_empty,  ///< the parameter gets this value unless it has one already
    append,    ///< to a list: behind what stands there; not again if it is in the list
    prepend,   ///< to a list: before what stands there; not again if it is in the list
  };
  std::string name;   ///< "smtp_tls_policy_maps"
  std::string value;  ///< one line, without trailing white space
  How how = How::set;
  std::string why;  ///< one line for people
};

using PostfixSettings = std::vector<PostfixSetting>;

}  // namespace tlspact
