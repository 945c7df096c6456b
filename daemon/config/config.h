// SPDX-License-Identifier: MIT
/// Config: /etc/tlspact/tlspact.toml as typed values. Every key has a default; an empty file runs.
///
/// The keys, their types, defaults and descriptions are declared once, in config_keys.cc, which
/// also makes the man page tlspact.toml(5).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/result.h"
#include "policy/time.h"

namespace tlspact {

/// "auto", true or false; nullopt is "auto".
using AutoBool = std::optional<bool>;

/// One [[list]].
struct ListConfig {
  std::string name;       ///< letters, digits, - and _
  std::string url;        ///< https://… or an absolute path
  std::string signature;  ///< the same, of the detached OpenPGP signature
  std::string key;        ///< absolute path of the publisher's public key, armored or not
  Seconds refresh = std::chrono::hours{6};
  bool early_adopter = false;
  std::string max_shrink = "20%";  ///< see max_shrink_percent()
  bool unsigned_list = false;
  unsigned line = 0;  ///< of the [[list]] in the file

  /// `max_shrink` as a number; 20 if it is not a percentage, which the parser refuses.
  [[nodiscard]] unsigned max_shrink_percent() const;
};

struct HttpConfig {
  std::string listen = "127.0.0.1:8461";  ///< see split_server(); empty: off
  std::vector<std::string> hosts;         ///< beside those of loopback, in the Host header

  friend bool operator==(const HttpConfig&, const HttpConfig&) = default;
};

struct Config {
  /// The default file does not exist, or there is nothing in it, not even a comment: these are the
  /// defaults, and perhaps nobody meant them.
  bool says_nothing = false;
  struct {
    std::string state_dir = "/var/lib/tlspact";
    std::string run_dir = "/run/tlspact";
    std::uint32_t history = 20;  ///< generations kept behind the one in place
    Seconds warn_before = std::chrono::days{14};
  } service;
  struct {
    std::string directory = "/etc/tlspact/agreements.d";
  } agreements;
  std::vector<ListConfig> lists;
  struct {
    bool enabled = true;
    Seconds refresh = std::chrono::hours{24};
    Seconds timeout = std::chrono::seconds{60};
    std::uint32_t port = 443;
    bool private_addresses = false;
  } mta_sts;
  struct {
    bool enabled = true;
  } dane;
  struct {
    std::vector<std::string> servers;  ///< "ADDRESS" or "ADDRESS@PORT"; empty: resolv.conf's
    std::string trust_anchor = "/usr/share/dns/root.key";  ///< empty: none
    Seconds max_stale = std::chrono::hours{72};
  } dns;
  struct {
    std::vector<std::string> logs;  ///< absolute paths
    std::string file;               ///< absolute path; empty: none
  } correspondents;
  struct {
    std::string ca_file;  ///< empty: the system's store
  } tls;
  struct {
    std::uint32_t port = 25;
    std::string helo;           ///< empty: this host's name
    std::string tlsrpt_socket;  ///< absolute path; empty: nothing is told
  } smtp;
  struct {
    bool enabled = false;
    Seconds interval = std::chrono::hours{24};
    std::uint32_t concurrency = 200;
    Seconds per_address_interval = std::chrono::seconds{30};
    std::uint32_t per_operator_concurrency = 2;
    std::vector<std::string> canaries;  ///< host names
    std::vector<std::string> opt_out;   ///< host and domain names
    bool private_addresses = false;
  } probe;
  struct {
    std::string level = "off";  ///< or "encrypt"
    std::uint32_t confirmations = 3;
    Seconds over = std::chrono::days{7};
    Seconds decay = std::chrono::days{30};
  } learn;
  struct {
    AutoBool enabled;
    std::string version = "auto";
    std::string map;  ///< empty: STATE_DIR/postfix/tls_policy
    std::vector<std::string> types{"auto"};
    AutoBool reload;
    AutoBool dane;
    std::string mx_binding = "auto";
    AutoBool ca;
  } postfix;
  struct {
    AutoBool enabled;
    std::string map;  ///< empty: STATE_DIR/exim/tls_policy.cdb
    AutoBool dane;
  } exim;
  /// Where tlspact-lookupd is found, and how long it waits.
  struct {
    std::string socketmap = "inet:127.0.0.1:8642";      ///< empty: off
    std::string readsocket = "unix:/run/tlspact/exim";  ///< empty: off
    Seconds wait = std::chrono::seconds{3};
  } live;
  struct {
    std::string url;  ///< empty: sqlite:STATE_DIR/tlspact.db
  } store;
  HttpConfig http;
  struct {
    std::string mail_to;
    std::string mail_server = "127.0.0.1:25";  ///< see split_server()
    std::string webhook;                       ///< https://…, or http:// to loopback
    std::string command;                       ///< absolute path
  } alert;

  [[nodiscard]] std::filesystem::path postfix_map() const;
  [[nodiscard]] std::filesystem::path exim_map() const;
  [[nodiscard]] std::filesystem::path state_path(std::string_view name) const {
    return std::filesystem::path{service.state_dir} / name;
  }
  /// Of the SQLite file.
  [[nodiscard]] std::filesystem::path store_path() const;
};

/// An address and its port: "127.0.0.1:8461", "[::1]:25". An empty address: it is neither.
[[nodiscard]] std::pair<std::string, std::uint16_t> split_server(const std::string& text);

/// Reads and validates a configuration. Every fault is one Error (code config) that names file,
/// line and column, and for an unknown key the nearest known one. `file` is for messages only.
[[nodiscard]] Result<Config> parse_config(std::string_view text, const std::string& file);

/// [service] run_dir, as far as it can be read: of a file that is otherwise at fault the default or
/// what it says, so that a service which runs on without it is found.
[[nodiscard]] std::string run_dir_of(const std::filesystem::path& file);

/// As parse_config; a file that does not exist is an Error no_input unless `may_be_absent`.
[[nodiscard]] Result<Config> load_config(const std::filesystem::path& file, bool may_be_absent);

}  // namespace tlspact
