// SPDX-License-Identifier: MIT
#include "generators/exim/exim_entry.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "generators/exim/exim_grammar.h"
#include "generators/policy_draft.h"
#include "generators/without_dane.h"

namespace tlspact {
namespace {

/// PCRE for one name taken literally.
std::string escape(std::string_view name) {
  std::string out;
  out.reserve(name.size() + 16);
  for (const char c : name) {
    if (c == '.') out += '\\';
    out += c;
  }
  return out;
}

constexpr std::string_view kOneLabel = "[^.]+\\.";

/// Matches the (lower-case) MX host's name.
std::string host_regex(const MxPattern& pattern) {
  return std::string{pattern.wildcard ? kOneLabel : ""} + escape(pattern.name.text());
}

/// Matches a dNSName of a certificate that is valid for the name: the name itself, or a wildcard
/// for its whole left-most label (RFC 6125 section 6.4.3). "[^.]+" also matches a "*" label.
std::string certificate_regex(const MxPattern& pattern) {
  std::string out = host_regex(pattern);
  const std::string_view parent = pattern.name.parent();
  if (!pattern.wildcard && parent.contains('.')) out += "|\\*\\." + escape(parent);
  return out;
}

template <class Values, class ToText>
std::string any_of(const Values& values, ToText to_text) {
  std::string out;
  for (const auto& value : values) {
    if (!out.empty()) out += '|';
    out += to_text(value);
  }
  return "^(?:" + out + ")$";
}

std::string hex(const Fingerprint& pin) {
  std::string out;
  for (const std::uint8_t byte : pin.sha256) {
    char digits[4];
    std::snprintf(digits, sizeof digits, "%02X", byte);
    out += digits;
  }
  return out;
}

std::string gnutls_priority(const TlsPolicy& policy) {
  const bool high = policy.ciphers == CipherGrade::high;
  std::string out = high ? "SECURE128" : "NORMAL";
  if (!policy.min_tls) return out;
  out += ":-VERS-ALL:+VERS-TLS1.3";
  if (*policy.min_tls <= TlsVersion::tls1_2) out += ":+VERS-TLS1.2";
  if (*policy.min_tls <= TlsVersion::tls1_1) out += ":+VERS-TLS1.1";
  if (*policy.min_tls <= TlsVersion::tls1_0) out += ":+VERS-TLS1.0";
  return out;
}

/// OpenSSL has no protocol range in a cipher list: without the suites of SSLv3 and TLS 1.0 only
/// those of TLS 1.2 are left beside those of TLS 1.3; without all of TLS 1.2, TLS 1.3 alone.
std::string openssl_ciphers(const TlsPolicy& policy) {
  std::string out = policy.ciphers == CipherGrade::high ? "HIGH:!aNULL" : "DEFAULT";
  if (policy.min_tls >= TlsVersion::tls1_2) out += ":!SSLv3:!TLSv1";
  if (policy.min_tls >= TlsVersion::tls1_3) out += ":!TLSv1.2";
  return out;
}

class Rendering {
 public:
  Rendering(const SnapshotEntry& entry, const EximOptions& options)
      : entry_(entry), options_(options), draft_(entry.policy) {}

  RenderedEntry run() {
    if (!entry_.key.by_domain()) {
      notice(Severity::note,
             "Exim has no entry for a next-hop with brackets or a port: set TLS in the router and "
             "transport of the smart host");
      return std::move(out_);
    }
    if (!options_.dane && !do_without_dane()) return std::move(out_);
    find_tlsa_at_alias();
    fit_to_exim();
    std::string value = "level=" + level();
    if (policy().level != Level::none) value += words();
    if (auto read = read_exim_value(value); !read) {
      notice(Severity::alert, read.error().text + "; the entry is left out");
      return std::move(out_);
    }
    out_.value = std::move(value);
    return std::move(out_);
  }

 private:
  [[nodiscard]] const TlsPolicy& policy() const { return draft_.policy(); }
  void notice(Severity severity, std::string text) {
    out_.notices.push_back({severity, entry_.text(), std::move(text)});
  }

  /// False: no entry is left.
  bool do_without_dane() {
    if (!replace_dane(entry_, draft_, options_.no_dane_because, out_.notices)) return false;
    if (!policy().dane_where_present) return true;
    TlsPolicy changed = policy();
    changed.dane_where_present = false;
    draft_.replace(std::move(changed));
    notice(Severity::note, "DANE is passed over on the MX hosts that have TLSA records, because " +
                               options_.no_dane_because);
    return true;
  }

  /// Exim looks for TLSA at the end of an MX host's CNAME chain alone (RFC 7672 section 2.2.2 knows
  /// the name itself, too), and dane-only would put the mail off for ever: DANE where it finds
  /// records, and on the other hosts what is published besides, at least TLS.
  void find_tlsa_at_alias() {
    if (!entry_.tlsa_at_alias || policy().level != Level::dane_only) return;
    const TlsPolicy* besides = entry_.policy_without_dane.get();
    const bool authenticates = besides != nullptr && besides->level == Level::secure;
    TlsPolicy changed =
        authenticates ? *besides : without_authentication(entry_, TlsPolicy{policy()});
    changed.dane_where_present = true;
    draft_.replace(std::move(changed));
    notice(entry_.source == Source::agreement ? Severity::alert : Severity::note,
           "Exim does not find the TLSA records of an MX host that is an alias and has them at its "
           "own name: " +
               level() + " is used instead of dane-only, which would defer the mail for ever");
  }

  void fit_to_exim() {
    const bool pins_key = std::ranges::any_of(policy().pins, [](const Fingerprint& pin) {
      return pin.of == Fingerprint::Of::public_key;
    });
    if (policy().level == Level::fingerprint && pins_key) {
      draft_.replace(without_authentication(entry_, policy()));
      notice(Severity::alert, "Exim cannot pin a public key (spki-sha256): " +
                                  std::string{level_name(policy().level)} + " is used instead");
    }
    if (policy().level == Level::secure && policy().mx.empty() &&
        policy().certificate_names.empty()) {
      draft_.set_level(Level::encrypt);
      notice(Severity::alert,
             "secure without names to check: encrypt is used instead, without authentication");
    }
    if (policy().level == Level::secure && policy().ca_file.empty() && !options_.ca_store) {
      draft_.set_level(Level::encrypt);
      notice(Severity::alert,
             "Exim has no usable CA store (ca_file of [tls], or the system's): encrypt is used "
             "instead, without authentication; apt-get install ca-certificates, or name a file in "
             "ca_file of [tls]");
    }
    note_openssl();
  }

  /// What the OpenSSL builds of Exim do otherwise than the entry says.
  void note_openssl() {
    if (options_.tls_library != TlsLibrary::openssl) return;
    if (policy().level == Level::secure && !policy().ca_file.empty())
      notice(Severity::alert,
             "an Exim built with OpenSSL trusts the system's authorities beside those of ca_file");
    if (!policy().client_certificate.empty())
      notice(Severity::alert,
             "an Exim built with OpenSSL presents this client certificate only if "
             "REMOTE_SMTP_TLS_CERTIFICATE is set as well");
  }

  [[nodiscard]] std::string level() const {
    if (policy().dane_where_present && policy().level == Level::secure) return "dane-or-secure";
    if (policy().dane_where_present && policy().level == Level::encrypt) return "dane-or-encrypt";
    return std::string{level_name(policy().level)};
  }

  [[nodiscard]] std::string words() const {
    std::string out;
    if (!policy().mx.empty()) out += " mxre=" + any_of(policy().mx, host_regex);
    const bool pkix = policy().level == Level::secure;
    if (pkix && !policy().certificate_names.empty())
      out += " namechk=san san=" + any_of(policy().certificate_names, certificate_regex);
    if (policy().level == Level::fingerprint) out += " pin=" + pins();
    if (pkix && !policy().ca_file.empty()) out += " ca=" + policy().ca_file;
    if (!policy().client_certificate.empty())
      out += " cert=" + policy().client_certificate + " key=" + policy().client_key;
    if (policy().min_tls || policy().ciphers) {
      out += " ciphers=";
      out += options_.tls_library == TlsLibrary::gnutls ? gnutls_priority(policy())
                                                        : openssl_ciphers(policy());
    }
    return out;
  }

  [[nodiscard]] std::string pins() const {
    std::string out;
    for (const Fingerprint& pin : policy().pins) {
      if (!out.empty()) out += ':';
      out += hex(pin);
    }
    return out;
  }

  const SnapshotEntry& entry_;
  const EximOptions& options_;
  PolicyDraft draft_;
  RenderedEntry out_;
};

}  // namespace

std::optional<std::string> exim_parent_value(const Snapshot& snapshot, std::string_view domain,
                                             const EximOptions& options, Time now) {
  for (std::size_t dot = domain.find('.', 1); dot != std::string_view::npos;
       dot = domain.find('.', dot + 1)) {
    const auto parent = snapshot.find(domain.substr(dot));
    if (parent && parent->holds_at(now)) return render_exim_entry(*parent, options).value;
  }
  return std::nullopt;
}

RenderedEntry render_exim_entry(const SnapshotEntry& entry, const EximOptions& options) {
  return Rendering(entry, options).run();
}

}  // namespace tlspact
