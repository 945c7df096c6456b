// SPDX-License-Identifier: MIT
/// PostfixInstance: one configuration directory of Postfix, as postconf reports it.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "generators/postfix/postconf_text.h"
#include "policy/result.h"

namespace tlspact {

/// A value; made by read_postfix_instances(), or by hand in tests.
struct PostfixInstance {
  bool primary = true;
  std::filesystem::path config_dir = "/etc/postfix";
  PostfixParameters
      parameters;  ///< of the names that the checks ask for, $names expanded, and our classes
  std::vector<PostfixService> services;
  std::vector<std::string> table_types;  ///< `postconf -m`

  /// The parameter as `service` uses it (its own -o, else main.cf); empty if there is none.
  [[nodiscard]] std::string value(const std::string& name,
                                  const PostfixService* service = nullptr) const;
  [[nodiscard]] bool knows(const std::string& name) const { return parameters.contains(name); }
  /// "Postfix", or "Postfix (/etc/postfix-out)" for one that is not the primary.
  [[nodiscard]] std::string subject() const;
  /// "postconf", or "postconf -c /etc/postfix-out".
  [[nodiscard]] std::string command(const std::string& program) const;
  /// "postconf -e 'NAME = VALUE' && postfix reload" for this instance.
  [[nodiscard]] std::string set(const std::string& name, const std::string& value) const;
  /// The services that hand mail on by SMTP: those whose program is smtp.
  [[nodiscard]] std::vector<const PostfixService*> smtp_services() const;
  [[nodiscard]] std::filesystem::path queue_directory() const;
};

/// The primary instance, and every enabled one that `postmulti -l` lists. Runs as whoever calls;
/// changes nothing. Error: postconf failed, with what it said.
[[nodiscard]] Result<std::vector<PostfixInstance>> read_postfix_instances();

/// The value of `key` in a table ("hash:/etc/postfix/transport"), by `postmap -q` of the instance;
/// nullopt: the table does not have it. Error: the table cannot be asked.
[[nodiscard]] Result<std::optional<std::string>> query_postfix_table(
    const PostfixInstance& instance, const std::string& key, const std::string& table);

}  // namespace tlspact
