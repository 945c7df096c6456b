# SPDX-License-Identifier: MIT
"""The service probes beside everything else: what it sees is enforced, and a server that never answers keeps nobody
waiting."""

import fcntl
import pathlib
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from service_test import AGREEMENT, DEADLINE, TLSPACTD, until  # noqa: E402
from tests.lab.internet import Internet, mx  # noqa: E402
from tests.lab.mail_hosts import MailHosts  # noqa: E402

HOSTS = {"mx.good.test": "127.0.1.1", "mx.silent.test": "127.0.1.2"}
CONFIG = """
[http]
listen = ""
[[list]]
name = "community"
url = "{work}/list.json"
unsigned = true
[smtp]
port = {smtp}
helo = "client.test"
[probe]
enabled = true
per_address_interval = "0s"
private_addresses = true
"""


class ProbingTest(unittest.TestCase):
    def setUp(self):
        zones = {name.removeprefix("mx."): dict(kind="insecure", records=[*mx("mx"), f"mx A {address}"])
                 for name, address in HOSTS.items()}
        self.internet = self.enterContext(Internet(zones, {}))
        self.mail = self.enterContext(MailHosts(self.internet.hosts.authority, HOSTS))
        self.internet.publish_list(good_test=("enforce", ["mx.good.test"]), silent_test=("enforce", ["mx.silent.test"]))
        self.internet.configure(extra=CONFIG, smtp=self.mail.port)
        text = self.internet.config.read_text()
        self.run_dir = self.internet.work / "run"
        self.internet.config.write_text(text.replace("[service]\n", f'[service]\nrun_dir = "{self.run_dir}"\n', 1))
        self.log = self.enterContext(open(self.internet.work / "log", "a+", encoding="utf-8"))
        self.process = self.silent = None
        self.addCleanup(self.stop)

    def start(self):
        self.process = subprocess.Popen([TLSPACTD, "--config", self.internet.config], stderr=self.log)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(DEADLINE)

    def said(self):
        return (self.internet.work / "log").read_text(encoding="utf-8")

    def enforced(self, domain):
        try:
            return domain in self.internet.postfix()
        except FileNotFoundError:
            return False

    def silent_host(self):
        """Takes the connection of a probe and says nothing."""
        self.mail.stop("mx.silent.test")
        self.silent = self.enterContext(socket.create_server((HOSTS["mx.silent.test"], self.mail.port)))
        self.silent.settimeout(DEADLINE)
        self.start()
        connection, _ = self.silent.accept()
        return self.enterContext(connection)

    def test_what_it_sees_is_enforced(self):
        self.start()
        until(lambda: self.enforced("good.test"), self.said)

    def test_a_silent_server_keeps_nobody_waiting(self):
        self.silent_host()
        (self.internet.work / "agreements.d/new.toml").write_text(AGREEMENT.format("partner.example"))
        until(lambda: self.enforced("partner.example"), self.said)

    def test_what_was_not_looked_at_is_after_a_restart(self):
        connection = self.silent_host()
        until(lambda: (self.internet.work / "var/run.json").exists(), self.said)
        self.process.terminate()
        self.process.wait(DEADLINE)
        connection.close()
        self.start()
        self.silent.accept()[0].close()

    def test_a_round_that_cannot_be_kept_is_not_made_again(self):
        lock = self.internet.work / "var/lock"
        connection = self.silent_host()
        until(lambda: (self.internet.work / "var/run.json").exists(), self.said)
        with open(lock, "w", encoding="ascii") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            connection.close()
            until(lambda: "what was probed is kept later" in self.said(), self.said)
            self.assertEqual(self.internet.stored("SELECT count(*) FROM evidence"), [(0,)])
        until(lambda: self.internet.stored("SELECT count(*) FROM evidence") != [(0,)], self.said, 3 * DEADLINE)
        hosts = [row[0] for row in self.internet.stored("SELECT host FROM evidence")]
        self.assertEqual(sorted(hosts), ["mx.good.test", "mx.silent.test"], "each was looked at once")

    def test_a_silent_server_does_not_keep_it_from_ending(self):
        connection = self.silent_host()
        self.process.terminate()
        self.assertEqual(self.process.wait(DEADLINE), 0, self.said())
        connection.settimeout(DEADLINE)
        self.assertEqual(connection.recv(1), b"", "the connection of the probe ends with it")


if __name__ == "__main__":
    unittest.main()
