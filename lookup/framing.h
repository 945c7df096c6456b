// SPDX-License-Identifier: MIT
/// The two protocols as bytes: socketmap's netstrings (socketmap_table(5)), and Exim's readsocket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tlspact {

/// A longer request ends the connection.
inline constexpr std::size_t kMaxRequest = 10'000;

/// The first request of what has come in.
struct Frame {
  enum class State : std::uint8_t {
    complete,
    incomplete,  ///< so far it may become one
    malformed,   ///< nothing behind it can be told apart any more
    too_long,    ///< said so by its length, or already so long
  };
  State state = State::incomplete;
  std::string_view request;  ///< a view of the input
  std::size_t size = 0;      ///< of the whole frame
};

/// "7:postfix a.example," is `<length>:<bytes>,`; no leading zero, no sign, nothing between frames.
[[nodiscard]] Frame first_netstring(std::string_view input);

/// A line of readsocket, without its LF or CR LF. `at_end`: nothing more will come, so a line
/// needs no LF.
[[nodiscard]] Frame first_line(std::string_view input, bool at_end);

[[nodiscard]] std::string as_netstring(std::string_view text);

/// A request in a netstring: "MAP KEY". There is none without a space; a key may be empty.
struct MapRequest {
  bool good = false;
  std::string_view map;
  std::string_view key;
};
[[nodiscard]] MapRequest read_map_request(std::string_view request);

/// The key of "get KEY" or "KEY", blanks around it dropped.
[[nodiscard]] std::string_view read_line_request(std::string_view line);

}  // namespace tlspact
