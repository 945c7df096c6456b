// SPDX-License-Identifier: MIT
#include "lookup/live_options.h"

#include <stdexcept>

#include "policy/policy_code.h"

namespace tlspact {
namespace {

int read_version_part(CodeReader& in) {
  constexpr std::uint64_t kMost = 100'000'000;  // a snapshot's date is no part of a version
  const std::uint64_t value = in.number();
  if (value > kMost) throw std::logic_error("no version of Postfix");
  return static_cast<int>(value);
}

LiveOptions read_live_options(CodeReader& in) {
  LiveOptions out;
  out.postfix.version.major = read_version_part(in);
  out.postfix.version.minor = read_version_part(in);
  out.postfix.version.patch = read_version_part(in);
  for (bool* each : {&out.postfix.dane, &out.postfix.ca_store, &out.postfix.sha256_fingerprints,
                     &out.postfix.bind_all_mx, &out.exim.ca_store, &out.exim.dane})
    *each = in.byte() != 0;
  out.exim.tls_library = in.byte() == 0 ? TlsLibrary::gnutls : TlsLibrary::openssl;
  if (!in.at_end()) throw std::logic_error("options with something behind them");
  return out;
}

}  // namespace

std::string encode_live_options(const LiveOptions& options) {
  const PostfixOptions& postfix = options.postfix;
  CodeWriter out;
  for (const int part : {postfix.version.major, postfix.version.minor, postfix.version.patch})
    out.number(static_cast<std::uint64_t>(part));
  for (const bool each : {postfix.dane, postfix.ca_store, postfix.sha256_fingerprints,
                          postfix.bind_all_mx, options.exim.ca_store, options.exim.dane})
    out.byte(each ? 1 : 0);
  out.byte(options.exim.tls_library == TlsLibrary::gnutls ? 0 : 1);
  return out.take();
}

Result<LiveOptions> decode_live_options(std::string_view code) {
  try {
    CodeReader in{code};
    return read_live_options(in);
  } catch (const std::logic_error& error) {
    return fail(Errc::bad_input, error.what());
  }
}

}  // namespace tlspact
