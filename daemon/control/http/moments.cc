// SPDX-License-Identifier: MIT
#include "daemon/control/http/moments.h"

#include <string_view>

namespace tlspact {

std::string minute_text(Time time) {
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kMinutes = 5;
  const std::string text = format_time(time);  // "2026-11-01T17:25:12Z"
  return text.substr(0, kDate) + " " + text.substr(kDate + 1, kMinutes);
}

std::string distance_text(Time time, Time now) {
  const Seconds distance = time < now ? now - time : time - now;
  const struct {
    Seconds unit;
    std::string_view name;
  } units[] = {{std::chrono::days{1}, "day"},
               {std::chrono::hours{1}, "hour"},
               {std::chrono::minutes{1}, "minute"}};
  for (const auto& [unit, name] : units) {
    if (distance < unit) continue;
    const auto number = distance / unit;
    const std::string count =
        std::to_string(number) + " " + std::string{name} + (number == 1 ? "" : "s");
    return time < now ? count + " ago" : "in " + count;
  }
  return "just now";
}

std::string grouped_digits(std::size_t number) {
  constexpr std::size_t kGroup = 3;
  std::string out = std::to_string(number);
  for (std::size_t at = out.size(); at > kGroup;) {
    at -= kGroup;
    out.insert(at, ",");
  }
  return out;
}

}  // namespace tlspact
