#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""First-time look-ups of MTA-STS and DANE, beside postfix-mta-sts-resolver and libunbound alone.

    sudo bench/lookups.py [--domains N] [--at-once N] [--runs N] [--chains p256,rsa2048,p384] [--skip-sts | --skip-dane]

Needed, beside the release build (cmake --build --preset release --target bench_lookups):
    apt-get install nsd ldnsutils nginx-light postfix-mta-sts-resolver python3-cryptography python3-uvloop libevent-dev
Needs root, for namespaces of its own: port 53 and 443 on loopback are free there. Nothing of this machine is touched.

NSD serves the names, nginx the policies, with a leaf certificate for each ten domains below an intermediate and a root
of the same algorithm. Each look-up is a full TLS handshake with full verification on either side: the same CA file,
names and servers. Kinds run in turn, each in a process of its own with cold caches; CPU is that of this process, "of a
core" the share of the time that it was computing, "servers" the CPU of nginx or NSD for a domain:

    ours, STS    look_up_domains(), which validates DNSSEC too
    resolver     STSResolver.resolve() on uvloop, as its daemon runs it, but without the daemon's socketmap
    ours, DANE   look_up_domains(): MX, A and AAAA of the host, TLSA
    libunbound   the same questions, on libevent, with the same settings, answers unread
"""
import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tests.lab import netns  # noqa: E402
from tests.lab.signed_dns import SignedDns  # noqa: E402
from tests.lab.wait import until  # noqa: E402

SERVER = "127.0.0.1"
STS, DANE = "sts.test", "dane.test"
POLICY_HOSTS = 250    # addresses: few of 64 fetches at once go to the same one
SHARE = 10            # domains of one certificate
DIGEST = "ab" * 32
AIMS = {"STS p256": (1.5, 0.5), "STS rsa2048": (1.5, 0.5), "DANE": (0.8, None)}    # rate at least, CPU at most

NGINX = """
worker_processes 1;
pid {work}/nginx.pid;
error_log {work}/nginx-error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  server_tokens off;
  client_body_temp_path {work}/nginx-body;
  server_names_hash_max_size 65536;
  server_names_hash_bucket_size 128;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_tickets off;
  ssl_session_cache off;
  default_type text/plain;
  include {work}/servers.conf;
}}
"""

# Read once, at its start: reading a certificate for each connection costs a server more than the handshake.
NGINX_SERVER = """
server {{
  listen 0.0.0.0:443 ssl;
  server_name {all};
  ssl_certificate {chain}/{first}.pem;
  ssl_certificate_key {chain}/key;
  return 200 "version: STSv1\\nmode: enforce\\nmx: $ssl_server_name\\nmax_age: 86400\\n";
}}
"""

# What the daemon does for a domain that it does not know, at-once times at the same time.
RESOLVER = """
import asyncio, json, resource, sys, time
import uvloop
from postfix_mta_sts_resolver.resolver import STSFetchResult, STSResolver

async def main(count, at_once, suffix):
    resolver = STSResolver(timeout=60, loop=asyncio.get_running_loop())
    numbers, found = iter(range(count)), 0
    async def worker():
        nonlocal found
        for number in numbers:
            result, _ = await resolver.resolve(f"d{number}.{suffix}")
            found += result is STSFetchResult.VALID
    await asyncio.gather(*(worker() for _ in range(at_once)))
    return found

def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

uvloop.install()
count, at_once, suffix = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
wall, before = time.monotonic(), cpu()
found = asyncio.run(main(count, at_once, suffix))
print(json.dumps({"domains": count, "found": found, "wall": time.monotonic() - wall, "cpu": cpu() - before}))
"""


class Names(SignedDns):
    """NSD alone, asked directly."""

    def start(self):
        for name in self._by_depth():
            self._write(name)
        self.trust_anchor = pathlib.Path(self._key(".") + ".ds")
        self.authority = self.server = self._start("nsd", 53, self._nsd)
        return self

    __enter__ = start

    @property
    def process(self):
        """NSD's."""
        return self._processes["nsd"]


def sts_records(count):
    for number in range(count):
        yield f'_mta-sts.d{number} TXT "v=STSv1; id={number};"'
        yield f"mta-sts.d{number} A 127.1.1.{1 + number % POLICY_HOSTS}"


def dane_records(count):
    for number in range(count):
        yield f"d{number} MX 10 m{number}"
        yield f"m{number} A 192.0.2.1"
        yield f"_25._tcp.m{number} TLSA 3 1 1 {DIGEST}"


def shares(hosts):
    """Those that have one certificate together."""
    return [hosts[at:at + SHARE] for at in range(0, len(hosts), SHARE)]


def make_chain(directory, chain, hosts):
    """`hosts`' certificates, each with the intermediate's, one key for all; and the root's as root.pem."""
    from cryptography import x509    # pylint: disable=import-outside-toplevel
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def new_key():
        if chain == "rsa2048":
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return ec.generate_private_key({"p256": ec.SECP256R1(), "p384": ec.SECP384R1()}[chain])

    def named(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    digest = hashes.SHA384() if chain == "p384" else hashes.SHA256()
    now = datetime.datetime.utcnow() - datetime.timedelta(hours=1)
    root_key, middle_key, leaf_key = new_key(), new_key(), new_key()

    def certificate(subject, issuer, key, signer, serial, extensions):
        builder = x509.CertificateBuilder(named(issuer), named(subject), key.public_key(), serial, now,
                                          now + datetime.timedelta(days=30))
        for value, critical in extensions:
            builder = builder.add_extension(value, critical)
        return builder.sign(signer, digest).public_bytes(serialization.Encoding.PEM)

    def authority(length):
        return (x509.BasicConstraints(True, length), True)

    root = certificate("Bench root", "Bench root", root_key, root_key, 1, [authority(None)])
    middle = certificate("Bench R1", "Bench root", middle_key, root_key, 2, [authority(0)])
    directory.mkdir()
    (directory / "root.pem").write_bytes(root)
    (directory / "key").write_bytes(leaf_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    usage = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
    for serial, names in enumerate(shares(hosts), start=3):
        leaf = certificate(names[0], "Bench R1", leaf_key, middle_key, serial, [
            (x509.BasicConstraints(False, None), True), usage,
            (x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)])
        (directory / f"{names[0]}.pem").write_bytes(leaf + middle)


def start_nginx(work, chain, hosts):
    (work / "servers.conf").write_text("".join(
        NGINX_SERVER.format(chain=work / chain, all=" ".join(names), first=names[0]) for names in shares(hosts)))
    config = work / "nginx.conf"
    config.write_text(NGINX.format(work=work))
    server = subprocess.Popen(["/usr/sbin/nginx", "-c", config, "-g", "daemon off; user root;"], cwd=work)
    until(lambda: server.poll() is not None or "0.0.0.0:443" in subprocess.run(
        ["ss", "-ltn"], check=True, capture_output=True, text=True).stdout, "nginx listens")
    return server


def run(command, **environment):
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=1800,
                         env={**os.environ, **environment}).stdout
    seen = json.loads(out)
    if seen["found"] != seen["domains"]:
        print(f"! {seen['found']} of {seen['domains']} found by {pathlib.Path(command[0]).name}", file=sys.stderr)
    return seen


def cpu_of(pid):
    """Seconds that a process and those below it have computed."""
    fields = pathlib.Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()
    below = subprocess.run(["pgrep", "-P", str(pid)], check=False, capture_output=True, text=True).stdout.split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(cpu_of(each) for each in below)


class Bench:
    def __init__(self, arguments, work):
        self.arguments, self.work = arguments, work

    def ours(self, kind, suffix, authority):
        options = self.arguments
        return run([options.program, kind, str(options.domains), str(options.at_once), suffix, SERVER,
                    str(self.names.trust_anchor), str(authority)])

    def resolver(self, suffix, authority):
        options = self.arguments
        return run(["/usr/bin/python3", "-c", RESOLVER, str(options.domains), str(options.at_once), suffix],
                   SSL_CERT_FILE=str(authority))

    def rounds(self, server, kinds):
        """The runs of each kind, in turn, with what `server` computed meanwhile."""
        seen = {kind: [] for kind in kinds}
        for _ in range(self.arguments.runs):
            for kind, measure in kinds.items():
                before = cpu_of(server.pid)
                seen[kind].append({**measure(), "server": cpu_of(server.pid) - before})
        return seen

    def run(self):
        options = self.arguments
        zones = {"test": {}, STS: {"records": list(sts_records(options.domains)), "kind": "insecure"},
                 DANE: {"records": list(dane_records(options.domains))}}
        if options.signed_sts:
            zones[STS]["kind"] = "secure"
        resolv = self.work / "resolv.conf"
        resolv.write_text(f"nameserver {SERVER}\n")
        subprocess.run(["mount", "--bind", resolv, pathlib.Path("/etc/resolv.conf").resolve()], check=True)
        print(f"{options.domains} domains, {options.at_once} at once, median of {options.runs} interleaved runs "
              f"(least to most); load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores")
        print(f"{'':22} {'domains/s':>20} {'CPU ms/domain':>22} {'of a core':>10} {'servers':>8} {'rate ratio':>11} "
              f"{'CPU ratio':>10}", flush=True)
        with Names(zones) as self.names:
            for chain in options.chains.split(",") if not options.skip_sts else ():
                self.run_sts(chain)
            if not options.skip_dane:
                kinds = {"libunbound": lambda: self.ours("dane-bare", DANE, ""),
                         "ours": lambda: self.ours("dane", DANE, "")}
                report("DANE", self.rounds(self.names.process, kinds))

    def run_sts(self, chain):
        directory = self.work / chain
        hosts = [f"mta-sts.d{number}.{STS}" for number in range(self.arguments.domains)]
        make_chain(directory, chain, hosts)
        server = start_nginx(self.work, chain, hosts)
        try:
            kinds = {"resolver": lambda: self.resolver(STS, directory / "root.pem"),
                     "ours": lambda: self.ours("sts", STS, directory / "root.pem")}
            report(f"STS {chain}", self.rounds(server, kinds))
        finally:
            server.terminate()
            server.wait()


def spread(values, digits):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def median(runs, value):
    return statistics.median(value(each) for each in runs)


def report(title, seen):
    """The first kind is the peer."""
    rates = {kind: [each["domains"] / each["wall"] for each in runs] for kind, runs in seen.items()}
    costs = {kind: [1000 * each["cpu"] / each["domains"] for each in runs] for kind, runs in seen.items()}
    peer = next(iter(seen))
    for kind, runs in seen.items():
        ratios = [statistics.median(values[kind]) / statistics.median(values[peer]) for values in (rates, costs)]
        print(f"{title + ', ' + kind:22} {spread(rates[kind], 0):>20} {spread(costs[kind], 2):>22} "
              f"{median(runs, lambda each: each['cpu'] / each['wall']):>10.0%} "
              f"{median(runs, lambda each: 1000 * each['server'] / each['domains']):>8.2f} "
              f"{ratios[0]:>11.2f} {ratios[1]:>10.2f}{verdict(title, ratios) if kind != peer else ''}", flush=True)


def verdict(title, ratios):
    rate, cost = AIMS.get(title, (None, None))
    told = [f"rate {'reached' if ratios[0] >= rate else 'NOT REACHED'} ({rate})"] if rate else []
    told += [f"CPU {'reached' if ratios[1] <= cost else 'NOT REACHED'} ({cost})"] if cost else []
    return "  " + ", ".join(told)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--domains", type=int, default=10_000)
    parser.add_argument("--at-once", type=int, default=64)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--chains", default="p256,rsa2048,p384")
    parser.add_argument("--signed-sts", action="store_true", help="the MTA-STS domains are in a signed zone")
    parser.add_argument("--skip-sts", action="store_true")
    parser.add_argument("--skip-dane", action="store_true")
    parser.add_argument("--program", default=str(HERE.parent / "build/release/bench/bench_lookups"))
    arguments = parser.parse_args()
    work = netns.enter()
    Bench(arguments, work).run()


if __name__ == "__main__":
    main()
