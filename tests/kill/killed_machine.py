# SPDX-License-Identifier: MIT
"""A machine with stubs of Postfix's programs, on which tlspact can be killed at any of its system calls."""
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from machine import Machine, TLSPACT, utc  # noqa: E402

KILL_AT = os.environ["KILL_AT"]
MAPS = ("postfix/tls_policy.cdb", "postfix/tls_policy.lmdb", "postfix/tls_policy", "postfix/tls_policy.db",
        "exim/tls_policy.cdb")
TEMPORARY = re.compile(r"\.part$|tlspact-new|tlspact-old|-wal$|-shm$|-journal$|damaged|/tlspact/tmp")

AGREEMENT = """
[[agreement]]
partner = "Another"
domains = ["{domain}", ".{domain}"]
level   = "encrypt"
"""

# @STATE@ is the state directory, @ROOT@ the machine's. `postfix reload` reads the text table, as Postfix's daemons do
# when they start. A table of type hash is, here, its text.
PROGRAMS = {
    "postconf": r"""case "$*" in
-m) printf 'cdb\nlmdb\ntexthash\nhash\n';;
-M) ;;
*) printf '%s\n' 'mail_version = 3.7.11' 'smtp_dns_support_level = dnssec' 'tls_append_default_CA = yes' \
  'smtp_tls_fingerprint_digest = sha256';;
esac""",
    "postmap": r"""case "$1" in
-q) awk -v key="$2" '$1 == key { sub(/^[^ ]* /, ""); print; found = 1 } END { exit !found }' @STATE@/postfix/tls_policy;;
-s) sed -e 1d -e 's/ /\t/' "${2#hash:}.db";;
*) cp "${1#hash:}" "${1#hash:}.db";;
esac""",
    "postfix": r"""case "$1" in reload) cp @STATE@/postfix/tls_policy @ROOT@/loaded;; esac""",
}


class KilledMachine(Machine):
    """With the stubs in PATH, a TMPDIR of its own, and a short history, so that pruning it is at work too."""

    def __init__(self):
        super().__init__()
        self.configure(types='["cdb", "lmdb", "texthash", "hash"]')
        # Told, not asked: no name server is there for the mail servers of this machine.
        text = self.config.read_text().replace("[service]\n", "[service]\nhistory = 3\n")
        self.config.write_text(text.replace("[postfix]\n", "[postfix]\ndane = true\n"))
        self.state, self.temp, self.tools = (self.path(each) for each in ("/var/lib/tlspact", "/tmp", "/tools"))
        for directory in (self.temp, self.tools):
            directory.mkdir()
        for name, text in PROGRAMS.items():
            self.stub(name, text)
        self.environment = dict(os.environ, PATH=f"{self.tools}:{os.environ['PATH']}", TMPDIR=str(self.temp))
        self.minutes = 0

    def stub(self, name, text):
        """Puts a program into PATH."""
        text = text.replace("@STATE@", str(self.state)).replace("@ROOT@", str(self.root))
        (self.tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.tools / name).chmod(0o755)

    def run(self, *arguments, **options):
        return super().run(*arguments, env=self.environment, **options)

    def strike(self, number, *arguments, errno=0, everything=False):
        """Kills it at its call of that number, or has that call fail. Returns its result, calls counted, all calls,
        "killed", "failed" or "exited", and at what. The umask would keep the MTA from reading."""
        options = (["--all"] if everything else []) + (["--errno", str(errno)] if errno else [])
        result = subprocess.run([KILL_AT, *options, str(number), TLSPACT, "--config", str(self.config), *arguments],
                                env=self.environment, capture_output=True, text=True, timeout=120, umask=0o077,
                                check=False)
        said = re.search(r"(?m)^kill_at: (\d+) (\d+) (killed|failed|exited) (\S+)$", result.stderr)
        if not said: raise AssertionError(f"kill_at {options} {number}, {result.returncode}: {result.stderr}")
        return result, int(said[1]), int(said[2]), said[3], said[4]

    def maps(self):
        return {name: (self.state / name).read_bytes() for name in MAPS}

    def identities(self):
        status = {name: (self.state / name).stat() for name in MAPS}
        return {name: (each.st_ino, each.st_mtime_ns) for name, each in status.items()}

    def agree(self, side):
        (self.agreements / "other.toml").write_text(AGREEMENT.format(domain=f"{side}.example"))

    def publish(self, side):
        """The list of a side, always a minute newer: an older one would be refused."""
        self.minutes += 1
        text = self.sample_list(timestamp=utc(-3 + self.minutes / 1440))
        self.sign(text.replace("university.example", f"university-{side}.example"))

    def temporary(self):
        """Every temporary file there is."""
        found = [str(path) for path in self.state.rglob("*") if TEMPORARY.search(str(path))]
        return found + [str(path) for path in self.temp.iterdir()]
