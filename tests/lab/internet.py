# SPDX-License-Identifier: MIT
"""A small internet on loopback, and a machine that looks it up: signed DNS, MTA-STS policy hosts, and tlspact with a
configuration that knows nothing else. No root needed, no fixed port."""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

from .policy_host import PolicyHost, PolicyHosts, policy  # noqa: F401
from .signed_dns import SignedDns

TLSPACT = os.environ.get("TLSPACT", str(pathlib.Path(__file__).resolve().parents[2] / "build/release/bin/tlspact"))
DIGEST = "ab" * 32
USABLE, UNUSABLE = f"3 1 1 {DIGEST}", f"1 1 1 {DIGEST}"

CONFIG = """
[service]
state_dir = "{work}/var"
[agreements]
directory = "{work}/agreements.d"
[dns]
servers = ["{server}"]
trust_anchor = "{anchor}"
[mta_sts]
port = {port}
private_addresses = true
timeout = "8s"
[tls]
ca_file = "{ca}"
[correspondents]
file = "{work}/correspondents"
[postfix]
enabled = true
version = "3.10.13"
types = ["cdb", "texthash"]
[exim]
enabled = true
"""
LIST = """
[[list]]
name = "community"
url = "{work}/list.json"
unsigned = true
"""


def host(name, *tlsa):
    """The records of a mail host in a zone: its address, and TLSA at port 25."""
    return [f"{name} A 127.0.0.1", *(f"_25._tcp.{name} TLSA {each}" for each in tlsa)]


def sts(identifier="1"):
    """The records by which a domain has an MTA-STS policy."""
    return [f'_mta-sts TXT "v=STSv1; id={identifier};"', "mta-sts A 127.0.0.1"]


def mx(*hosts):
    """Records of a domain whose mail goes to `hosts`, the first preferred."""
    return [f"@ MX {10 * place} {each}{'.' if '.' in each else ''}" for place, each in enumerate(hosts, start=1)]


class Internet:
    """Use as a context manager. `zones`: as SignedDns has them; `policies`: domain -> PolicyHost."""

    def __init__(self, zones, policies):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="tlspact-internet-"))
        (self.work / "agreements.d").mkdir()
        (self.work / "correspondents").touch()
        self.zones = {".": {"records": []}, "test": {"records": []}, **zones}
        self.policies = policies
        self.dns = SignedDns(self.zones)
        self.hosts = PolicyHosts(self.work / "tls", policies)
        self.dns.start()
        self.hosts.__enter__()
        self.config = self.work / "tlspact.toml"
        self.configure()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hosts.__exit__()
        self.dns.stop()
        shutil.rmtree(self.work, ignore_errors=True)

    def configure(self, extra="", **changes):
        values = {"work": self.work, "server": self.dns.server, "anchor": self.dns.trust_anchor,
                  "port": self.hosts.port, "ca": self.hosts.authority.certificate, **changes}
        self.config.write_text((CONFIG + extra).format(**values))

    def name(self, *domains):
        """Makes `domains` the correspondents."""
        (self.work / "correspondents").write_text("".join(f"{each}\n" for each in domains))

    def agree(self, text):
        (self.work / "agreements.d/a.toml").write_text(text)

    def publish_list(self, **policies):
        """A list in force; `policies`: domain, with _ for a dot -> (mode, MX hosts)."""
        document = {"version": "0.1", "timestamp": "2026-01-01T00:00:00Z", "author": "Community",
                    "expires": "2100-01-01T00:00:00Z", "policy-aliases": {},
                    "policies": {domain.replace("_", "."): {"mode": mode, "mxs": list(hosts)}
                                 for domain, (mode, hosts) in policies.items()}}
        (self.work / "list.json").write_text(json.dumps(document))
        self.configure(LIST)

    def run(self, *arguments):
        return subprocess.run([TLSPACT, "--config", str(self.config), *arguments], check=False, capture_output=True,
                              text=True, timeout=240)

    def postfix(self):
        """The Postfix map in place, as a dictionary."""
        path = self.work / "var/postfix/tls_policy"
        rows = [line for line in path.read_text().splitlines() if line[0] != "#"]
        return dict(row.split(" ", 1) for row in rows)

    def exim(self, domain):
        """What Exim gets for a domain; None: nothing."""
        said = self.run("lookup", "--exim", domain)
        return said.stdout.strip() if said.returncode == 0 else None

    def explain(self, domain, *arguments):
        return self.run("explain", domain, *arguments).stdout

    def stored(self, statement, *values):
        """A look into the store, or a change of it."""
        with sqlite3.connect(self.work / "var/tlspact.db") as database:
            return database.execute(statement, values).fetchall()
