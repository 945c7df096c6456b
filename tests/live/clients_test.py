# SPDX-License-Identifier: MIT
"""Clients that stall, flood, do not read, or are too many."""

import random
import time
import unittest

from live_lab import DEADLINE, LISTED, Client, LiveTest, netstring, until, write_snapshot

LONG = "long.example"


class ClientsTest(LiveTest):
    """Whatever they do, the others are answered."""

    def setUp(self):
        super().setUp()
        names = " ".join(f"mx{number}.{'x' * 60}.example" for number in range(900))
        write_snapshot(self.snapshot, f"listed.example secure mx1.listed.example\n{LONG} secure {names}\n")
        self.lookupd = self.run_lookupd()
        self.other = self.client()
        self.assertEqual(self.other.ask("listed.example"), LISTED)

    def assert_small(self, limit):
        """Its memory is below `limit` bytes; of a sanitized one nothing can be said."""
        if not self.lookupd.is_sanitized():
            self.assertLess(self.lookupd.memory(), limit)

    def closed_after(self, client):
        """Seconds until the other side closes."""
        before = time.monotonic()
        self.assertIsNone(client.reply())
        return time.monotonic() - before

    def test_ten_seconds_for_a_request_however_it_drips_and_more_between_requests(self):
        silent, begun, dripping = self.client(), self.client(), self.client()
        begun.send(b"17:postfix")
        before = time.monotonic()
        dripping.send(b"1")
        with self.assertRaises(OSError):
            for each in b"00:" + b"a" * 100:
                until(lambda: self.other.ask("listed.example") == LISTED)
                dripping.socket.settimeout(0.5)
                dripping.send(bytes([each]))
                try:
                    if not dripping.socket.recv(1):
                        raise ConnectionResetError
                except TimeoutError:
                    pass
        self.assertGreater(time.monotonic() - before, 8)
        self.assertLess(time.monotonic() - before, 20)
        for client in (silent, begun):
            self.assertLess(self.closed_after(client), 5)
        idle = self.other    # had a request, and is between two
        self.assertEqual(idle.ask("listed.example"), LISTED)

    def test_one_that_does_not_read_is_put_off_and_then_dropped(self):
        reply = netstring(f"postfix {LONG}")
        greedy = self.client()
        greedy.socket.setblocking(False)
        sent = 0
        try:
            while True:
                sent += greedy.socket.send(reply * 100)
        except BlockingIOError:
            pass
        self.assertLess(sent, 8 << 20)
        self.assertEqual(self.other.ask("listed.example"), LISTED)
        self.assert_small(16 << 20)
        greedy.socket.setblocking(True)
        greedy.socket.settimeout(DEADLINE)
        before = self.lookupd.descriptors()
        until(lambda: self.lookupd.descriptors() < before, "its end")

    def test_one_that_reads_late_gets_everything_in_order(self):
        late = self.client()
        late.send(netstring(f"postfix {LONG}") + netstring("postfix listed.example"))
        for _each in range(40):
            late.send(netstring(f"postfix {LONG}"))
            self.assertEqual(self.other.ask("listed.example"), LISTED)
        self.assertGreater(len(late.reply()), 50_000)
        self.assertEqual(late.reply(), LISTED)
        for _each in range(40):
            self.assertGreater(len(late.reply()), 50_000)

    def test_many_that_do_not_read_do_not_take_all_memory(self):
        crowd = [self.client() for _each in range(200)]
        for client in crowd:
            client.socket.setblocking(False)
            try:
                while True:
                    client.socket.send(netstring(f"postfix {LONG}") * 20)
            except OSError:
                pass
        self.assertEqual(self.other.ask("listed.example"), LISTED)
        self.assert_small(24 << 20)

    def test_more_than_1024_connections(self):
        crowd = []
        for _each in range(1100):
            crowd.append(self.client())
        asking = self.client()
        asking.send(netstring("postfix listed.example"))
        self.assertEqual(asking.reply(), LISTED)    # one that was silent made room for it
        self.assertLessEqual(self.lookupd.descriptors(), 1024 + 16)
        for client in crowd:
            client.close()
        until(lambda: self.lookupd.descriptors() < 32, "the connections' end")
        self.assert_small(16 << 20)

    def test_noise(self):
        chance = random.Random(1)
        for _each in range(300):
            client = Client(self.socketmap if chance.random() < 0.7 else self.readsocket)
            raw = chance.randbytes(chance.randrange(1, 3000))
            if chance.random() < 0.5:
                raw = netstring(b"postfix " + raw)
            try:
                client.send(raw)
                if chance.random() < 0.3:
                    client.socket.shutdown(1)
                    client.rest()
            except OSError:
                pass
            client.close()
        self.assertEqual(self.other.ask("listed.example"), LISTED)
        until(lambda: self.lookupd.descriptors() < 32, "the connections' end")

    def test_connections_that_come_and_go(self):
        before = self.lookupd.descriptors()
        for _each in range(3000):
            with Client(self.socketmap) as client:
                client.send(b"17:postfix listed.e")
        until(lambda: self.lookupd.descriptors() <= before, "the connections' end")
        self.assertEqual(self.other.ask("listed.example"), LISTED)


if __name__ == "__main__":
    unittest.main()
