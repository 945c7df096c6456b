// SPDX-License-Identifier: MIT
/// A resolver that answers from a table. What real servers and a real validator do is tested
/// elsewhere, against NSD; here every combination of answers can be had.
#pragma once

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "smtp/resolver.h"
#include "tests/support/bytes.h"

namespace tlspact::test {

/// A name on the wire: "mx1.acme.example"; "" is the root.
inline std::string wire_name(const std::string& name) {
  std::string out;
  for (std::size_t from = 0; from < name.size();) {
    const std::size_t dot = std::min(name.find('.', from), name.size());
    out += static_cast<char>(dot - from);
    out += name.substr(from, dot - from);
    from = dot + 1;
  }
  return out + '\0';
}

inline std::string wire_mx(int preference, const std::string& exchange) {
  return std::string{static_cast<char>(preference / 256), static_cast<char>(preference % 256)} +
         wire_name(exchange);
}

inline std::string wire_address(const std::string& text) {
  const auto address = boost::asio::ip::make_address(text);
  std::string out;
  if (address.is_v4()) {
    for (const auto byte : address.to_v4().to_bytes())
      out += static_cast<char>(byte);
  } else {
    for (const auto byte : address.to_v6().to_bytes())
      out += static_cast<char>(byte);
  }
  return out;
}

/// "3 1 1" with a digest of the right length.
inline std::string wire_tlsa(int usage = 3, int selector = 1, int matching_type = 1) {
  return std::string{static_cast<char>(usage), static_cast<char>(selector),
                     static_cast<char>(matching_type)} +
         std::string(matching_type == 2 ? 64 : 32, '\xab');
}

inline DnsAnswer records(DnsSecurity security, std::vector<std::string> rdata,
                         const std::string& canonical_name = "",
                         Seconds ttl = std::chrono::hours{1}) {
  return {DnsOutcome::records, security, std::move(rdata), canonical_name, ttl, ""};
}
inline DnsAnswer denial(DnsOutcome outcome, DnsSecurity security,
                        Seconds ttl = std::chrono::hours{1}) {
  return {outcome, security, {}, "", ttl, ""};
}
inline DnsAnswer failure(const std::string& reason = "SERVFAIL",
                         DnsSecurity security = DnsSecurity::indeterminate) {
  return {DnsOutcome::failed, security, {}, "", Seconds{0}, reason};
}

/// A question that is not in the table fails, with a reason that says so.
class ScriptedResolver : public Resolver {
 public:
  ScriptedResolver& on(const std::string& name, RecordType type, DnsAnswer answer) {
    if (answer.canonical_name.empty()) answer.canonical_name = name;
    answers_[{name, type}] = std::move(answer);
    return *this;
  }

  /// A, and no AAAA.
  ScriptedResolver& address(const std::string& name, DnsSecurity security,
                            const std::string& canonical_name = "") {
    DnsAnswer none = denial(DnsOutcome::no_data, security);
    none.canonical_name = canonical_name;
    on(name, RecordType::aaaa, none);
    return on(name, RecordType::a, records(security, {wire_address("192.0.2.1")}, canonical_name));
  }

  boost::asio::awaitable<DnsAnswer> query(std::string name, RecordType type) override {
    asked_.push_back({name, type});
    at_once_ = std::max(at_once_, ++open_);
    const auto executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
    --open_;
    const auto found = answers_.find({name, type});
    if (found == answers_.end()) co_return failure("not in the script: " + name);
    co_return found->second;
  }

  [[nodiscard]] bool asked(const std::string& name, RecordType type) const {
    return std::ranges::count(asked_, Question{name, type}) > 0;
  }
  [[nodiscard]] std::size_t questions() const { return asked_.size(); }
  /// The most questions that were open at the same time.
  [[nodiscard]] int at_once() const { return at_once_; }

 private:
  using Question = std::pair<std::string, RecordType>;
  std::map<Question, DnsAnswer> answers_;
  std::vector<Question> asked_;
  int open_ = 0;
  int at_once_ = 0;
};

}  // namespace tlspact::test
