// SPDX-License-Identifier: MIT
/// What postconf and postmulti print, as values. Reads their text only, runs nothing.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tlspact {

/// Name -> value, as `postconf NAME...` prints them. A parameter that this version does not have
/// gives no line, and no entry.
using PostfixParameters = std::map<std::string, std::string>;

/// "name = value" lines; what is no such line is passed over.
[[nodiscard]] PostfixParameters parse_postconf(std::string_view text);

/// One service of master.cf.
struct PostfixService {
  std::string name;  ///< "smtp", "submission", "192.0.2.1:25"
  std::string type;  ///< "inet", "unix", …
  bool chrooted = false;
  std::string program;          ///< "smtp", "smtpd"; the file name without arguments
  PostfixParameters overrides;  ///< its `-o name=value`

  /// "smtp/unix", as `postconf -P` names it.
  [[nodiscard]] std::string text() const { return name + "/" + type; }
};

/// `postconf -M` (one line a service) and `postconf -P` (one line an override). A "-" in the chroot
/// column means `chrooted_by_default` ("y" before compatibility_level 1, else "n").
[[nodiscard]] std::vector<PostfixService> parse_master_cf(std::string_view services,
                                                          std::string_view overrides,
                                                          bool chrooted_by_default);

/// One line of `postmulti -l`.
struct PostfixInstanceName {
  std::string name;  ///< "-": the primary one, if it has no name
  bool enabled = false;
  std::filesystem::path config_dir;
};

[[nodiscard]] std::vector<PostfixInstanceName> parse_postmulti(std::string_view text);

/// The elements of a list such as smtp_tls_policy_maps: split at commas and white space, but not
/// within braces.
[[nodiscard]] std::vector<std::string> split_postfix_list(std::string_view value);

}  // namespace tlspact
