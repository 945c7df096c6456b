# SPDX-License-Identifier: MIT
"""What goes over the wire, on UNIX sockets and TCP, and the process around it."""

import contextlib
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import unittest

from live_lab import DEADLINE, LISTED, LOOKUPD, Client, LiveTest, exim, netstring, until

REPORT = ("OK secure match=mx.sts.example servername=hostname policy_type=sts policy_domain=sts.example "
          "mx_host_pattern=mx.sts.example { policy_string = version: STSv1 } { policy_string = mode: enforce }")


class ProtocolTest(LiveTest):
    """One process for each test."""

    def test_postfix_over_a_unix_socket(self):
        self.run_lookupd()
        client = self.client()
        self.assertEqual(client.ask("listed.example"), LISTED)
        self.assertEqual(client.ask("LISTED.Example."), LISTED)
        self.assertEqual(client.ask(".acme.example"), "OK encrypt")
        self.assertEqual(client.ask("[relay.acme.example]:587"), "OK encrypt")
        for key in ("none.example", "x.acme.example", ".com", "com", "[192.0.2.1]:25", "", "a b", "\u00fc.example"):
            self.assertEqual(client.ask(key), "NOTFOUND ", key)

    def test_the_names_of_postfix_tlspol_and_of_postfix_mta_sts_resolver(self):
        self.run_lookupd()
        client = self.client()
        self.assertEqual(client.ask("sts.example", "QUERY"), "OK secure match=mx.sts.example servername=hostname")
        for name in ("postfix", "QUERYwithTLSRPT", "default", "tlspol"):
            self.assertEqual(client.ask("sts.example", name), REPORT)

    def test_postfix_and_exim_over_tcp(self):
        lookupd = self.start("--socketmap", "inet:127.0.0.1:0", "--readsocket", f"unix:{self.readsocket}").ready(2)
        self.assertEqual(self.client(lookupd.port()).ask("listed.example"), LISTED)
        exim_side = self.start("--readsocket", "inet:127.0.0.1:0").ready()
        self.assertEqual(exim(exim_side.port(), "get x.acme.example\n"), "level=encrypt\n")

    def test_exim_over_a_unix_socket(self):
        self.run_lookupd()
        for line, reply in (("get listed.example\n", "level=secure mxre=^(?:mx1\\.listed\\.example)$\n"),
                            ("X.Acme.Example\n", "level=encrypt\n"), ("acme.example\n", "level=default\n"),
                            ("get none.example\r\n", "level=default\n"), ("none.example", "level=default\n"),
                            ("\n", "level=default\n"), ("get \n", "level=default\n"), ("\xff\n", "level=default\n")):
            self.assertEqual(exim(self.readsocket, line), reply, line)

    def test_requests_come_in_any_pieces(self):
        self.run_lookupd()
        client = self.client()
        wire = netstring("postfix listed.example") + netstring("postfix none.example")
        client.send(wire * 500)
        for _each in range(500):
            self.assertEqual(client.reply(), LISTED)
            self.assertEqual(client.reply(), "NOTFOUND ")
        for cut in range(len(wire)):
            client.send(wire[:cut])
            client.send(wire[cut:])
            self.assertEqual(client.reply(), LISTED)
            self.assertEqual(client.reply(), "NOTFOUND ")
        for each in wire:
            client.send(bytes([each]))
        self.assertEqual([client.reply(), client.reply()], [LISTED, "NOTFOUND "])

    def test_what_came_while_it_slept_is_all_read(self):
        """The last bytes and the end in one event; as much as is read at once; more."""
        on_unix, on_tcp = self.run_lookupd(), self.start("--socketmap", "inet:127.0.0.1:0").ready()
        requests = netstring("postfix listed.example") * 2000
        for lookupd, address in ((on_unix, self.socketmap), (on_tcp, on_tcp.port())):
            for was_served in (False, True):
                for size in (0, 20, 40, 16384, 16385, 32768):
                    with self.subTest(address=str(address), was_served=was_served, size=size):
                        self.assert_answered_to_the_end(lookupd, address, requests[:size], was_served)

    def assert_answered_to_the_end(self, lookupd, address, raw, was_served):
        """No time limit of an idle connection has to run out."""
        with contextlib.ExitStack() as stack:
            client = stack.enter_context(Client(address)) if was_served else None
            if was_served:
                self.assertEqual(client.ask("listed.example"), LISTED)
            lookupd.process.send_signal(signal.SIGSTOP)
            stack.callback(lookupd.process.send_signal, signal.SIGCONT)
            client = client or stack.enter_context(Client(address))
            client.send(raw)
            client.socket.shutdown(socket.SHUT_WR)
            lookupd.process.send_signal(signal.SIGCONT)
            client.socket.settimeout(8)    # less than it waits for the rest of a request
            for _each in range(raw.count(b",")):
                self.assertEqual(client.reply(), LISTED)
            self.assertIsNone(client.reply())

    def test_malformed_requests(self):
        self.run_lookupd()
        client = self.client()
        client.send(netstring("nospace"))
        self.assertTrue(client.reply().startswith("PERM "))
        self.assertEqual(client.ask("listed.example"), LISTED)
        for raw in (b"01:a,", b"hello\n", b"3:abcd", b"GET / HTTP/1.0\r\n\r\n", b":,", b"-1:,"):
            client = self.client()
            client.send(netstring("postfix listed.example") + raw)
            self.assertEqual(client.reply(), LISTED)
            self.assertTrue(client.reply().startswith("PERM "), raw)
            self.assertIsNone(client.reply())

    def test_a_request_that_is_too_long_ends_the_connection(self):
        self.run_lookupd()
        longest = self.client()
        longest.send(netstring("postfix ".ljust(10_000, "a")))
        self.assertEqual(longest.reply(), "NOTFOUND ")
        for raw in (b"10001:", b"99999999999999999999"):
            client = self.client()
            client.send(raw)
            self.assertIsNone(client.reply())
        self.assertEqual(exim(self.readsocket, "a" * 10_001 + "\n"), "")
        self.assertEqual(longest.ask("listed.example"), LISTED)

    def test_the_sockets_are_everybodys_and_go_with_the_process(self):
        lookupd = self.run_lookupd()
        for path in (self.socketmap, self.readsocket):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o666)
        self.assertEqual(lookupd.stop(), 0)
        self.assertFalse(self.socketmap.exists() or self.readsocket.exists())

    def test_a_dead_socket_is_replaced_and_a_live_one_is_not(self):
        first = self.run_lookupd()
        second = self.start("--socketmap", f"unix:{self.socketmap}")
        self.assertEqual(second.process.wait(DEADLINE), 74)
        second.wait_for_log("another process listens there")
        first.stop(signal.SIGKILL)
        self.assertTrue(self.socketmap.exists())
        self.run_lookupd()
        self.assertEqual(self.client().ask("listed.example"), LISTED)

    def test_the_end_answers_what_has_come(self):
        lookupd = self.run_lookupd()
        clients = [self.client() for _each in range(20)]
        for client in clients:
            self.assertEqual(client.ask("listed.example"), LISTED)
        for client in clients:
            client.send(netstring("postfix listed.example") * 50)
        self.assertEqual(lookupd.stop(), 0)
        for client in clients:
            for _each in range(50):
                self.assertEqual(client.reply(), LISTED)
            self.assertIsNone(client.reply())

    def test_the_command_line(self):
        def run(*words):
            return subprocess.run([LOOKUPD, *words], capture_output=True, text=True, timeout=DEADLINE, check=False)
        self.assertIn("--socketmap ADDRESS", run("--help").stdout)
        self.assertRegex(run("--version").stdout, r"^tlspact-lookupd \d+\.\d+\.\d+\n$")
        for words in (["--bogus"], ["--wait", "soon"], ["--socketmap", "tcp:1"], ["--socketmap", "", "--readsocket", ""]):
            done = run(*words)
            self.assertEqual(done.returncode, 64, words)
            self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_lines_for_the_journal_carry_their_level(self):
        lookupd = self.start("--socketmap", f"unix:{self.socketmap}", environment={"JOURNAL_STREAM": "1:2"}).ready()
        self.assertTrue(all(re.match(r"<[3-6]>[a-z/]", line) for line in lookupd.log), lookupd.log)

    def test_it_links_nothing_that_it_does_not_need(self):
        linked = subprocess.run(["ldd", LOOKUPD], capture_output=True, text=True, check=True).stdout
        for library in ("Poco", "unbound", "ssl", "crypto", "sqlite", "boost", "lmdb", "cdb", "idn", "psl"):
            self.assertNotIn("lib" + library, linked)
        self.assertLess(pathlib.Path(LOOKUPD).stat().st_size, 64 << 20)

    def test_several_processes_share_an_address(self):
        first = self.start("--socketmap", "inet:127.0.0.1:0").ready()
        second = self.start("--socketmap", f"inet:127.0.0.1:{first.port()}").ready()
        for _each in range(20):
            self.assertEqual(self.client(first.port()).ask("listed.example"), LISTED)
        first.stop()
        until(lambda: self.answers(second.port()), "the other one answering")

    def answers(self, port):
        """Whether a lookup succeeds."""
        try:
            return self.client(port).ask("listed.example") == LISTED
        except OSError:
            return False


if __name__ == "__main__":
    unittest.main()
