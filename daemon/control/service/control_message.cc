// SPDX-License-Identifier: MIT
#include "daemon/control/service/control_message.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "policy/utf8.h"

namespace tlspact {
namespace {

namespace json = boost::json;

std::optional<json::object> object_of(std::string_view line) {
  boost::system::error_code error;
  json::value value = json::parse(line, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

const json::string* text_of(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_string();
}

}  // namespace

std::string control_line(const ControlRequest& request) {
  json::array words;
  for (const std::string& each : request.words)
    words.emplace_back(valid_utf8(each));
  return json::serialize(json::object{{"words", std::move(words)}, {"json", request.json}});
}

std::string control_line(const ControlReply& reply) {
  return json::serialize(json::object{{"exit_code", reply.exit_code},
                                      {"out", valid_utf8(reply.out)},
                                      {"err", valid_utf8(reply.err)}});
}

std::optional<ControlRequest> parse_control_request(std::string_view line) {
  const auto object = object_of(line);
  if (!object) return std::nullopt;
  const json::value* const words = object->if_contains("words");
  const json::value* const wants_json = object->if_contains("json");
  if (words == nullptr || !words->is_array() || wants_json == nullptr || !wants_json->is_bool())
    return std::nullopt;
  ControlRequest out;
  out.json = wants_json->get_bool();
  for (const json::value& each : words->get_array()) {
    if (!each.is_string()) return std::nullopt;
    out.words.emplace_back(each.get_string());
  }
  if (out.words.empty()) return std::nullopt;
  return out;
}

std::optional<ControlReply> parse_control_reply(std::string_view line) {
  const auto object = object_of(line);
  if (!object) return std::nullopt;
  const json::value* const code = object->if_contains("exit_code");
  const json::string* const out = text_of(*object, "out");
  const json::string* const err = text_of(*object, "err");
  if (code == nullptr || !code->is_int64() || out == nullptr || err == nullptr) return std::nullopt;
  return ControlReply{.exit_code = static_cast<int>(code->get_int64()),
                      .out = std::string{*out},
                      .err = std::string{*err}};
}

}  // namespace tlspact
