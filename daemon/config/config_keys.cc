// SPDX-License-Identifier: MIT
#include "daemon/config/config_keys.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "generators/postfix/postfix_options.h"
#include "generators/table/table.h"
#include "lookup/listen_address.h"
#include "policy/domain.h"

namespace tlspact {
namespace {

bool is_absolute_or_empty(const std::string& path) {
  return path.empty() || path.front() == '/';
}

constexpr const char* kAbsolute = "must be an absolute path";

const char* version_fault(const Config& config) {
  const std::string& version = config.postfix.version;
  return version == "auto" || PostfixVersion::parse(version)
             ? nullptr
             : "must be \"auto\" or a version as mail_version has it, such as \"3.7.11\"";
}

const char* types_fault(const Config& config) {
  const auto& types = config.postfix.types;
  if (types == std::vector<std::string>{"auto"}) return nullptr;
  const bool good = !types.empty() && std::ranges::all_of(types, [](const std::string& type) {
    return parse_table_type(type).has_value();
  });
  for (auto each = types.begin(); each != types.end(); ++each) {
    if (std::find(std::next(each), types.end(), *each) != types.end())
      return "must not name a type twice";
  }
  return good ? nullptr
              : "must be [\"auto\"], or some of \"cdb\", \"lmdb\", \"hash\", \"texthash\"";
}

const char* binding_fault(const Config& config) {
  const std::string& value = config.postfix.mx_binding;
  return value == "auto" || value == "all" || value == "sts"
             ? nullptr
             : "must be \"auto\", \"all\" or \"sts\"";
}

/// Postfix adds the extension of the type; a dot in the last part would be taken for one.
const char* postfix_map_fault(const Config& config) {
  const std::string& map = config.postfix.map;
  if (!is_absolute_or_empty(map)) return kAbsolute;
  return std::filesystem::path{map}.filename().string().contains('.')
             ? "must not have a dot in its last part: the extension of each type is added"
             : nullptr;
}

const char* port_fault(const Config& config) {
  return config.mta_sts.port > 0 && config.mta_sts.port < 65536 ? nullptr
                                                                : "must be from 1 to 65535";
}

const char* smtp_port_fault(const Config& config) {
  return config.smtp.port > 0 && config.smtp.port < 65536 ? nullptr : "must be from 1 to 65535";
}

const char* helo_fault(const Config& config) {
  const std::string& helo = config.smtp.helo;
  return helo.empty() || Domain::parse(helo) ? nullptr : "must be a fully qualified host name";
}

const char* refresh_fault(const Config& config) {
  return config.mta_sts.refresh >= std::chrono::minutes{5} ? nullptr : "must be at least \"5m\"";
}

const char* timeout_fault(const Config& config) {
  const Seconds timeout = config.mta_sts.timeout;
  return timeout >= Seconds{1} && timeout <= std::chrono::minutes{5}
             ? nullptr
             : "must be from \"1s\" to \"5m\"";
}

/// "192.0.2.1", "192.0.2.1@5353", "2001:db8::1@53".
bool is_name_server(std::string_view text) {
  const std::size_t at = text.rfind('@');
  const std::string address{text.substr(0, at)};
  std::array<unsigned char, 16> unused{};
  if (::inet_pton(AF_INET, address.c_str(), unused.data()) != 1 &&
      ::inet_pton(AF_INET6, address.c_str(), unused.data()) != 1)
    return false;
  if (at == std::string_view::npos) return true;
  unsigned port = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + at + 1, end, port);
  return error == std::errc{} && rest == end && port > 0 && port < 65536;
}

const char* servers_fault(const Config& config) {
  return std::ranges::all_of(config.dns.servers, is_name_server)
             ? nullptr
             : "must be IP addresses, each perhaps with @ and a port: \"127.0.0.1@5353\"";
}

const char* logs_fault(const Config& config) {
  return std::ranges::all_of(
             config.correspondents.logs,
             [](const std::string& log) { return log.starts_with('/') || log == "journal"; })
             ? nullptr
             : "must be absolute paths, or \"journal\"";
}

bool are_domains(const std::vector<std::string>& names) {
  return std::ranges::all_of(
      names, [](const std::string& name) { return Domain::parse(name).has_value(); });
}

const char* probe_interval_fault(const Config& config) {
  return config.probe.interval >= std::chrono::minutes{10} ? nullptr : "must be at least \"10m\"";
}

const char* probe_concurrency_fault(const Config& config) {
  return config.probe.concurrency >= 1 && config.probe.concurrency <= 2000
             ? nullptr
             : "must be from 1 to 2000";
}

const char* per_operator_fault(const Config& config) {
  return config.probe.per_operator_concurrency >= 1 ? nullptr : "must be at least 1";
}

const char* learn_level_fault(const Config& config) {
  return config.learn.level == "off" || config.learn.level == "encrypt"
             ? nullptr
             : "must be \"off\" or \"encrypt\": names that come from unsigned DNS are never pinned";
}

const char* confirmations_fault(const Config& config) {
  return config.learn.confirmations >= 2 && config.learn.confirmations <= 20
             ? nullptr
             : "must be from 2 to 20";
}

const char* decay_fault(const Config& config) {
  return config.learn.decay > config.learn.over ? nullptr : "must be longer than \"over\"";
}

const char* live_fault(const std::string& address) {
  return address.empty() || ListenAddress::parse(address)
             ? nullptr
             : "must be \"inet:\" with an address and a port, or \"unix:\" with an absolute path";
}

const char* wait_fault(const Config& config) {
  return config.live.wait <= Seconds{4} ? nullptr : "must be at most \"4s\"";
}

const char* store_fault(const Config& config) {
  const std::string& url = config.store.url;
  return url.empty() || url.starts_with("sqlite:/") ? nullptr
                                                    : "must be sqlite: and an absolute path";
}

const char* listen_fault(const Config& config) {
  return config.http.listen.empty() || !split_server(config.http.listen).first.empty()
             ? nullptr
             : "must be an address with a port, \"127.0.0.1:8461\" or \"[::1]:8461\"";
}

const char* mail_server_fault(const Config& config) {
  return split_server(config.alert.mail_server).first.empty()
             ? "must be an address with a port, such as \"127.0.0.1:25\""
             : nullptr;
}

/// Nothing that would end an address in SMTP or in a header.
const char* mail_to_fault(const Config& config) {
  const std::string& to = config.alert.mail_to;
  const bool plain = std::ranges::all_of(to, [](char c) {
    return c > ' ' && c < '\x7f' && c != '<' && c != '>' && c != ',' && c != '"';
  });
  return to.empty() || (plain && to.find('@') != std::string::npos) ? nullptr
                                                                    : "must be one mail address";
}

const char* webhook_fault(const Config& config) {
  const std::string& url = config.alert.webhook;
  const bool local = url.starts_with("http://127.") || url.starts_with("http://[::1]") ||
                     url.starts_with("http://localhost");
  return url.empty() || url.starts_with("https://") || local
             ? nullptr
             : "must begin with https://, or with http:// and an address of loopback";
}

constexpr std::array kConfigKeys{
    ConfigKey{
        "service", "state_dir", [](Config& c) { return Slot{&c.service.state_dir}; },
        "Directory of the store and of the maps. Run as root, tlspact takes the identity of "
        "its owner before it opens either.",
        [](const Config& c) { return c.service.state_dir.starts_with('/') ? nullptr : kAbsolute; }},
    ConfigKey{
        "service", "run_dir", [](Config& c) { return Slot{&c.service.run_dir}; },
        "Directory of the sockets by which the processes of tlspact reach each other.",
        [](const Config& c) { return c.service.run_dir.starts_with('/') ? nullptr : kAbsolute; }},
    ConfigKey{"service", "history", [](Config& c) { return Slot{&c.service.history}; },
              "How many installed generations are kept behind the one in place, for \"tlspact "
              "rollback\". Each costs a copy of the files that changed after it."},
    ConfigKey{"service", "warn_before", [](Config& c) { return Slot{&c.service.warn_before}; },
              "Warn this long before an agreement expires. A list that is due to expire is warned "
              "of as well, once a third of the time between its timestamp and its expiry is left, "
              "or this long before, whichever is later."},
    ConfigKey{"agreements", "directory", [](Config& c) { return Slot{&c.agreements.directory}; },
              "Directory of the agreement files, *.toml, read in name order.",
              [](const Config& c) {
                return c.agreements.directory.starts_with('/') ? nullptr : kAbsolute;
              }},
    ConfigKey{"mta_sts", "enabled", [](Config& c) { return Slot{&c.mta_sts.enabled}; },
              "Look up the MTA-STS policies (RFC 8461) of the correspondents."},
    ConfigKey{"mta_sts", "refresh", [](Config& c) { return Slot{&c.mta_sts.refresh}; },
              "How often a policy in force is fetched anew, give or take a tenth. A changed id "
              "brings it at once.",
              refresh_fault},
    ConfigKey{"mta_sts", "timeout", [](Config& c) { return Slot{&c.mta_sts.timeout}; },
              "For fetching one policy, everything together.", timeout_fault},
    ConfigKey{"mta_sts", "port", [](Config& c) { return Slot{&c.mta_sts.port}; },
              "Of the policy hosts. Another one than 443 is for tests.", port_fault},
    ConfigKey{"mta_sts", "private_addresses",
              [](Config& c) { return Slot{&c.mta_sts.private_addresses}; },
              "Fetch policies from private and loopback addresses, too. Whoever can publish a DNS "
              "record could then have this machine connect to hosts of your network."},
    ConfigKey{"dane", "enabled", [](Config& c) { return Slot{&c.dane.enabled}; },
              "Look up the TLSA records (RFC 7672) of the correspondents' MX hosts."},
    ConfigKey{"dns", "servers", [](Config& c) { return Slot{&c.dns.servers}; },
              "Recursive name servers, with a port if need be: \"127.0.0.1@5353\". Empty: those of "
              "/etc/resolv.conf. What they say is validated here; they need not be trusted, but "
              "they must pass DNSSEC records on.",
              servers_fault},
    ConfigKey{"dns", "trust_anchor", [](Config& c) { return Slot{&c.dns.trust_anchor}; },
              "File with the DNSSEC trust anchor of the root. Empty: none, then nothing is "
              "validated and DANE is off.",
              [](const Config& c) {
                return is_absolute_or_empty(c.dns.trust_anchor) ? nullptr : kAbsolute;
              }},
    ConfigKey{"dns", "max_stale", [](Config& c) { return Slot{&c.dns.max_stale}; },
              "How long what DNS last said of a domain's DANE stands in while it cannot be asked."},
    ConfigKey{"correspondents", "logs", [](Config& c) { return Slot{&c.correspondents.logs}; },
              "Logs of Postfix or Exim, read on across their rotation; \"journal\" is the systemd "
              "journal. The domains that they name as recipients are looked up ahead of mail, "
              "until no log has named them for 90 days.",
              logs_fault},
    ConfigKey{"correspondents", "file", [](Config& c) { return Slot{&c.correspondents.file}; },
              "A file with one domain a line, looked up ahead of mail. What stands behind # is a "
              "comment.",
              [](const Config& c) {
                return is_absolute_or_empty(c.correspondents.file) ? nullptr : kAbsolute;
              }},
    ConfigKey{
        "tls", "ca_file", [](Config& c) { return Slot{&c.tls.ca_file}; },
        "PEM file of the certificate authorities that are trusted for https and that the "
        "Exim fragments name. Empty: the system's store.",
        [](const Config& c) { return is_absolute_or_empty(c.tls.ca_file) ? nullptr : kAbsolute; }},
    ConfigKey{"smtp", "port", [](Config& c) { return Slot{&c.smtp.port}; },
              "Of the MX hosts. Another one than 25 is for tests.", smtp_port_fault},
    ConfigKey{"smtp", "helo", [](Config& c) { return Slot{&c.smtp.helo}; },
              "The name to greet MX hosts with: one that resolves to the address that connects, "
              "and back. Empty: this host's name.",
              helo_fault},
    ConfigKey{"smtp", "tlsrpt_socket", [](Config& c) { return Slot{&c.smtp.tlsrpt_socket}; },
              "UNIX socket of a TLSRPT collector (RFC 8460) that is told how each delivery of "
              "\"tlspact deliver\" fared, as Postfix tells it. Probes are never told. Empty: none.",
              [](const Config& c) {
                return is_absolute_or_empty(c.smtp.tlsrpt_socket) ? nullptr : kAbsolute;
              }},
    ConfigKey{
        "probe", "enabled", [](Config& c) { return Slot{&c.probe.enabled}; },
        "Look at the TLS of the MX hosts of the correspondents, by connecting to them. Before "
        "a list's policy becomes enforcing it then waits until a probe has seen that it is "
        "met; a server that did TLS and now does not is an alarm."},
    ConfigKey{"probe", "interval", [](Config& c) { return Slot{&c.probe.interval}; },
              "How often each MX host and address is looked at, give or take a tenth.",
              probe_interval_fault},
    ConfigKey{"probe", "concurrency", [](Config& c) { return Slot{&c.probe.concurrency}; },
              "Connections at once, in all.", probe_concurrency_fault},
    ConfigKey{"probe", "per_address_interval",
              [](Config& c) { return Slot{&c.probe.per_address_interval}; },
              "Between two connections to the same address."},
    ConfigKey{"probe", "per_operator_concurrency",
              [](Config& c) { return Slot{&c.probe.per_operator_concurrency}; },
              "Connections at once to the hosts of one operator: of one registrable domain, by the "
              "public suffix list.",
              per_operator_fault},
    ConfigKey{"probe", "canaries", [](Config& c) { return Slot{&c.probe.canaries}; },
              "Mail servers that are known to do TLS, looked at in every run. Where none of them "
              "does as seen from here, or one offers no STARTTLS, the way out is at fault: nothing "
              "is learned, and an alert says so.",
              [](const Config& c) {
                return are_domains(c.probe.canaries) ? nullptr : "must be host names";
              }},
    ConfigKey{"probe", "opt_out", [](Config& c) { return Slot{&c.probe.opt_out}; },
              "Hosts and domains, with everything below them, that are never probed.",
              [](const Config& c) {
                return are_domains(c.probe.opt_out) ? nullptr : "must be host or domain names";
              }},
    ConfigKey{"probe", "private_addresses",
              [](Config& c) { return Slot{&c.probe.private_addresses}; },
              "Probe MX hosts at private and loopback addresses, too, such as relays of your own. "
              "Whoever can publish an MX record could then have this machine connect to hosts of "
              "your network."},
    ConfigKey{"learn", "level", [](Config& c) { return Slot{&c.learn.level}; },
              "What evidence alone may set for a domain that publishes nothing: \"off\", or "
              "\"encrypt\" once all its MX hosts are known to do TLS.",
              learn_level_fault},
    ConfigKey{"learn", "confirmations", [](Config& c) { return Slot{&c.learn.confirmations}; },
              "Looks that must have seen TLS, of the last one and a half times as many.",
              confirmations_fault},
    ConfigKey{"learn", "over", [](Config& c) { return Slot{&c.learn.over}; },
              "The time that must lie between the first and the last of them."},
    ConfigKey{"learn", "decay", [](Config& c) { return Slot{&c.learn.decay}; },
              "How long a look that saw TLS counts. While an alarm stands nothing is forgotten.",
              decay_fault},
    ConfigKey{"postfix", "enabled", [](Config& c) { return Slot{&c.postfix.enabled}; },
              "Whether to write maps for Postfix. \"auto\": if it is installed, or with --output."},
    ConfigKey{"postfix", "version", [](Config& c) { return Slot{&c.postfix.version}; },
              "The Postfix that reads the map. \"auto\": what postconf says, else 3.7. An "
              "attribute that a version does not know makes it defer the mail.",
              version_fault},
    ConfigKey{"postfix", "map", [](Config& c) { return Slot{&c.postfix.map}; },
              "Path of the policy map, to which the extension of each type is added.",
              postfix_map_fault, "STATE_DIR/postfix/tls_policy"},
    ConfigKey{"postfix", "types", [](Config& c) { return Slot{&c.postfix.types}; },
              "Table types to write: cdb, lmdb, hash (by postmap), texthash. \"auto\": the first "
              "of these that this Postfix has; with --output, cdb and texthash.",
              types_fault},
    ConfigKey{"postfix", "reload", [](Config& c) { return Slot{&c.postfix.reload}; },
              "Run \"postfix reload\" after a change. \"auto\": where the file needs it "
              "(texthash, inbound networks and sender domains); Postfix notices a new cdb, lmdb or "
              "hash by itself."},
    ConfigKey{
        "postfix", "dane", [](Config& c) { return Slot{&c.postfix.dane}; },
        "Write DANE levels. \"auto\": if smtp_dns_support_level is dnssec, unless it is known "
        "that Postfix's resolver does not validate. Postfix would then defer every "
        "dane-only destination."},
    ConfigKey{"postfix", "mx_binding", [](Config& c) { return Slot{&c.postfix.mx_binding}; },
              "Which entries bind the MX host itself (Postfix 3.10.5 and later): \"all\", \"sts\" "
              "(those of MTA-STS only), or \"auto\": all, unless Postfix sends TLSRPT, which would "
              "report the others as MTA-STS.",
              binding_fault},
    ConfigKey{"postfix", "ca", [](Config& c) { return Slot{&c.postfix.ca}; },
              "Whether Postfix has a usable CA store; without one, secure is written as encrypt. "
              "\"auto\" asks postconf."},
    ConfigKey{"exim", "enabled", [](Config& c) { return Slot{&c.exim.enabled}; },
              "Whether to write the map for Exim. \"auto\": if it is installed, or with --output."},
    ConfigKey{
        "exim", "map", [](Config& c) { return Slot{&c.exim.map}; }, "Path of the policy map.",
        [](const Config& c) { return is_absolute_or_empty(c.exim.map) ? nullptr : kAbsolute; },
        "STATE_DIR/exim/tls_policy.cdb"},
    ConfigKey{"exim", "dane", [](Config& c) { return Slot{&c.exim.dane}; },
              "Write DANE levels. \"auto\": unless it is known that Exim's resolver does not "
              "validate, or that resolv.conf has no \"options trust-ad\". Exim would then defer "
              "every dane-only domain."},
    ConfigKey{
        "live", "socketmap", [](Config& c) { return Slot{&c.live.socketmap}; },
        "Where tlspact-lookupd answers Postfix, as tlspact check expects it: "
        "\"inet:127.0.0.1:8642\", \"inet:[::1]:8642\" or \"unix:/path\". The socket is made "
        "by what starts tlspact-lookupd: with the units, change ListenStream of "
        "tlspact-lookupd-socketmap.socket as well (systemctl edit). A chrooted smtp(8) sees a "
        "path only below its queue directory. Empty: nowhere.",
        [](const Config& c) { return live_fault(c.live.socketmap); }},
    ConfigKey{"live", "readsocket", [](Config& c) { return Slot{&c.live.readsocket}; },
              "The same for Exim, and tlspact-lookupd-readsocket.socket.",
              [](const Config& c) { return live_fault(c.live.readsocket); }},
    ConfigKey{"live", "wait", [](Config& c) { return Slot{&c.live.wait}; },
              "How long an answer waits where the domain is met for the first time and must be "
              "looked up. Below the 5 s that Exim waits. The service tells tlspact-lookupd, "
              "unless that was started with --wait.",
              wait_fault},
    ConfigKey{"store", "url", [](Config& c) { return Slot{&c.store.url}; },
              "Where the last good lists and agreements are kept.", store_fault,
              "sqlite:STATE_DIR/tlspact.db"},
    ConfigKey{
        "http", "listen", [](Config& c) { return Slot{&c.http.listen}; },
        "Where the service shows its metrics, its status and the dashboard. Whoever can reach "
        "it can read all of it. Empty: nowhere.",
        listen_fault},
    ConfigKey{
        "http", "hosts", [](Config& c) { return Slot{&c.http.hosts}; },
        "Names that it answers to beside those of loopback: a page of a stranger must not read "
        "it by a name of his own."},
    ConfigKey{"alert", "mail_to", [](Config& c) { return Slot{&c.alert.mail_to}; },
              "Mail address that each alert is sent to, once, and its end.", mail_to_fault},
    ConfigKey{"alert", "mail_server", [](Config& c) { return Slot{&c.alert.mail_server}; },
              "The mail server for that.", mail_server_fault},
    ConfigKey{"alert", "webhook", [](Config& c) { return Slot{&c.alert.webhook}; },
              "URL that gets each alert and its end as JSON, by POST: tlspactd(8), ALERTS.",
              webhook_fault},
    ConfigKey{"alert", "command", [](Config& c) { return Slot{&c.alert.command}; },
              "Program that is run, without arguments, for each alert and its end, with the "
              "JSON that a webhook gets on standard input: tlspactd(8), ALERTS. It cannot use "
              "setuid or setgid programs, such as sendmail, under the units.",
              [](const Config& c) {
                return is_absolute_or_empty(c.alert.command) ? nullptr : kAbsolute;
              }},
};

constexpr std::array kListKeys{
    ListKey{"name", [](ListConfig& l) { return Slot{&l.name}; },
            "Name of the list in messages: letters, digits, - and _. Required, and unique."},
    ListKey{"url", [](ListConfig& l) { return Slot{&l.url}; },
            "The list: an https:// address or an absolute path. Required."},
    ListKey{"signature", [](ListConfig& l) { return Slot{&l.signature}; },
            "Its detached OpenPGP signature: an https:// address or an absolute path."},
    ListKey{"key", [](ListConfig& l) { return Slot{&l.key}; },
            "Absolute path of the publisher's OpenPGP public key, armored or not. Only signatures "
            "by the primary keys in it, or by their signing subkeys, are accepted."},
    ListKey{
        "refresh", [](ListConfig& l) { return Slot{&l.refresh}; },
        "How often the service looks for a new version; tlspact generate always does, and asks a "
        "server only for what has changed."},
    ListKey{"early_adopter", [](ListConfig& l) { return Slot{&l.early_adopter}; },
            "Take entries of mode testing for enforce."},
    ListKey{"max_shrink", [](ListConfig& l) { return Slot{&l.max_shrink}; },
            "A new version that gives up more than this part of the domains, or of the enforced "
            "ones, and at least 50 of them, is held back, and the last good one stays, until "
            "\"tlspact accept NAME\". \"100%\" never holds back."},
    ListKey{"unsigned", [](ListConfig& l) { return Slot{&l.unsigned_list}; },
            "Accept the list without a signature. Whoever can change it can stop your mail."},
};

struct SlotText {
  std::string operator()(const std::string* value) const { return "\"" + *value + "\""; }
  std::string operator()(const std::uint32_t* value) const { return std::to_string(*value); }
  std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
  std::string operator()(const AutoBool* value) const {
    if (!*value) return "\"auto\"";
    return **value ? "true" : "false";
  }
  std::string operator()(const Seconds* value) const {
    constexpr std::pair<long, char> kUnits[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    for (const auto& [seconds, unit] : kUnits) {
      if (value->count() % seconds == 0)
        return "\"" + std::to_string(value->count() / seconds) + unit + "\"";
    }
    return {};
  }
  std::string operator()(const std::vector<std::string>* value) const {
    std::string out;
    for (const std::string& each : *value)
      out += (out.empty() ? "\"" : ", \"") + each + "\"";
    return "[" + out + "]";
  }
};

/// mdoc takes quotes for its own.
std::string mdoc_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"') {
      out += "\\(dq";
    } else {
      out += c;
    }
  }
  return out;
}

std::string manual_item(std::string_view name, std::string_view default_text,
                        std::string_view description) {
  return ".It Ic " + std::string{name} + " No = " + mdoc_text(default_text) + "\n" +
         mdoc_text(description) + "\n";
}

}  // namespace

std::span<const ConfigKey> config_keys() {
  return kConfigKeys;
}
std::span<const ListKey> list_keys() {
  return kListKeys;
}

std::string slot_text(const Slot& slot) {
  return std::visit(SlotText{}, slot);
}

std::string config_manual() {
  std::string out =
      ".\\\" SPDX-License-Identifier: MIT\n"
      ".\\\" Made by \"tlspact manual\" from daemon/config/config_keys.cc: do not edit.\n"
      ".Dd $Mdocdate$\n.Dt TLSPACT.TOML 5\n.Os\n.Sh NAME\n.Nm tlspact.toml\n"
      ".Nd configuration of tlspact\n.Sh DESCRIPTION\n"
      ".Pa /etc/tlspact/tlspact.toml\nis a TOML file. Every key has a default; an empty file "
      "runs.\nUnknown keys are errors.\nDurations are a number and a unit, such as 90s, 15m, 6h, "
      "14d or 2w.\n";
  Config defaults;
  std::string_view section;
  for (const ConfigKey& key : kConfigKeys) {
    if (key.section != section) {
      if (!section.empty()) out += ".El\n";
      section = key.section;
      out += ".Ss [" + std::string{section} + "]\n.Bl -tag -width Ds\n";
    }
    const std::string value =
        key.default_text.empty() ? slot_text(key.slot(defaults)) : std::string{key.default_text};
    out += manual_item(key.name, value, key.description);
  }
  out +=
      ".El\n.Ss [[list]]\nA STARTTLS-Everywhere policy list; any number, in order of rank.\n"
      ".Bl -tag -width Ds\n";
  ListConfig list;
  for (const ListKey& key : kListKeys)
    out += manual_item(key.name, slot_text(key.slot(list)), key.description);
  return out + ".El\n.Sh SEE ALSO\n.Xr tlspact 1 ,\n.Xr tlspact-agreements 5\n";
}

}  // namespace tlspact
