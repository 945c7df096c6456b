# SPDX-License-Identifier: MIT
"""Domains that nobody knows yet, and a daemon that answers, late, never, or is not there."""

import os
import threading
import time
import unittest

from live_lab import LISTED, SAMPLE, LiveTest, exim, netstring, until, write_snapshot

FAR = 4102444800


class ResolvingTest(LiveTest):
    """The test is the daemon."""

    def publish(self, key):
        """What the daemon does where there is a policy."""
        write_snapshot(self.snapshot, SAMPLE + f"{key} encrypt\n")
        return f"done {key}\n"

    def test_without_a_daemon_the_answer_comes_at_once(self):
        self.run_lookupd("--wait", "60s")
        client = self.client()
        for number in range(2000):
            self.assertEqual(client.ask(f"d{number}.example"), "NOTFOUND ")
        self.assertEqual(exim(self.readsocket, "new.example\n"), "level=default\n")

    def test_what_is_found_out_is_answered(self):
        resolver = self.resolver(self.publish)
        self.run_lookupd("--wait", "60s")
        client = self.client()
        self.assertEqual(client.ask("new.example"), "OK encrypt")
        self.assertEqual(client.ask("new.example"), "OK encrypt")
        self.assertEqual(exim(self.readsocket, "get newer.example\n"), "level=encrypt\n")
        self.assertEqual(client.ask("[Relay.example.]:25"), "OK encrypt")
        self.assertEqual(resolver.asked, ["new.example", "newer.example", "[relay.example]:25"])

    def test_the_daemon_says_how_long_to_wait(self):
        resolver = self.resolver(lambda key: "wait 50\n" if key == "short.example" else None)
        self.run_lookupd()
        client = self.client()
        began = time.monotonic()
        self.assertEqual(client.ask("short.example"), "NOTFOUND ")
        self.assertLess(time.monotonic() - began, 2.9, "waits as if nothing had been said")
        self.assertEqual(client.ask("other.example"), "NOTFOUND ")
        self.assertEqual(resolver.asked, ["short.example", "other.example"])

    def test_what_has_no_policy_is_not_asked_for_again(self):
        resolver = self.resolver(lambda key: f"done {key} none-until {FAR}\n" if key == "a.example" else f"done {key}\n")
        self.run_lookupd("--wait", "60s")
        client = self.client()
        for _each in range(5):
            self.assertEqual(client.ask("a.example"), "NOTFOUND ")
            self.assertEqual(client.ask("b.example"), "NOTFOUND ")
            self.assertEqual(exim(self.readsocket, "a.example\n"), "level=default\n")
        self.assertEqual(resolver.asked, ["a.example", "b.example"])

    def test_what_had_no_policy_is_asked_for_again_once_that_is_over(self):
        resolver = self.resolver(lambda key: f"done {key} none-until {int(time.time()) - 1}\n")
        self.run_lookupd("--wait", "60s")
        client = self.client()
        for _each in range(3):
            self.assertEqual(client.ask("a.example"), "NOTFOUND ")
        self.assertEqual(resolver.asked, ["a.example"] * 3)

    def test_parents_junk_and_known_keys_are_never_asked_for(self):
        resolver = self.resolver(lambda key: None)
        self.run_lookupd("--wait", "60s")
        client = self.client()
        for key in (".new.example", ".example", "example", "[192.0.2.1]", "a b.example", "none.example"):
            self.assertEqual(client.ask(key), "NOTFOUND ")
        self.assertEqual(client.ask("listed.example"), LISTED)
        self.assertEqual(resolver.asked, [])

    def test_one_question_whoever_waits_and_nobody_else_does(self):
        go = threading.Event()

        def answer(key):
            go.wait(30)
            return self.publish(key)

        resolver = self.resolver(answer)
        self.run_lookupd("--wait", "60s")
        waiting = [self.client() for _each in range(50)]
        for client in waiting:
            client.send(netstring("postfix new.example") + netstring("postfix listed.example"))
        until(lambda: resolver.asked, "the question")
        quick = self.client()
        for _each in range(1000):
            self.assertEqual(quick.ask("listed.example"), LISTED)
        go.set()
        for client in waiting:
            self.assertEqual(client.reply(), "OK encrypt")
            self.assertEqual(client.reply(), LISTED)    # and in the order of the requests
        self.assertEqual(resolver.asked, ["new.example"])

    def test_a_daemon_that_never_answers_costs_the_wait_and_no_more(self):
        resolver = self.resolver(lambda key: None)
        lookupd = self.run_lookupd("--wait", "300ms")
        client = self.client()
        before = time.monotonic()
        self.assertEqual(client.ask("new.example"), "NOTFOUND ")
        self.assertGreaterEqual(time.monotonic() - before, 0.29)
        for _each in range(200):    # the resolution goes on; nobody waits for it any more
            self.assertEqual(client.ask("new.example"), "NOTFOUND ")
        self.assertEqual(resolver.asked, ["new.example"])
        resolver.say(self.publish("new.example"))
        until(lambda: client.ask("new.example") == "OK encrypt", "the late result")
        self.assertIsNone(lookupd.process.poll())

    def test_a_daemon_that_dies_lets_everybody_go_and_one_that_comes_back_is_found(self):
        resolver = self.resolver(lambda key: None)
        self.run_lookupd("--wait", "60s")
        waiting = [self.client() for _each in range(5)]
        for client in waiting:
            client.send(netstring("postfix new.example"))
        until(lambda: resolver.asked, "the question")
        resolver.close()
        for client in waiting:
            self.assertEqual(client.reply(), "NOTFOUND ")
        again = self.resolver(self.publish)
        until(lambda: waiting[0].ask("new.example") == "OK encrypt", "the daemon that came back")
        self.assertEqual(again.asked, ["new.example"])

    def test_a_daemon_that_talks_nonsense_is_harmless(self):
        self.resolver(lambda key: "nonsense\n\ndone\ndone x none-until soon\ndone other.example\n\0\n" + f"done {key}\n")
        self.run_lookupd("--wait", "60s")
        client = self.client()
        self.assertEqual(client.ask("new.example"), "NOTFOUND ")
        self.assertEqual(client.ask("listed.example"), LISTED)

    def test_a_daemon_that_ends_no_line_is_dropped(self):
        self.resolver(lambda key: "x" * 5000)
        self.run_lookupd("--wait", "60s")
        self.assertEqual(self.client().ask("new.example"), "NOTFOUND ")

    def test_a_client_that_leaves_while_it_waits(self):
        resolver = self.resolver(lambda key: None)
        lookupd = self.run_lookupd("--wait", "60s")
        before = lookupd.descriptors()
        for number in range(20):
            client = self.client()
            client.send(netstring(f"postfix d{number}.example"))
            until(lambda: len(resolver.asked) > number, "the question")    # pylint: disable=cell-var-from-loop
            client.close()
        until(lambda: lookupd.descriptors() <= before + 1, "the connections' end")
        resolver.say("".join(f"done d{number}.example\n" for number in range(20)))
        self.assertEqual(self.client().ask("listed.example"), LISTED)

    def test_the_end_does_not_wait_for_the_daemon(self):
        resolver = self.resolver(lambda key: None)
        lookupd = self.run_lookupd("--wait", "60s")
        client = self.client()
        client.send(netstring("postfix new.example") + netstring("postfix listed.example"))
        until(lambda: resolver.asked, "the question")
        self.assertEqual(lookupd.stop(), 0)
        self.assertEqual([client.reply(), client.reply(), client.reply()], ["NOTFOUND ", LISTED, None])

    def test_strangers_names_leave_memory_as_it_was(self):
        self.resolver(lambda key: f"done {key} none-until {FAR}\n")
        lookupd = self.run_lookupd("--wait", "60s")
        client = self.client()

        def strangers(first, count):
            for start in range(first, first + count, 500):
                client.send(b"".join(netstring(f"postfix d{number}.example") for number in range(start, start + 500)))
                for _each in range(500):
                    self.assertEqual(client.reply(), "NOTFOUND ")

        strangers(0, 2000)
        before = lookupd.memory()
        strangers(2000, int(os.environ.get("TLSPACT_STRANGERS", "20000")))    # ten million take a while
        if lookupd.is_sanitized():
            return
        after = lookupd.memory()
        self.assertLess(after - before, 2 << 20)
        self.assertLess(after, 16 << 20)


if __name__ == "__main__":
    unittest.main()
