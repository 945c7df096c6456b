# SPDX-License-Identifier: MIT
"""A small signed internet of names: NSD with a root and its children, and recursive resolvers in front of it.

A zone is {"records": [lines of a zone file], "kind": KIND, "soa_ttl": 3600, "minimum": 60}; the last three may be
left out. Owners in the lines are relative to the zone. SOA, NS, delegations, DS, keys and signatures are added. Kinds:

    secure        signed, with a DS in the parent
    insecure      unsigned, no DS
    bogus         as secure, but every signature except the keys' own is damaged
    expired       as secure, but the signatures held in January 2020 only
    stripped      unsigned, with a DS in the parent
    nsec3-optout  as secure, with NSEC3; insecure zones below it are in no NSEC3 record (RFC 5155 section 6)
    missing       delegated without DS to a server that says SERVFAIL

The root is secure unless the description says otherwise. `server` is a resolver that recurses, does not validate and
hands signatures on, as an honest ISP's does; `validating` sets AD, for programs that cannot validate.

As a program, `python3 -m tests.lab.signed_dns --spec FILE.json` (the file: {"zones": {NAME: ZONE, …}}) prints one
line of JSON that says where everything is, and lives until its standard input ends. Each line of JSON there is a
command, answered by a line {"done": true}:

    {"zone": NAME, "records": [...], "kind": ...}   replaces or adds a zone; caches are dropped
    {"silent": true}, {"silent": false}             the resolvers and NSD read nothing, or go on

Needed: nsd, unbound, ldnsutils. Not needed: root, unless a port below 1024 is asked for.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile

from .wait import until

NAME_SERVER = "ns.nic"
SIGNED = ("secure", "bogus", "expired", "nsec3-optout")
WITH_DS = (*SIGNED, "stripped")
KINDS = (*WITH_DS, "insecure", "missing")
LONG_AGO = ("-i", "20200101000000", "-e", "20200201000000")
SIGNATURE = re.compile(r"(\tIN\tRRSIG\t(?!DNSKEY)\S+(?:\s+\S+){7}\s+)(\S)")

NSD = """server:
  ip-address: {address}@{port}
  username: ""
  chroot: ""
  zonesdir: "{directory}"
  database: ""
  pidfile: "{directory}/nsd.pid"
  logfile: "{directory}/nsd.log"
  xfrdfile: "{directory}/xfrd.state"
  zonelistfile: "{directory}/zone.list"
  xfrdir: "{directory}"
  server-count: 1
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
"""

UNBOUND = """server:
  interface: {address}@{port}
  access-control: 0.0.0.0/0 allow
  username: ""
  chroot: ""
  directory: "{directory}"
  pidfile: ""
  use-syslog: no
  logfile: "{directory}/{name}.log"
  do-daemonize: no
  do-not-query-localhost: no
  do-ip6: no
  num-threads: 1
  incoming-num-tcp: 200
  outgoing-range: 512
  module-config: "{modules}"
  {anchor}
  unblock-lan-zones: yes
  local-zone: "test." nodefault
  local-zone: "invalid." nodefault
  qname-minimisation: no
  aggressive-nsec: no
  trust-anchor-signaling: no
  infra-keep-probing: yes
remote-control:
  control-enable: no
"""


class SignedDns:
    """The servers, from start() to stop(). `server`, `authority` and `validating` are "ADDRESS@PORT"."""

    def __init__(self, zones, address="127.0.0.1", port=0, validating=False):
        """`port`: of `server`, or with `validating` of that one; 0 is a free one."""
        self._zones = {}
        self._serials = {}
        self._processes = {}
        self._address = address
        self._wanted_port = port
        self._with_validating = validating
        self.server = self.authority = self.validating = None
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="tlspact-dns-"))
        self.trust_anchor = self.directory / "root.ds"
        for name, zone in {".": {}, **zones}.items():
            self._put(name, zone)

    def start(self):
        """Returns when every server answers."""
        for name in self._by_depth():
            self._write(name)
        shutil.copy(self._key(".") + ".ds", self.trust_anchor)
        self.authority = self._start("nsd", 0, self._nsd)
        free = 0 if self._with_validating else self._wanted_port
        self.server = self._start("unbound", free, lambda port: self._unbound("forwarder", "iterator", port))
        if self._with_validating:
            self.validating = self._start(
                "validating", self._wanted_port, lambda port: self._unbound("validating", "validator iterator", port))
        return self

    def stop(self):
        """Ends the servers, and removes the files."""
        for process in list(self._processes):
            self._stop(process)
        shutil.rmtree(self.directory, ignore_errors=True)

    __enter__ = start

    def __exit__(self, *_error):
        self.stop()

    def replace(self, name, zone):
        """Serves `zone` from now on; returns when no old answer can come any more."""
        # So that the resolvers have the old serial in their caches, and its absence tells that they are empty.
        for server in (self.server, self.validating):
            if server:
                _serial(server, ".")
        self._put(name, zone)
        changed = [other for other in self._by_depth() if _is_within(name, other)]
        for other in changed:
            self._serials[other] += 1
            self._write(other)
        if zone.get("kind") == "missing":    # after a SIGHUP NSD would go on with what it has of the zone
            self._stop("nsd")
            self._start("nsd", int(self.authority.split("@")[1]), self._nsd)
        else:
            self._nsd(int(self.authority.split("@")[1]))
            self._processes["nsd"].send_signal(signal.SIGHUP)
        self._wait_for_serials(self.authority, changed)
        for process, server in (("unbound", self.server), ("validating", self.validating)):
            if server:
                self._processes[process].send_signal(signal.SIGHUP)
                until(lambda at=server: _serial(at, ".") == self._serials["."], f"{process} forgets")

    def silence(self, silent):
        """Whether questions are left unread."""
        for process in self._processes.values():
            process.send_signal(signal.SIGSTOP if silent else signal.SIGCONT)

    def _put(self, name, zone):
        zone = {"records": [], "kind": "secure", "soa_ttl": 3600, "minimum": 60, **zone}
        if zone["kind"] not in KINDS:
            raise ValueError(f"{name}: no such kind: {zone['kind']}")
        name = name.rstrip(".").lower() or "."
        self._zones[name] = zone
        self._serials.setdefault(name, 1)

    def _by_depth(self):
        """The deepest first: a parent needs its children's keys."""
        return sorted(self._zones, key=lambda name: -len(_labels(name)))

    def _children(self, name):
        """The zones right below a zone."""
        below = [other for other in self._zones if other != name and _is_within(other, name)]
        return [zone for zone in below if not any(zone != near and _is_within(zone, near) for near in below)]

    def _key(self, name):
        """The base name of the zone's key, which is made at the first call."""
        mark = self.directory / f"{_file_name(name)}.key-name"
        if not mark.exists():
            made = subprocess.run(["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", name], check=True, text=True,
                                  capture_output=True, cwd=self.directory).stdout
            mark.write_text(made.strip())
        return str(self.directory / mark.read_text())

    def _write(self, name):
        """The zone's file as NSD reads it."""
        zone, file = self._zones[name], self.directory / f"{_file_name(name)}.zone"
        if zone["kind"] == "missing":
            file.unlink(missing_ok=True)
            return
        late = [] if zone["kind"] != "nsec3-optout" else [
            f"{child}. NS {NAME_SERVER}." for child in self._children(name)
            if self._zones[child]["kind"] not in WITH_DS]
        lines = self._head(name) + self._delegations(name, late)
        lines += [f"$ORIGIN {name if name == '.' else name + '.'}", *zone["records"], ""]
        file.write_text("\n".join(lines))
        if zone["kind"] in SIGNED:
            self._sign(name, zone["kind"], file)
            with file.open("a") as out:
                out.writelines(f"{line}\n" for line in (late and ["$TTL 3600"]) + late)

    def _head(self, name):
        zone = self._zones[name]
        origin = name if name == "." else name + "."
        return [f"$ORIGIN {origin}", "$TTL 3600",
                f"@ {zone['soa_ttl']} SOA {NAME_SERVER}. hostmaster.nic. {self._serials[name]} "
                f"3600 600 86400 {zone['minimum']}",
                f"@ NS {NAME_SERVER}.", *([f"{NAME_SERVER}. A {self._address}"] if name == "." else [])]

    def _delegations(self, name, late):
        """The NS and DS of the zones below, but those that come after signing."""
        lines = []
        for child in self._children(name):
            line = f"{child}. NS {NAME_SERVER}."
            if line not in late:
                lines.append(line)
            if self._zones[child]["kind"] in WITH_DS:
                lines.append(pathlib.Path(self._key(child) + ".ds").read_text().strip())
        return lines

    def _sign(self, name, kind, file):
        options = LONG_AGO if kind == "expired" else ()
        if kind == "nsec3-optout":
            options = ("-n", "-p", "-t", "0")
        subprocess.run(["ldns-signzone", *options, "-f", file, "-o", name, file, self._key(name)], check=True,
                       cwd=self.directory)
        if kind == "bogus":
            file.write_text(SIGNATURE.sub(lambda match: match[1] + ("B" if match[2] == "A" else "A"),
                                          file.read_text()))

    def _nsd(self, port):
        """Writes the configuration; returns the command."""
        config = NSD.format(address=self._address, port=port, directory=self.directory)
        for name in self._zones:
            config += f'zone:\n  name: "{name}"\n  zonefile: "{_file_name(name)}.zone"\n'
        (self.directory / "nsd.conf").write_text(config)
        return ["nsd", "-d", "-c", str(self.directory / "nsd.conf")]

    def _unbound(self, name, modules, port):
        """Writes the configuration; returns the command."""
        anchor = f'trust-anchor-file: "{self.trust_anchor}"' if "validator" in modules else ""
        config = UNBOUND.format(address=self._address, port=port, directory=self.directory, name=name,
                                modules=modules, anchor=anchor)
        # The delegations lead to port 53, where nobody is: every zone's server is named.
        for zone in self._zones:
            config += f'stub-zone:\n  name: "{zone}"\n  stub-addr: {self.authority}\n'
        (self.directory / f"{name}.conf").write_text(config)
        return ["unbound", "-d", "-c", str(self.directory / f"{name}.conf")]

    def _start(self, process, port, command):
        """Starts a server; with port 0, on another one if somebody else took it first. Where it is."""
        for _attempt in range(5):
            chosen = port or _free_port(self._address)
            place = f"{self._address}@{chosen}"
            self._processes[process] = subprocess.Popen(
                _found(command(chosen)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            if until(lambda: self._state(process, place), lambda: f"{process} answers: {self._logs()}") == "up":
                return place
        raise RuntimeError(f"{process} does not start: {self._logs()}")

    def _stop(self, process):
        """Asks for the end first: NSD's children outlive their parent when that is killed."""
        stopped = self._processes.pop(process)
        stopped.terminate()
        stopped.send_signal(signal.SIGCONT)    # in case it is silent
        try:
            stopped.wait(10)
        except subprocess.TimeoutExpired:
            stopped.kill()
            stopped.wait()

    def _state(self, process, place):
        if self._processes[process].poll() is not None:
            return "gone"
        return "up" if _serial(place, ".") is not None else None

    def _wait_for_serials(self, server, names):
        for name in names:
            if self._zones[name]["kind"] != "missing":
                until(lambda zone=name: _serial(server, zone) == self._serials[zone], f"{name} is served anew")

    def _logs(self):
        return "".join(path.read_text() for path in self.directory.glob("*.log"))[-3000:]


def _labels(name):
    return [label for label in name.split(".") if label]


def _is_within(name, zone):
    """Whether `name` is `zone` or below it."""
    labels, above = _labels(name), _labels(zone)
    return labels[len(labels) - len(above):] == above if len(labels) >= len(above) else False


def _file_name(zone):
    return "root" if zone == "." else zone


def _found(command):
    """The command with the full path of its program, which may lie where plain users do not look."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin"
    program = shutil.which(command[0], path=path)
    if not program:
        raise FileNotFoundError(f"{command[0]} is not installed")
    return [program, *command[1:]]


def _free_port(address):
    """A port that is free for UDP and TCP alike, for now."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
            stream.bind((address, 0))
            try:
                datagram.bind(stream.getsockname())
            except OSError:
                continue
            return stream.getsockname()[1]


def _serial(server, zone):
    """The serial number of a zone; None if there is no answer with one soon."""
    address, port = server.split("@")
    wire = b"".join(bytes([len(label)]) + label.encode() for label in _labels(zone)) + b"\0"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        client.connect((address, int(port)))
        try:
            client.send(struct.pack("!6H", 1, 0x0100, 1, 0, 0, 0) + wire + struct.pack("!2H", 6, 1))
            reply = client.recv(4096)
        except OSError:
            return None
    if len(reply) < 12 or reply[3] & 15 or struct.unpack("!H", reply[6:8])[0] == 0:
        return None
    at = _after_name(reply, 12 + len(wire) + 4) + 10
    at = _after_name(reply, _after_name(reply, at))
    return struct.unpack("!L", reply[at:at + 4])[0]


def _after_name(message, at):
    """Where the name at `at` ends."""
    while message[at]:
        if message[at] >= 0xC0:
            return at + 2
        at += message[at] + 1
    return at + 1


def _obey(dns, command):
    """One command of standard input."""
    if "silent" in command:
        dns.silence(command["silent"])
    else:
        name = command.pop("zone")
        dns.replace(name, command)


def main():
    parser = argparse.ArgumentParser(description="A signed DNS on loopback, until standard input ends.")
    parser.add_argument("--spec", required=True, help="file with the zones, in JSON")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--validating", action="store_true", help="a validating resolver, on --port")
    arguments = parser.parse_args()
    zones = json.loads(pathlib.Path(arguments.spec).read_text())["zones"]
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    dns = SignedDns(zones, arguments.address, arguments.port, arguments.validating)
    try:
        dns.start()
        print(json.dumps({"server": dns.server, "authority": dns.authority, "validating": dns.validating,
                          "trust_anchor": str(dns.trust_anchor), "directory": str(dns.directory)}), flush=True)
        for line in sys.stdin:
            _obey(dns, json.loads(line))
            print(json.dumps({"done": True}), flush=True)
    finally:
        dns.stop()


if __name__ == "__main__":
    main()
