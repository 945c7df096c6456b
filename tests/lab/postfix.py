# SPDX-License-Identifier: MIT
"""A real Postfix in a root: Debian's own master.cf (with its chroots), a small main.cf."""

import json
import re
import shutil

from .outcome import BOUNCED, DEFERRED, SENT, Outcome
from .wait import until

LOG = "var/log/postfix.log"

# No retries of its own within a test: what is tried again is what the test flushes.
MAIN_CF = f"""compatibility_level = 3.6
myhostname = mta.lab.test
mydestination =
alias_maps =
inet_interfaces = loopback-only
inet_protocols = ipv4
maillog_file = /{LOG}
queue_run_delay = 1h
minimal_backoff_time = 1h
maximal_backoff_time = 2h
smtp_connect_timeout = 5s
smtp_tls_security_level = may
smtp_tls_loglevel = 1
"""

# What smtp(8) reads after it has changed into its chroot; Debian's service script copies the same.
CHROOT_FILES = ("resolv.conf", "hosts", "services", "nsswitch.conf", "host.conf")

QUEUED_FROM = re.compile(r"(?:qmgr|pickup)\[\d+\]: (\w+): .*from=<([^>]*)>")
STATUS = re.compile(r"\]: (\w+): to=<([^>]*)>, .*status=(\w+) \(.*")


class Postfix:
    """Start, send, look what became of it."""

    name = "postfix"

    def __init__(self, root):
        self.root = root

    @property
    def version(self):
        """As Postfix names it: 3.7.11."""
        return self.root.run("postconf", "-dh", "mail_version").strip()

    def configure(self, settings=""):
        """Writes main.cf: the lab's lines, then `settings`, which replace those of the same name.

        Postfix warns of a line that comes twice, in each of its processes, also where the master must not wait for
        the log: while it restarts postlogd.
        """
        given = {line.partition("=")[0].strip() for line in settings.splitlines()}
        own = [line for line in MAIN_CF.splitlines() if line.partition("=")[0].strip() not in given]
        self.root.write("etc/postfix/main.cf", "\n".join(own) + "\n" + settings)
        chroot = self.root / "var/spool/postfix/etc"
        chroot.mkdir(exist_ok=True)
        for name in CHROOT_FILES:
            if (self.root / "etc" / name).exists():
                shutil.copyfile(self.root / "etc" / name, chroot / name)

    def start(self):
        """Returns when the master runs."""
        before = self._log().count("daemon started")
        self.root.run("postfix", "start")
        until(lambda: self._log().count("daemon started") > before, self._log_tail)

    def stop(self):
        """Returns when it is down."""
        self.root.attempt("postfix", "stop")
        until(lambda: self.root.attempt("postfix", "status").returncode != 0, "postfix stops")

    def send(self, sender, *recipients, header="Subject: test"):
        """Queues one message with one copy of it for each recipient."""
        self.root.run("sendmail", "-i", "-f", sender, *recipients, text_in=f"{header}\n\nhello\n")

    def flush(self):
        """Tries everything in the queue now."""
        self.root.run("postqueue", "-f")

    def mark(self):
        """A place in the log; outcomes can be asked for since then."""
        return len(self._log())

    def outcomes(self, sender, since=0):
        """Recipient (lower-case) -> Outcome, as far as the log knows by now."""
        log = self._log()
        identifiers = {match[1] for match in QUEUED_FROM.finditer(log) if match[2] == sender}
        return {match[2].lower(): Outcome(_status(match[3]), match[0])
                for match in STATUS.finditer(log, since) if match[1] in identifiers}

    def wait_for(self, sender, *recipients, since=0):
        """The outcomes, when each recipient has one."""
        def all_known():
            known = self.outcomes(sender, since)
            return known if known.keys() >= set(recipients) else None
        return until(all_known, lambda: f"an outcome for {recipients}:\n{self._log_tail()}")

    def is_queued(self, sender):
        """Whether a message of this sender is still in the queue."""
        entries = self.root.run("postqueue", "-j").splitlines()
        return any(json.loads(entry)["sender"] == sender for entry in entries)

    def complaints(self):
        """What Postfix said against its configuration or a policy line."""
        words = ("TLS configuration problem", "smtp_tls_policy_maps", "unusable TLSA", "error: ", "fatal:", "panic:")
        return [line for line in self._log().splitlines() if any(word in line for word in words)]

    def query_all(self, keys, table):
        """Key -> value, as a table such as cdb:/path answers; keys that it does not have are left out."""
        asked = "".join(f"{key}\n" for key in keys)
        answer = self.root.attempt("postmap", "-q", "-", table, text_in=asked).stdout
        return dict(line.split("\t", 1) for line in answer.splitlines())

    def events(self, text):
        """What lines of the log tell, in their order: (message, sender, None) or (message, None, Outcome)."""
        for line in text.splitlines():
            if match := QUEUED_FROM.search(line):
                yield match[1], match[2], None
            elif match := STATUS.search(line):
                yield match[1], None, Outcome(_status(match[3]), match[0])

    def log_bytes(self, since=0):
        """The log from a place on."""
        with (self.root / LOG).open("rb") as file:
            file.seek(since)
            return file.read()

    def _log(self):
        return self.root.read(LOG)

    def _log_tail(self):
        return "\n".join(self._log().splitlines()[-15:])


def _status(word):
    return {"sent": SENT, "deferred": DEFERRED}.get(word, BOUNCED)
