// SPDX-License-Identifier: MIT
#include "daemon/sources/mail_log.h"

#include "tests/support/catch.h"

using namespace tlspact;

TEST_CASE("the recipient domain of a line of a mail log") {
  struct Case {
    const char* reason;
    const char* line;
    const char* domain;
  };
  constexpr Case kCases[]{
      {"Postfix, syslog's time stamp",
       "Nov 24 10:00:01 mail postfix/smtp[1234]: 4XyzAB1: to=<user@Example.COM>, "
       "relay=mx.example.com[192.0.2.1]:25, delay=0.5, delays=0.1/0/0.2/0.2, dsn=2.0.0, "
       "status=sent (250 OK)",
       "example.com"},
      {"Postfix, Debian 12's time stamp",
       "2026-11-24T10:00:01.123456+00:00 mail postfix/smtp[9]: 0A1B2C3D4E: to=<u@example.net>, "
       "relay=none, delay=1, dsn=4.4.1, status=deferred (connect to mx: refused)",
       "example.net"},
      {"journalctl -o short-iso",
       "2026-11-24T10:00:01+0000 mail postfix/smtp[9]: 0A1B: to=<u@example.net>, relay=none, x",
       "example.net"},
      {"another instance, and a service of its own name",
       "Nov 24 10:00:01 mail postfix-out/relay/smtp[7]: ABC: to=<u@example.org>, relay=none, x",
       "example.org"},
      {"an alias is resolved before",
       "Nov 24 10:00:01 mail postfix/smtp[7]: ABC: to=<u@new.example>, orig_to=<u@old.example>, "
       "relay=none, x",
       "new.example"},
      {"an address with quotes and an @ inside",
       "Nov 24 10:00:01 mail postfix/smtp[7]: ABC: to=<\"a@b\"@c.example>, relay=none, x",
       "c.example"},
      {"Exim, delivered",
       "2026-11-24 10:00:01 1tF3aB-000001-2c => user@Example.com R=dnslookup T=remote_smtp "
       "H=mx.example.com [192.0.2.1] X=TLS1.3:ECDHE:256 CV=yes C=\"250 OK\"",
       "example.com"},
      {"Exim 4.97 and later: longer ids",
       "2026-11-24 10:00:01 1tF3aB-00000000001-2cDE => u@example.com R=dnslookup T=remote_smtp "
       "H=mx [192.0.2.1]",
       "example.com"},
      {"Exim with zone and process id in the line",
       "2026-11-24 10:00:01 +0000 [812] 1tF3aB-000001-2c -> u@example.com R=r T=tlspact_smtp",
       "example.com"},
      {"Exim, deferred",
       "2026-11-24 10:00:01 1tF3aB-000001-2c == u@example.com R=dnslookup T=remote_smtp defer "
       "(-53): retry time not reached for any host",
       "example.com"},
      {"Exim, bounced",
       "2026-11-24 10:00:01 1tF3aB-000001-2c ** u@example.com R=dnslookup T=remote_smtp "
       "H=mx.example.com [192.0.2.1]: SMTP error from remote mail server",
       "example.com"},
      {"Exim, an address that was another one before",
       "2026-11-24 10:00:01 1tF3aB-000001-2c => u@new.example <u@old.example> R=dnslookup "
       "T=remote_smtp H=mx [192.0.2.1]",
       "new.example"},
  };
  for (const Case& each : kCases) {
    INFO(each.reason);
    CHECK(recipient_domain(each.line) == std::string{each.domain});
  }
}

TEST_CASE("lines of a mail log that name no correspondent") {
  struct Case {
    const char* reason;
    const char* line;
  };
  constexpr Case kCases[]{
      {"empty", ""},
      {"mail to us",
       "Nov 24 10:00:01 mail postfix/smtpd[7]: ABC: client=mx.example.com[192.0.2.1]"},
      {"a local delivery",
       "Nov 24 10:00:01 mail postfix/local[7]: ABC: to=<u@here.example>, relay=local, x"},
      {"LMTP is local",
       "Nov 24 10:00:01 mail postfix/lmtp[7]: ABC: to=<u@here.example>, relay=x, x"},
      {"the words of a remote server",
       "Nov 24 10:00:01 mail postfix/smtp[7]: ABC: host mx said: 450 x: to=<u@evil.example>, x"},
      {"a recipient without a domain",
       "Nov 24 10:00:01 mail postfix/smtp[7]: ABC: to=<postmaster>, relay=none, x"},
      {"cut off", "Nov 24 10:00:01 mail postfix/smtp[7]: ABC: to=<u@example.com"},
      {"no process id", "Nov 24 10:00:01 mail postfix/smtp[x]: ABC: to=<u@example.com>, relay=x"},
      {"Exim, mail to us",
       "2026-11-24 10:00:01 1tF3aB-000001-2c <= u@example.com H=mx [192.0.2.1] P=esmtps S=1"},
      {"Exim, a local delivery",
       "2026-11-24 10:00:01 1tF3aB-000001-2c => user <user@here.example> R=local_user "
       "T=mail_spool"},
      {"Exim, a local delivery whose file names a host",
       "2026-11-24 10:00:01 1tF3aB-000001-2c => /var/mail/a@b <u@here.example> R=x T=address_file"},
      {"Exim, the words of a remote server",
       "2026-11-24 10:00:01 1tF3aB-000001-2c ** u@here.example R=x T=pipe: => u@evil.example "
       "H=mx"},
      {"Exim, completed", "2026-11-24 10:00:01 1tF3aB-000001-2c Completed"},
      {"no id", "2026-11-24 10:00:01 => u@example.com R=x T=remote_smtp H=mx"},
  };
  for (const Case& each : kCases) {
    INFO(each.reason);
    CHECK_FALSE(recipient_domain(each.line));
  }
}
