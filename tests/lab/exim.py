# SPDX-License-Identifier: MIT
"""A real Exim in a root, configured by a single file or by Debian's split configuration.

Mail that goes out needs no daemon: each message is delivered by the process that took it, later ones by a queue
run. `listen` starts one for mail that comes in.
"""

import re
import socket

from .outcome import BOUNCED, DEFERRED, SENT, Outcome
from .wait import until

LOG = "var/log/exim4/mainlog"
PANIC_LOG = "var/log/exim4/paniclog"

LISTEN = ("127.0.0.1", "::1")

SINGLE_FILE = """primary_hostname = mta.lab.test
log_file_path = /var/log/exim4/%slog
log_selector = +all_parents
trusted_users = root
queue_run_in_order = true
domainlist local_domains =
domainlist relay_to_domains =
{own_main}
{main}
begin acl
{own_acl}
{acl}
begin routers
{routers}
everything_else:
  driver = dnslookup
  transport = remote_smtp
  no_more

begin transports
{transports}
remote_smtp:
  driver = smtp

begin retry
* * F,2h,1h
"""

SPLIT_ANSWERS = """dc_eximconfig_configtype='{kind}'
dc_other_hostnames='{local}'
dc_local_interfaces='{interfaces}'
dc_readhost=''
dc_relay_domains=''
dc_minimaldns='false'
dc_relay_nets=''
dc_smarthost='{smarthost}'
CFILEMODE='644'
dc_use_split_config='true'
dc_hide_mailname=''
dc_mailname_in_oh='true'
dc_localdelivery='mail_spool'
"""

ARRIVED = re.compile(r"^\S+ \S+ (\S+) <= (\S+)", re.M)
STATUS = re.compile(r"^\S+ \S+ (\S+) (=>|->|==|\*\*) (\S+@\S+)(?: <[^>]*>)? .*", re.M)
MEANING = {"=>": SENT, "->": SENT, "==": DEFERRED, "**": BOUNCED}


class Exim:
    """Configure, send, look what became of it."""

    name = "exim"

    def __init__(self, root):
        self.root = root

    def configure_single_file(self, pieces=None, own_main="disable_ipv6 = true", own_acl=""):
        """One exim4.conf, with `.include` of the files named in `pieces` (section -> path inside the root), and what
        else the administrator has in the main and ACL sections."""
        pieces = pieces or {}
        includes = {section: f".include {pieces[section]}" if section in pieces else ""
                    for section in ("main", "acl", "routers", "transports")}
        self.root.write("etc/exim4/exim4.conf", SINGLE_FILE.format(own_main=own_main, own_acl=own_acl, **includes))
        self.root.run("exim4", "-bV")

    def configure_split(self, smarthost="", local="", interfaces="127.0.0.1"):
        """Debian's conf.d, with whatever lies there; for an internet site, or one that has a smart host."""
        answers = SPLIT_ANSWERS.format(kind="smarthost" if smarthost else "internet", smarthost=smarthost,
                                       local=local, interfaces=interfaces)
        self.root.write("etc/exim4/update-exim4.conf.conf", answers)
        self.root.write("etc/exim4/conf.d/main/99_lab", "queue_run_in_order = true\n")
        self.root.run("update-exim4.conf")
        self.root.run("exim4", "-bV")

    def start(self):
        """Nothing runs between messages."""

    def stop(self):
        """Nothing runs between messages."""

    def listen(self):
        """Starts a daemon for mail that comes in, and returns when it answers; the caller ends the process."""
        daemon = self.root.start("exim4", "-bdf", "-oX", "<; " + " ; ".join(LISTEN))
        for address in LISTEN:
            until(lambda address=address: _answers(address), lambda: f"Exim listens:\n{self._log_tail()}")
        return daemon

    def send(self, sender, *recipients, header="Subject: test", deliver=True):
        """Takes one message; delivers it at once, or leaves it to the next queue run."""
        how = "-odb" if deliver else "-odq"
        self.root.run("exim4", how, "-i", "-f", sender, *recipients, text_in=f"{header}\n\nhello\n")

    def flush(self):
        """One queue run over everything; returns when it is over."""
        self.root.run("exim4", "-qff")

    def mark(self):
        """A place in the log; outcomes can be asked for since then."""
        return len(self._log())

    def outcomes(self, sender, since=0):
        """Recipient (lower-case) -> Outcome, as far as the log knows by now."""
        log = self._log()
        identifiers = {match[1] for match in ARRIVED.finditer(log) if match[2] == sender}
        return {match[3].lower(): Outcome(MEANING[match[2]], match[0])
                for match in STATUS.finditer(log, since) if match[1] in identifiers}

    def wait_for(self, sender, *recipients, since=0):
        """The outcomes, when each recipient has one."""
        def all_known():
            known = self.outcomes(sender, since)
            return known if known.keys() >= set(recipients) else None
        return until(all_known, lambda: f"an outcome for {recipients}:\n{self._log_tail()}")

    def is_queued(self, sender):
        """Whether a message of this sender is still in the queue."""
        return f"<{sender}>" in self.root.run("exim4", "-bpr")

    def complaints(self):
        """What Exim found wrong with itself or its configuration."""
        panics = self.root.read(PANIC_LOG).splitlines()
        words = ("expansion", "failed to expand", "bounced", " ** ")
        return panics + [line for line in self._log().splitlines() if any(word in line for word in words)]

    def expand(self, text):
        """What a string of the configuration becomes."""
        return self.root.run("exim4", "-be", text).strip()

    def events(self, text):
        """What lines of the log tell, in their order: (message, sender, None) or (message, None, Outcome)."""
        for line in text.splitlines():
            if match := ARRIVED.match(line):
                yield match[1], match[2], None
            elif match := STATUS.match(line):
                yield match[1], None, Outcome(MEANING[match[2]], match[0])

    def log_bytes(self, since=0):
        """The log from a place on; there is none before the first message."""
        if not (self.root / LOG).exists():
            return b""
        with (self.root / LOG).open("rb") as file:
            file.seek(since)
            return file.read()

    def _log(self):
        return self.root.read(LOG)

    def _log_tail(self):
        return "\n".join((self._log() + self.root.read(PANIC_LOG)).splitlines()[-15:])


def _answers(address):
    try:
        socket.create_connection((address, 25), timeout=5).close()
    except OSError:
        return False
    return True
