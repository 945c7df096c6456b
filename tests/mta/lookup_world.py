# SPDX-License-Identifier: MIT
"""The internet of the lookup cases: a signed DNS, policy hosts, receivers; and what a mail server's root needs to be a
part of it. The name server is another one than that of world.py, at another address, so both are there at once."""

import json
import os
import pathlib
import shutil
import socket
import tempfile
import threading

import cases
import lookup_cases
from lab import certs, policy_host, receiver
from lab.signed_dns import SignedDns
from lab.wait import until

NAME_SERVER = "127.0.0.2"
POLICY_HOSTS = "127.0.0.1"
FIRST_ADDRESS = 130
CA_FILE = "/etc/lookups-ca.pem"                   # inside a root: who signs MX hosts and policy hosts
TRUST_ANCHOR = "/etc/lookups-root.ds"
CORRESPONDENTS = "/etc/tlspact/correspondents"
TLSRPT_SOCKET = "var/spool/postfix/tlsrpt/lab"    # inside a root

SHARED_ZONES = {".": "secure", "test": "secure", "signed.test": "secure", "evil.test": "secure",
                "elsewhere.test": "insecure", "broken.test": "bogus"}

# glibc hands the AD bit on only with trust-ad.
RESOLV_CONF = f"nameserver {NAME_SERVER}\noptions timeout:2 attempts:2 trust-ad\n"

CONFIG = """
[dns]
servers = ["{server}"]
trust_anchor = "{anchor}"
[mta_sts]
port = {port}
private_addresses = true
timeout = "10s"
[tls]
ca_file = "{ca}"
[correspondents]
file = "{correspondents}"
"""


class LookupWorld:
    """Everything outside the mail server under test, from start() to stop()."""

    def __init__(self, work):
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="lookups-", dir=work))
        self.authority = certs.Authority(self._directory, "Lookups CA")
        self.private = certs.Authority(self._directory, "CA that only TLSA names")
        self.mails = receiver.MailLog()
        self.receivers = {}      # by host
        self.zones = {name: {"kind": kind, "records": []} for name, kind in SHARED_ZONES.items()}
        self.zones.update({case.domain: {"kind": case.kind, "records": []} for case in lookup_cases.ALL})
        policies = {}
        for case in lookup_cases.ALL:
            self._add(case)
            if case.mode:
                policies[case.domain] = policy_host.PolicyHost(case.policy_host,
                                                               policy_host.policy(case.mode, case.mx))
        self.policy_hosts = policy_host.PolicyHosts(self._directory, policies, POLICY_HOSTS)
        self.dns = SignedDns(self.zones, NAME_SERVER, 53, validating=True)

    def start(self):
        """Everything answers."""
        self.dns.start()
        self.policy_hosts.__enter__()
        for host in (host for case in lookup_cases.ALL for host in case.hosts if host.listens):
            self.receivers[host.name].start()
        return self

    def stop(self):
        """Nothing does any more."""
        for each in self.receivers.values():
            each.stop()
        self.policy_hosts.__exit__()
        self.dns.stop()

    def forget(self):
        """As if no mail server had been there before the next one."""
        self.mails.clear()
        for each in self.receivers.values():
            each.connections = 0

    def make_known_in(self, root):
        """Gives the root this world's resolver, authorities and trust anchor, and tlspact's configuration for it."""
        root.write("etc/resolv.conf", RESOLV_CONF)
        authorities = (self.authority, self.policy_hosts.authority)
        root.write(CA_FILE, "".join(each.certificate.read_text() for each in authorities))
        shutil.copyfile(self.dns.trust_anchor, root / TRUST_ANCHOR)
        root.write(CORRESPONDENTS, "".join(f"{case.domain}\n" for case in lookup_cases.ALL))
        root.write("etc/tlspact/tlspact.toml", CONFIG.format(
            server=self.dns.server, anchor=TRUST_ANCHOR, port=self.policy_hosts.port, ca=CA_FILE,
            correspondents=CORRESPONDENTS))

    def break_zone(self, case, kind):
        """The case's zone fails from now on."""
        self.dns.replace(case.domain, dict(self.zones[case.domain], kind=kind))

    def withdraw_tlsa(self, case):
        """Its hosts have no TLSA records any more, which the signed zone proves."""
        zone = self.zones[case.domain]
        records = [line for line in zone["records"] if " TLSA " not in line]
        self.dns.replace(case.domain, dict(zone, records=records))

    def change_policy(self, case, mode, identifier):
        """Its MTA-STS policy has another mode from now on, and the record another id."""
        zone = self.zones[case.domain]
        records = [line.replace("id=1;", f"id={identifier};") for line in zone["records"]]
        self.policy_hosts.hosts[f"mta-sts.{case.domain}"].text = policy_host.policy(mode, case.mx)
        self.dns.replace(case.domain, dict(zone, records=records))

    def mend(self, case):
        """All is as it was at first."""
        if case.mode:
            self.policy_hosts.hosts[f"mta-sts.{case.domain}"].text = policy_host.policy(case.mode, case.mx)
        self.dns.replace(case.domain, self.zones[case.domain])

    def _add(self, case):
        for place, host in enumerate(case.hosts, start=1):
            if case.has_mx:
                self._record(case.domain, f"{case.domain}. MX {host.preference or 10 * place} {host.name}.")
            self._add_host(host)
        self._record(case.domain, f'_smtp._tls.{case.domain}. TXT "v=TLSRPTv1; rua=mailto:reports@{case.domain}"')
        if case.mode:
            self._record(case.domain, f'_mta-sts.{case.domain}. TXT "v=STSv1; id=1;"')
            self._record(case.domain, f"mta-sts.{case.domain}. A {POLICY_HOSTS}")

    def _add_host(self, host):
        address = f"192.0.2.{FIRST_ADDRESS + len(self.receivers)}"
        credential = self._credential(host)
        where = host.alias_of or host.name
        if host.alias_of:
            self._record(host.name, f"{host.name}. CNAME {host.alias_of}.")
        self._record(where, f"{where}. A {address}")
        if host.tlsa:
            self._add_tlsa(host, f"_25._tcp.{where}", credential)
        self.receivers[host.name] = receiver.Receiver(address, host.name, receiver.Behaviour(credential), self.mails)

    def _add_tlsa(self, host, usual, credential):
        owner = host.tlsa_at or usual
        if not owner.startswith("_25._tcp."):
            self._record(usual, f"{usual}. CNAME {owner}.")
        of = self.private.own if host.certificate == lookup_cases.CHAIN else credential
        whole = len(host.tlsa.split()) == 4
        self._record(owner, f"{owner}. TLSA {host.tlsa if whole else of.tlsa(host.tlsa)}")

    def _credential(self, host):
        if host.certificate == cases.NO_STARTTLS:
            return None
        if host.certificate == cases.SELF_SIGNED:
            return certs.self_signed(self._directory, host.name)
        if host.certificate == cases.EXPIRED:
            return self.authority.issue_expired(host.name)
        if host.certificate == cases.WRONG_NAME:
            return self.authority.issue(f"not-{host.name}")
        if host.certificate == lookup_cases.CHAIN:
            return self.private.issue_with_chain(host.name)
        return self.authority.issue(host.name, *host.also)

    def _record(self, name, line):
        """Puts a record into the deepest zone that holds the name."""
        zone = max((zone for zone in self.zones if f".{name}".endswith(f".{zone}")), key=len, default=".")
        self.zones[zone]["records"].append(line)


class TlsrptSocket:
    """The socket that Postfix sends a datagram to for every handshake (libtlsrpt). Read all the time: the kernel
    keeps ten."""

    def __init__(self, root):
        path = root / TLSRPT_SOCKET
        path.parent.mkdir()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        os.chmod(path, 0o666)
        self._lock = threading.Lock()
        self._reports = []
        threading.Thread(target=self._read, daemon=True).start()

    def reports_of(self, domain):
        """The reports about a recipient domain, when there are some: the datagrams' JSON."""
        def seen():
            with self._lock:
                return [each for each in self._reports if each["d"] == domain]
        return until(seen, f"a TLSRPT datagram about {domain}")

    def _read(self):
        while True:
            report = json.loads(self._socket.recv(262144))
            with self._lock:
                self._reports.append(report)
