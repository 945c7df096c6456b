# SPDX-License-Identifier: MIT
"""The first mail to a domain that nobody has named: answerer, service and a real DNS together."""

import asyncio
import os
import pathlib
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from service_test import DEADLINE, TLSPACTD, until  # noqa: E402
from tests.lab.internet import USABLE, Internet, PolicyHost, host, mx, policy, sts  # noqa: E402
from tests.lab.process_memory import is_sanitized, own_memory  # noqa: E402

LOOKUPD = os.environ.get("LOOKUPD", str(pathlib.Path(TLSPACTD).with_name("tlspact-lookupd")))
ZONES = {
    "dane.test": dict(records=[*mx("mx"), *host("mx", USABLE)]),
    "sts.test": dict(kind="insecure", records=[*mx("mx"), *host("mx"), *sts()]),
    "plain.test": dict(records=[*mx("mx"), *host("mx")]),
    "known.test": dict(records=[*mx("mx"), *host("mx", USABLE)]),
    "broken.test": dict(kind="bogus", records=[*mx("mx"), *host("mx", USABLE)]),
}


async def ask_as_strangers(path, first, count):
    """`count` names that nobody has, 256 at a time."""
    numbers = iter(range(first, first + count))

    async def stranger():
        reader, writer = await asyncio.open_unix_connection(path)
        for number in numbers:
            request = f"postfix d{number}.strangers.test"
            writer.write(f"{len(request)}:{request},".encode())
            answer = await asyncio.wait_for(reader.readuntil(b","), DEADLINE)
            assert answer == b"9:NOTFOUND ,", answer
        writer.close()

    await asyncio.gather(*(stranger() for _ in range(256)))


class ResolveTest(unittest.TestCase):
    def setUp(self):
        self.internet = self.enterContext(Internet(ZONES, {"sts.test": PolicyHost(text=policy(mx=["mx.sts.test"]))}))
        self.internet.name("known.test")
        self.internet.configure(extra="[http]\nlisten = \"\"\n")
        text = self.internet.config.read_text()
        self.run_dir = self.internet.work / "run"
        self.internet.config.write_text(text.replace("[service]\n", f'[service]\nrun_dir = "{self.run_dir}"\n', 1))
        self.log = open(self.internet.work / "log", "a+", encoding="utf-8")
        self.addCleanup(self.log.close)
        self.service = None
        self.start_service()
        until(lambda: (self.internet.work / "var/snapshot").exists(), self.said)
        self.path = str(self.internet.work / "socketmap")
        self.answerer = self.start(LOOKUPD, "--snapshot", self.internet.work / "var/snapshot", "--resolve",
                                   self.run_dir / "resolve", "--socketmap", f"unix:{self.path}", "--wait", "20s")
        until(lambda: pathlib.Path(self.path).exists(), self.said)

    def start(self, *command):
        process = subprocess.Popen(list(map(str, command)), stderr=self.log)
        self.addCleanup(process.wait, DEADLINE)
        self.addCleanup(process.terminate)
        return process

    def start_service(self):
        self.service = self.start(TLSPACTD, "--config", self.internet.config)

    def said(self):
        return (self.internet.work / "log").read_text(encoding="utf-8")

    def ask(self, key, name="postfix"):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(DEADLINE)
            client.connect(self.path)
            request = f"{name} {key}".encode()
            client.sendall(b"%d:%s," % (len(request), request))
            size = b""
            while not size.endswith(b":"):
                size += client.recv(1)
            answer = b""
            while len(answer) <= int(size[:-1]):
                answer += client.recv(4096)
            return answer[:-1].decode()

    def stored(self, domain):
        return self.internet.stored("SELECT origin FROM correspondent WHERE domain = ?", domain)

    def test_the_first_mail_gets_the_policy(self):
        self.assertTrue(self.ask("known.test").startswith("OK dane-only"))
        self.assertTrue(self.ask("dane.test").startswith("OK dane-only"), self.said())
        self.assertTrue(self.ask("sts.test").startswith("OK secure match=mx.sts.test"), self.said())
        self.assertEqual(self.stored("sts.test"), [("a live lookup",)])

    def test_it_comes_into_the_maps(self):
        self.ask("dane.test")
        # Not more than one install a minute.
        until(lambda: "dane.test" in self.internet.postfix(), self.said, 4 * DEADLINE)

    def test_a_domain_without_policy_costs_one_resolution(self):
        for _ in range(20):
            self.assertEqual(self.ask("plain.test"), "NOTFOUND ")
        seen = "SELECT first_seen, last_seen FROM correspondent WHERE domain = 'plain.test'"
        [(first, last)] = until(lambda: self.internet.stored(seen), self.said)
        self.assertEqual(first, last, "met once")

    def test_what_fails_is_not_temp(self):
        self.assertEqual(self.ask("broken.test"), "NOTFOUND ")
        self.assertEqual(self.ask("nowhere.test"), "NOTFOUND ")

    def in_force(self):
        """Every map, and the answer for each domain that has one."""
        maps = {path: path.read_bytes() for path in (self.internet.work / "var").rglob("tls_policy*") if path.is_file()}
        return maps, self.ask("known.test")

    def test_strangers_names_leave_memory_maps_and_answers_as_they_were(self):
        count = int(os.environ.get("TLSPACT_STRANGERS", "2000"))    # a million take twenty minutes
        self.assertTrue(self.ask("known.test").startswith("OK dane-only"))
        asyncio.run(ask_as_strangers(self.path, 0, 1000))
        maps, answer = self.in_force()
        self.assertTrue(maps)
        before = [own_memory(each.pid) / 2**20 for each in (self.answerer, self.service)]
        asyncio.run(ask_as_strangers(self.path, 1000, count))
        after = [own_memory(each.pid) / 2**20 for each in (self.answerer, self.service)]
        print(f"{count} names: answerer {before[0]:.1f} -> {after[0]:.1f} MiB, service {before[1]:.1f} -> {after[1]:.1f} MiB",
              file=sys.stderr)
        if not is_sanitized(self.service.pid):
            self.assertLess(after[0] - before[0], 2)
            self.assertLess(after[1] - before[1], 64)
        self.assertEqual(self.in_force(), (maps, answer))
        self.assertIsNone(self.answerer.poll())
        self.assertIsNone(self.service.poll())

    def test_without_the_service_answers_go_on(self):
        self.service.kill()
        self.service.wait(DEADLINE)
        self.assertTrue(self.ask("known.test").startswith("OK dane-only"))
        self.assertEqual(self.ask("dane.test"), "NOTFOUND ")
        self.start_service()
        until(lambda: self.ask("dane.test").startswith("OK dane-only"), self.said)


if __name__ == "__main__":
    unittest.main()
