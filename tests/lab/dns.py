# SPDX-License-Identifier: MIT
"""The lab's name server: NSD, authoritative for the whole tree, so that no query ever goes anywhere else."""

import socket
import struct
import subprocess

from .wait import until

ADDRESS = "127.0.0.1"
RESOLV_CONF = f"nameserver {ADDRESS}\noptions timeout:2 attempts:2\n"

CONFIG = f"""server:
  ip-address: {ADDRESS}
  username: nsd
  chroot: ""
  zonesdir: "/etc/nsd"
  pidfile: ""
  logfile: "/tmp/nsd.log"
  xfrdfile: "/tmp/nsd-xfrd.state"
  zonelistfile: "/tmp/nsd-zone.list"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "lab.zone"
"""

HEAD = """$ORIGIN .
$TTL 60
@ SOA ns.lab.test. hostmaster.lab.test. 1 3600 600 86400 60
@ NS ns.lab.test.
ns.lab.test. A 127.0.0.1
mta.lab.test. A 127.0.0.1
"""


class Zone:
    """The records of the lab, all in one zone: the root."""

    def __init__(self):
        self._lines = []

    def mx(self, domain, *hosts):
        """Mail for `domain` goes to `hosts`, the first preferred."""
        for place, host in enumerate(hosts, start=1):
            self._lines.append(f"{domain}. MX {10 * place} {host}.")

    def address(self, host, address):
        """Where a host is."""
        self._lines.append(f"{host}. A {address}")

    def alias(self, host, target):
        """A CNAME."""
        self._lines.append(f"{host}. CNAME {target}.")

    def text(self):
        """As a zone file."""
        return HEAD + "\n".join(self._lines) + "\n"


class NameServer:
    """NSD in a root, in the foreground; it ends with the lab."""

    def __init__(self, root):
        self._root = root

    def start(self, zone):
        """Returns when the zone is answered."""
        self._root.write("etc/nsd/lab.zone", zone.text())
        self._root.write("etc/nsd/lab.conf", CONFIG)
        self._root.start("nsd", "-d", "-c", "/etc/nsd/lab.conf")
        until(_answers, lambda: "the name server answers: " + self._root.read("tmp/nsd.log"))
        self._serve_the_lab()

    def _serve_the_lab(self):
        """Programs that run in no root ask it, too; the mount is seen in the lab's namespace only."""
        subprocess.run(["mount", "--bind", self._root / "etc/resolv.conf", "/etc/resolv.conf"], check=True)


def _answers():
    """Asks for the address of ns.lab.test; true if there is an answer."""
    question = b"".join(bytes([len(label)]) + label for label in (b"ns", b"lab", b"test", b""))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        client.connect((ADDRESS, 53))
        try:
            client.send(struct.pack("!6H", 1, 0, 1, 0, 0, 0) + question + struct.pack("!2H", 1, 1))
            reply = client.recv(512)
        except OSError:
            return False
    answers = struct.unpack("!6H", reply[:12])[3]
    return answers > 0
