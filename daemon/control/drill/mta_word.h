// SPDX-License-Identifier: MIT
/// MtaWord: what a mail server's own log says became of one recipient. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace tlspact {

struct MtaWord {
  enum class Fate : std::uint8_t {
    silent,  ///< it said nothing yet
    sent,
    deferred,
    bounced,
  };
  Fate fate = Fate::silent;
  std::string reason;  ///< as it stands in the log; of a message that was sent: the server's reply
};

/// Recipient (lower case) -> the last word of it.
using MtaWords = std::map<std::string, MtaWord, std::less<>>;

/// Lines of Postfix: `… ID: to=<…>, …, status=deferred (reason)`.
[[nodiscard]] MtaWords postfix_words(std::string_view log);

/// Lines of Exim's main log: `… ID == recipient …: reason`.
[[nodiscard]] MtaWords exim_words(std::string_view log);

}  // namespace tlspact
