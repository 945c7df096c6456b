# SPDX-License-Identifier: MIT
"""A mail server of somebody else, that hands mail to the one under test: from any address, in clear or with TLS."""

import dataclasses
import smtplib
import ssl
import subprocess

# Where clients come from, besides the receivers' network: examples by RFC 5737.
CLIENT_NETWORKS = ("198.51.100.0/24", "203.0.113.0/24")


def add_networks(*ipv6_addresses):
    """Makes every address of these networks this host's own. In IPv6 that would not let a client bind to them, so
    they are named one by one."""
    for network in CLIENT_NETWORKS:
        subprocess.run(["ip", "route", "replace", "local", network, "dev", "lo"], check=True)
    for address in ipv6_addresses:
        subprocess.run(["ip", "addr", "replace", f"{address}/128", "dev", "lo", "nodad"], check=True)


@dataclasses.dataclass(frozen=True)
class Reply:
    """What the server said at last: to the recipient, or where it refused."""

    code: int
    text: str

    @property
    def accepted(self):
        """Whether mail would have been taken."""
        return self.code == 250

    @property
    def temporary(self):
        """Whether the sender is asked to try again."""
        return 400 <= self.code < 500


def offer(source, sender, recipient, tls=True, certificate=None):
    """Offers mail from an address up to the recipient; returns the Reply.

    With `tls` the session must be encrypted, and shows `certificate` (a Credential) if there is one.
    """
    server = "::1" if ":" in source else "127.0.0.1"
    with smtplib.SMTP(server, 25, "client.test", timeout=10, source_address=(source, 0)) as session:
        session.ehlo()
        if tls:
            session.starttls(context=_context(certificate))
            session.ehlo()
        reply = Reply(*_decoded(session.mail(sender)))
        return Reply(*_decoded(session.rcpt(recipient))) if reply.accepted else reply


def _context(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if certificate is not None:
        context.load_cert_chain(certificate.certificate, certificate.key)
    return context


def _decoded(answer):
    code, text = answer
    return code, text.decode("utf-8", "replace")
