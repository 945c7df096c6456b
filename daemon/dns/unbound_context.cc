// SPDX-License-Identifier: MIT
#include "daemon/dns/unbound_context.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "daemon/dns/resolv_conf.h"
#include "smtp/resolver.h"

namespace tlspact {

namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

Result<std::string> file_text(const std::string& path, const std::string& what,
                              const std::string& remedy) {
  std::ifstream in{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (in.is_open() && !in.bad() && (!text.empty() || in.eof())) return text;
  return fail(Errc::no_input,
              what + " " + path + " cannot be read: " + std::strerror(errno) + "; " + remedy);
}

Settings settings_of(const DnsOptions& options, bool loopback) {
  Settings out{
      {"module-config", options.trust_anchor.empty() ? "iterator" : "validator iterator"},
      {"do-not-query-localhost", loopback ? "no" : "yes"},
      {"unblock-lan-zones", "yes"},
      {"edns-buffer-size", "1232"},
      {"use-caps-for-id", "no"},
      {"trust-anchor-signaling", "no"},
      {"harden-dnssec-stripped", "yes"},
      {"val-clean-additional", "yes"},
      {"aggressive-nsec", "yes"},
      {"infra-keep-probing", "yes"},
      {"infra-host-ttl", "60"},
      {"rrset-roundrobin", "no"},
      // The library's own defaults are for a program that asks now and then: 16 ports, 1 MB.
      {"outgoing-range", std::to_string(2 * options.max_queries)},
      {"num-queries-per-thread", std::to_string(4 * options.max_queries)},
      {"outgoing-num-tcp", "16"},
      {"msg-cache-size", std::to_string(options.cache_bytes / 3)},
      {"rrset-cache-size", std::to_string(options.cache_bytes - options.cache_bytes / 3)},
      {"key-cache-size", "4m"},
      {"neg-cache-size", "1m"},
  };
  for (const std::string& domain : options.insecure_domains)
    out.emplace_back("domain-insecure", domain);
  out.insert(out.end(), options.unbound.begin(), options.unbound.end());
  return out;
}

Result<void> set_servers(ub_ctx* context, const std::vector<NameServer>& servers) {
  for (const NameServer& server : servers) {
    if (const int error = ub_ctx_set_fwd(context, server.text.c_str()); error != 0)
      return fail(Errc::config, "libunbound refuses the name server " + server.text + ": " +
                                    ub_strerror(error) + "; check [dns] servers");
  }
  return {};
}

Result<void> set_options(ub_ctx* context, const Settings& settings) {
  for (const auto& [name, value] : settings) {
    const std::string key = name + ":";
    if (const int error = ub_ctx_set_option(context, key.c_str(), value.c_str()); error != 0)
      return fail(Errc::config, std::string{"libunbound refuses "}
                                    .append(key)
                                    .append(" ")
                                    .append(value)
                                    .append(": ")
                                    .append(ub_strerror(error))
                                    .append("; check [dns]"));
  }
  return {};
}

Result<void> set_trust_anchor(ub_ctx* context, const std::string& path) {
  if (path.empty()) return {};
  const auto readable =
      file_text(path, "the DNSSEC trust anchor",
                "install the package dns-root-data, or set [dns] trust_anchor to a file with the "
                "root's DS, or to \"\" for no DANE");
  if (!readable) return std::unexpected(readable.error());
  if (readable->find("DNSKEY") == std::string::npos && readable->find("DS") == std::string::npos)
    return fail(Errc::bad_input, "the DNSSEC trust anchor " + path +
                                     " has neither a DS nor a DNSKEY record; install the package "
                                     "dns-root-data, or correct [dns] trust_anchor");
  if (const int error = ub_ctx_add_ta_file(context, path.c_str()); error != 0)
    return fail(Errc::bad_input,
                "libunbound refuses the DNSSEC trust anchor " + path + ": " + ub_strerror(error));
  return {};
}

/// The context reads files and sizes its caches at its first question; this one is answered from
/// its own zones, so that a fault shows now.
Result<void> finalize(ub_ctx* context, const DnsOptions& options) {
  const auto ignore = [](void*, int, void*, int, int, char*, int) {};
  const int error = ub_resolve_event(context, "localhost", static_cast<int>(RecordType::a), 1,
                                     nullptr, ignore, nullptr);
  if (error == 0) return {};
  std::string text = std::string{"the DNS resolver cannot start: "} + ub_strerror(error);
  if (!options.trust_anchor.empty())
    text += "; does " + options.trust_anchor + " hold DS or DNSKEY records of the root?";
  return fail(Errc::config, text);
}

/// Names that unbound would deny by itself, but somebody's servers may have. The option
/// `local-zone: NAME nodefault` is for configuration files: ub_ctx_set_option() ignores it.
Result<void> unhide_zones(ub_ctx* context) {
  for (const char* zone : {"test.", "home.arpa."}) {
    if (const int error = ub_ctx_zone_remove(context, zone); error != 0)
      return fail(Errc::unavailable,
                  std::string{"libunbound keeps its own zone "} + zone + ": " + ub_strerror(error));
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> configured_servers(const DnsOptions& options) {
  if (!options.servers.empty()) return options.servers;
  const auto text =
      file_text(options.resolv_conf, "the list of name servers", "name them in [dns] servers");
  if (!text) return std::unexpected(text.error());
  return resolv_conf_servers(*text);
}

Result<void> configure_unbound(ub_ctx* context, const DnsOptions& options) {
  const auto texts = configured_servers(options);
  if (!texts) return std::unexpected(texts.error());
  std::vector<NameServer> servers;
  bool loopback = false;
  for (const std::string& text : *texts) {
    auto server = parse_name_server(text);
    if (!server) return std::unexpected(server.error());
    loopback = loopback || server->loopback;
    servers.push_back(std::move(*server));
  }
  ub_ctx_debugout(context, nullptr);  // else it writes to standard error
  Result<void> done = set_options(context, settings_of(options, loopback));
  if (done) done = set_trust_anchor(context, options.trust_anchor);
  if (done) done = set_servers(context, servers);
  if (done) done = finalize(context, options);
  if (done) done = unhide_zones(context);
  return done;
}

Result<UnboundContext> make_unbound_context(const DnsOptions& options, ub_event_base* base) {
  UnboundContext context{ub_ctx_create_ub_event(base)};
  if (!context) return fail(Errc::unavailable, "libunbound cannot start: out of memory");
  if (auto done = configure_unbound(context.get(), options); !done)
    return std::unexpected(std::move(done).error());
  return context;
}

}  // namespace tlspact
