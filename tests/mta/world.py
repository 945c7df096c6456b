# SPDX-License-Identifier: MIT
"""The little internet of the cases: zone, receivers, authorities."""

import cases
from lab import certs, dns, receiver

FIRST_ADDRESS = 10


class World:
    """Everything outside the mail server under test. Two of them do not fit into one network namespace."""

    def __init__(self, work):
        self._directory = work / "certificates"
        self.authority = certs.Authority(self._directory, "Lab CA")
        self.stranger = certs.Authority(self._directory, "Unknown CA")
        self.client = self.authority.issue("mta.lab.test")
        self.mails = receiver.MailLog()
        self.zone = dns.Zone()
        self.credentials = {}    # by host
        self.receivers = {}      # by host
        for case in cases.ALL:
            self._add(case)

    def start(self):
        """All receivers listen."""
        for each in self.receivers.values():
            each.start()

    def forget(self):
        """As if no mail server had been there before the next one."""
        self.mails.clear()
        for each in self.receivers.values():
            each.connections = 0

    def credential(self, case):
        """What the case's receiver shows, None without STARTTLS."""
        return self.credentials[case.host]

    def _add(self, case):
        hosts = [case.host]
        if case.name in cases.EARLIER_MX:
            hosts.insert(0, cases.EARLIER_MX[case.name])
            self._add_host(hosts[0], case, hosts[0])
        self.zone.mx(case.domain, *hosts)
        if case.host not in self.receivers:
            self._add_host(case.host, case, *(case.names or (case.host,)))

    def _add_host(self, host, case, *names):
        address = f"192.0.2.{FIRST_ADDRESS + len(self.receivers)}"
        if host in cases.ALIASES:
            self.zone.alias(host, cases.ALIASES[host])
        self.zone.address(cases.ALIASES.get(host, host), address)
        credential = self._credential(case.certificate, names)
        asked = self.authority if case.asks_client_certificate else None
        behaviour = receiver.Behaviour(credential, case.newest_tls, asked)
        self.credentials[host] = credential
        self.receivers[host] = receiver.Receiver(address, host, behaviour, self.mails)

    def _credential(self, kind, names):
        if kind == cases.NO_STARTTLS:
            return None
        if kind == cases.SELF_SIGNED:
            return certs.self_signed(self._directory, *names)
        if kind == cases.EXPIRED:
            return self.authority.issue_expired(*names)
        if kind == cases.UNKNOWN_CA:
            return self.stranger.issue(*names)
        if kind == cases.WRONG_NAME:
            return self.authority.issue(f"elsewhere-{names[0]}")
        return self.authority.issue(*names)
