# SPDX-License-Identifier: MIT
"""Snapshots that come, change, are bad or are not there."""

import os
import pathlib
import signal
import threading
import unittest

from live_lab import LISTED, LiveTest, exim, until, write_snapshot


class FollowingTest(LiveTest):
    """The file is the only thing that the answerer needs."""

    def becomes(self, client, expected, key="listed.example"):
        """Waits until the answer is the expected one."""
        until(lambda: client.ask(key) == expected, f"{expected!r} for {key}")

    def test_no_snapshot_is_no_policy_until_there_is_one(self):
        os.unlink(self.snapshot)
        lookupd = self.run_lookupd()
        client = self.client()
        self.assertEqual(client.ask("listed.example"), "NOTFOUND ")
        self.assertEqual(exim(self.readsocket, "listed.example\n"), "level=default\n")
        lookupd.wait_for_log("there is no snapshot yet")
        write_snapshot(self.snapshot)
        self.becomes(client, LISTED)
        self.assertEqual(sum("there is no snapshot" in line for line in lookupd.log), 1)

    def test_a_bad_snapshot_keeps_the_one_before_and_says_so_once(self):
        lookupd = self.run_lookupd()
        client = self.client()
        good = self.snapshot.read_bytes()
        for number, bad in enumerate((b"", b"x" * 1000, good[:-1], good.replace(b"snapshot 4", b"snapshot 9"))):
            fresh = self.directory / "fresh"
            fresh.write_bytes(bad)
            fresh.rename(self.snapshot)
            until(lambda: client.ask("listed.example") != LISTED
                  or sum("stays in use" in line for line in lookupd.log) > number, "the line in the log")
            self.assertEqual(client.ask("listed.example"), LISTED)
        os.unlink(self.snapshot)
        until(lambda: client.ask("listed.example") != LISTED
              or sum("stays in use" in line for line in lookupd.log) == 5, "the line in the log")
        write_snapshot(self.snapshot, "listed.example encrypt\n")
        self.becomes(client, "OK encrypt")
        self.assertEqual(sum("stays in use" in line for line in lookupd.log), 5)

    def test_a_snapshot_with_a_wrong_checksum_gives_way_to_the_one_before(self):
        lookupd = self.run_lookupd()
        client = self.client()
        self.assertEqual(client.ask("listed.example"), LISTED)
        write_snapshot(self.directory / "other", "".join(f"d{number}.example encrypt\n" for number in range(1000)))
        bad = bytearray((self.directory / "other").read_bytes())
        bad[-100] ^= 1
        (self.directory / "other").write_bytes(bad)
        (self.directory / "other").rename(self.snapshot)
        until(lambda: client.ask("none.example") == "NOTFOUND " and lookupd.has_logged("in use again"), "going back")
        self.assertEqual(client.ask("listed.example"), LISTED)

    def test_a_snapshot_that_is_cut_off_in_use_is_survived(self):
        entries = "".join(f"d{number}.example secure mx{number}.example\n" for number in range(20_000))
        write_snapshot(self.snapshot, entries)
        lookupd = self.run_lookupd()
        client = self.client()
        self.assertTrue(client.ask("d1.example").startswith("OK "))
        os.truncate(self.snapshot, 4096)
        lookupd.process.send_signal(signal.SIGHUP)
        lookupd.wait_for_log("it is the one that is answered from")
        for number in range(0, 20_000, 500):
            self.assertIn(client.ask(f"d{number}.example"),
                          ("NOTFOUND ", f"OK secure match=mx{number}.example servername=hostname"))
        lookupd.wait_for_log("cannot be read")
        write_snapshot(self.snapshot)
        self.becomes(client, LISTED)

    def test_two_hundred_snapshots_under_load_without_a_wrong_answer(self):
        lookupd = self.run_lookupd()
        names = [f"mx{number}.example" for number in range(200)]
        right = {LISTED} | {f"OK secure match={name} servername=hostname" for name in names}
        done = threading.Event()
        wrong = []
        asked = [0] * 4

        def load(number):
            with_keys = self.client()
            while not done.is_set():
                reply = with_keys.ask("listed.example")
                asked[number] += 1
                if reply not in right:
                    wrong.append(reply)

        threads = [threading.Thread(target=load, args=(number,)) for number in range(len(asked))]
        for thread in threads:
            thread.start()
        client = self.client()
        for name in names:
            write_snapshot(self.snapshot, f"listed.example secure {name}\n")
        self.becomes(client, f"OK secure match={names[-1]} servername=hostname")
        done.set()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertGreater(min(asked), 200)
        maps = pathlib.Path(f"/proc/{lookupd.process.pid}/maps").read_text(encoding="ascii")
        self.assertLessEqual(maps.count("/snapshot"), 2)

    def test_an_entry_that_runs_out_is_not_found(self):
        write_snapshot(self.snapshot, "until 1700000000\nold.example encrypt\nuntil 4102444800\nnew.example encrypt\n")
        self.run_lookupd()
        client = self.client()
        self.assertEqual(client.ask("old.example"), "NOTFOUND ")
        self.assertEqual(client.ask("new.example"), "OK encrypt")


if __name__ == "__main__":
    unittest.main()
