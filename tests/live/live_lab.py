# SPDX-License-Identifier: MIT
"""tlspact-lookupd as a process of its own, and what surrounds it: clients, a daemon that resolves, a service manager."""

import contextlib
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
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.lab.process_memory import is_sanitized, own_memory  # noqa: E402

LOOKUPD = os.environ["LOOKUPD"]
MAKE_SNAPSHOT = os.environ["MAKE_SNAPSHOT"]
DEADLINE = 30     # of everything that must happen at all
SAMPLE = """\
listed.example secure mx1.listed.example
sts.example secure sts mx.sts.example
.acme.example encrypt
[relay.acme.example]:587 encrypt
none none.example 4102444800
"""
LISTED = "OK secure match=mx1.listed.example servername=hostname"


def write_snapshot(path, text=SAMPLE, version="3.10.3"):
    """Published as the daemon does it: by rename."""
    subprocess.run([MAKE_SNAPSHOT, path, version], input=text, text=True, check=True)


def until(condition, what="it"):
    """Waits for what must come true."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen")
        time.sleep(0.005)


def netstring(text):
    """The bytes of one request."""
    raw = text.encode() if isinstance(text, str) else text
    return b"%d:%s," % (len(raw), raw)


class Client:
    """A connection to the socketmap, or to readsocket."""

    def __init__(self, address):
        self.socket = connect(address)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.close()

    def close(self):
        """Also where it is closed already."""
        self.socket.close()

    def send(self, raw):
        """Bytes as they are."""
        self.socket.sendall(raw)

    def fill(self):
        """False: the other side has closed."""
        try:
            more = self.socket.recv(65536)
        except ConnectionResetError:
            more = b""
        self.buffer += more
        return bool(more)

    def reply(self):
        """The next netstring; None: closed."""
        while True:
            head, colon, rest = self.buffer.partition(b":")
            if colon and len(rest) > int(head):
                assert rest[int(head):int(head) + 1] == b",", self.buffer
                self.buffer = rest[int(head) + 1:]
                return rest[:int(head)].decode()
            if not self.fill():
                return None

    def ask(self, key, table="postfix"):
        """One request, one reply."""
        self.send(netstring(f"{table} {key}"))
        return self.reply()

    def rest(self):
        """Everything until the other side closes."""
        while self.fill():
            pass
        return self.buffer


def connect(address):
    """A path, or a port of 127.0.0.1."""
    if isinstance(address, int):
        out = socket.create_connection(("127.0.0.1", address), timeout=DEADLINE)
    else:
        # In blocking mode, with a deadline all the same: otherwise EAGAIN where more wait to be accepted than may.
        out = socket.socket(socket.AF_UNIX)
        out.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", DEADLINE, 0))
        out.connect(str(address))
        out.settimeout(DEADLINE)
    return out


def exim(address, line):
    """As ${readsocket} does it: sends, ends its side, reads until the end."""
    with Client(address) as client:
        client.send(line.encode())
        client.socket.shutdown(socket.SHUT_WR)
        return client.rest().decode()


class Lookupd:
    """One process. `passed`: (name, socket) pairs that it inherits, as from systemd."""

    def __init__(self, *words, passed=(), environment=None):
        self.log = []
        manager = ("LISTEN_", "NOTIFY_", "WATCHDOG_", "JOURNAL_")
        variables = {key: value for key, value in os.environ.items() if not key.startswith(manager)}
        variables.update(environment or {})
        command = [LOOKUPD, *map(str, words)]
        if passed:
            # LISTEN_PID is that of the process itself: the shell, which becomes it.
            moves = " ".join(f"{3 + at}<&{each.fileno()}" for at, (_name, each) in enumerate(passed))
            variables |= {"LISTEN_FDS": str(len(passed)), "LISTEN_FDNAMES": ":".join(name for name, _each in passed)}
            command = ["bash", "-c", f'LISTEN_PID=$$ exec "$@" {moves}', "bash", *command]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=variables,
                                        pass_fds=[each.fileno() for _name, each in passed])
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()

    def read_log(self):
        """Until it ends."""
        for line in self.process.stderr:
            self.log.append(line.rstrip("\n"))

    def has_logged(self, text):
        """Whether any line contains it."""
        return any(text in line for line in self.log)

    def wait_for_log(self, text):
        """Waits for a line that contains `text`."""
        until(lambda: self.has_logged(text) or not self.reader.is_alive(), f"a line with {text!r} in {self.log}")
        assert self.has_logged(text), self.log

    def ready(self, addresses=1):
        """Once it listens on so many."""
        until(lambda: sum("listening on" in line for line in self.log) >= addresses or not self.reader.is_alive(),
              "listening")
        assert self.reader.is_alive(), self.log
        return self

    def port(self):
        """The TCP port that it has chosen."""
        for line in self.log:
            found = re.search(r"listening on inet:127\.0\.0\.1:(\d+)", line)
            if found:
                return int(found[1])
        raise AssertionError(self.log)

    def stop(self, how=signal.SIGTERM):
        """Its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        status = self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)
        self.process.stderr.close()
        return status

    def descriptors(self):
        """How many it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self):
        """Bytes that are its own, beyond the page cache."""
        return own_memory(self.process.pid)

    def is_sanitized(self):
        """Its memory tells nothing."""
        return is_sanitized(self.process.pid)


class Resolver:
    """The daemon's side of <run_dir>/resolve. `answer(key)` gives the lines to send back, or None: nothing."""

    def __init__(self, path, answer):
        self.asked = []
        self.answer = answer
        self.listener = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self.listener.bind(str(path))
        self.listener.listen()
        self.path = path
        self.connections = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        """Every connection has a thread of its own."""
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        """Until either side closes."""
        with contextlib.suppress(OSError):
            for line in connection.makefile(encoding="ascii"):
                word, key = line.rstrip("\n").split(" ")
                assert word == "resolve", line
                self.asked.append(key)
                lines = self.answer(key)
                if lines is not None:
                    connection.sendall(lines.encode())

    def say(self, text):
        """To everybody, unasked."""
        for each in self.connections:
            each.sendall(text.encode())

    def close(self):
        """As if the daemon died."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for each in self.connections:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)


class LiveTest(unittest.TestCase):
    """A directory of its own, with a snapshot in it."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="tlspact-live-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.snapshot = self.directory / "snapshot"
        self.resolve = self.directory / "resolve"
        self.socketmap = self.directory / "socketmap"
        self.readsocket = self.directory / "readsocket"
        write_snapshot(self.snapshot)

    def start(self, *words, **how):
        """A process that has no address yet and ends with the test."""
        lookupd = Lookupd("--snapshot", self.snapshot, "--resolve", self.resolve, *words, **how)
        self.addCleanup(lookupd.stop, signal.SIGKILL)
        return lookupd

    def run_lookupd(self, *words, **how):
        """On both UNIX sockets."""
        return self.start("--socketmap", f"unix:{self.socketmap}", "--readsocket", f"unix:{self.readsocket}",
                          *words, **how).ready(2)

    def client(self, address=None):
        """A connection that ends with the test."""
        client = Client(self.socketmap if address is None else address)
        self.addCleanup(client.close)
        return client

    def resolver(self, answer):
        """The daemon, until the test ends."""
        resolver = Resolver(self.resolve, answer)
        self.addCleanup(resolver.close)
        return resolver
