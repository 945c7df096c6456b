// SPDX-License-Identifier: MIT
#include "daemon/control/mta_resolver.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "daemon/dns/resolv_conf.h"
#include "generators/table/file.h"

namespace tlspact {
namespace {

constexpr std::size_t kMaxFile = std::size_t{1} << 20U;

AdBit ask(const std::string& server, std::chrono::milliseconds deadline) {
  AdBit out = AdBit::unknown;
  boost::asio::io_context io{1};
  boost::asio::co_spawn(io, ask_ad_bit(server, deadline),
                        [&](const std::exception_ptr& thrown, AdBit ad) {
                          if (!thrown) out = ad;
                        });
  io.run();
  return out;
}

}  // namespace

MtaResolver read_mta_resolver(const std::filesystem::path& file) {
  const std::string text = read_file(file, kMaxFile).value_or("");
  MtaResolver out;
  out.file = file;
  out.server = resolv_conf_servers(text).front();
  out.loopback = parse_name_server(out.server).value_or(NameServer{}).loopback;
  out.trusts_ad = resolv_conf_trusts_ad(text);
  return out;
}

MtaResolver ask_mta_resolver(const std::filesystem::path& file,
                             std::chrono::milliseconds deadline) {
  MtaResolver out = read_mta_resolver(file);
  out.ad = ask(out.server, deadline);
  return out;
}

std::optional<std::string> fault_for_postfix(const MtaResolver& resolver) {
  switch (resolver.ad) {
    case AdBit::set:
      return "";
    case AdBit::clear:
      return resolver.server + ", the first name server of " + resolver.file.string() +
             ", does not validate DNSSEC";
    case AdBit::unknown:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string> fault_for_exim(const MtaResolver& resolver) {
  if (resolver.trusts_ad) return fault_for_postfix(resolver);
  return resolver.file.string() +
         " does not say \"options trust-ad\", without which the C library takes off what a "
         "validating resolver says";
}

}  // namespace tlspact
