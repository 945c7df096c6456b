// SPDX-License-Identifier: MIT
/// ReceiverScript: how a receiver (receiver.h) is to behave, above all how badly.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/tls_policy.h"
#include "smtp/receiver/certificates.h"

namespace tlspact {

/// What is said at one place, as bytes, and what comes after it.
struct Say {
  enum class Then : std::uint8_t {
    go_on,
    hang_up,
    silence,  ///< nothing more, but the connection stays
  };
  std::string bytes;
  Then then = Then::go_on;
  bool drip = false;  ///< a byte a second
};

/// The default is a well-behaved server that offers everything; with a credential STARTTLS, too.
struct ReceiverScript {
  enum class Handshake : std::uint8_t {
    good,
    silence,        ///< the client's hello is read and not answered
    hang_up,        ///< instead of an answer to it
    plain_text,     ///< words instead of TLS
    hang_up_after,  ///< it ends well, and the connection ends
  };
  enum class ClientCertificate : std::uint8_t {
    ignored,            ///< not asked for
    asked,              ///< and any one is taken, or none
    required,           ///< none fails the handshake: with TLS 1.3 after the client's part of it
    any_rejected,       ///< a client that shows one is turned down in the same way
    rejected_in_words,  ///< 403 4.7.0 to EHLO, if one was shown
  };

  std::string name = "mx.example";
  std::optional<Say> banner;
  std::vector<std::string> extensions{"PIPELINING",         "8BITMIME", "SMTPUTF8",
                                      "SIZE 10485760",      "DSN",      "CHUNKING",
                                      "ENHANCEDSTATUSCODES"};
  std::optional<std::vector<std::string>> extensions_under_tls;  ///< nullopt: the same
  bool offer_starttls = true;                                    ///< if there is a credential
  std::optional<Say> ehlo;
  std::optional<Say> starttls;
  Handshake handshake = Handshake::good;
  std::optional<Credential> credential;
  std::map<std::string, Credential> credential_of;  ///< by SNI; of others `credential`
  TlsVersion oldest = TlsVersion::tls1_2;
  TlsVersion newest = TlsVersion::tls1_3;
  ClientCertificate client_certificate = ClientCertificate::ignored;
  std::optional<Say> ehlo_under_tls;
  std::optional<Say> mail;
  std::map<std::string, Say> rcpt;  ///< by address in lower case
  std::optional<Say> data;
  std::optional<Say> end_of_data;
  std::optional<Say> quit;
};

}  // namespace tlspact
