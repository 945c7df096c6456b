# SPDX-License-Identifier: MIT
"""systemd's side: sockets that it passes, readiness, the watchdog, restarts that lose nothing."""

import signal
import socket
import threading
import unittest

from live_lab import DEADLINE, LISTED, LiveTest, exim, until


class ActivationTest(LiveTest):
    """The test is the service manager: it holds the sockets."""

    def sockets(self):
        """(name, listening socket): one UNIX, one TCP."""
        unix = socket.socket(socket.AF_UNIX)
        unix.bind(str(self.readsocket))
        inet = socket.create_server(("127.0.0.1", 0), backlog=512)
        unix.listen(512)
        for each in (unix, inet):
            self.addCleanup(each.close)
        return [("readsocket", unix), ("socketmap", inet)], inet.getsockname()[1]

    def test_passed_sockets_are_told_apart_by_name(self):
        passed, port = self.sockets()
        lookupd = self.start(passed=passed).ready(2)
        self.assertEqual(self.client(port).ask("listed.example"), LISTED)
        self.assertEqual(exim(self.readsocket, "x.acme.example\n"), "level=encrypt\n")
        self.assertEqual(lookupd.stop(), 0)
        self.assertTrue(self.readsocket.exists())    # it is the manager's

    def test_a_passed_socket_of_another_name_is_refused(self):
        passed, _port = self.sockets()
        lookupd = self.start(passed=[("other", passed[0][1])])
        self.assertEqual(lookupd.process.wait(DEADLINE), 78)
        lookupd.wait_for_log("FileDescriptorName=")

    def test_a_passed_socket_that_does_not_listen_is_refused(self):
        pair = socket.socketpair()
        lookupd = self.start(passed=[("socketmap", pair[0])])
        self.assertEqual(lookupd.process.wait(DEADLINE), 74)
        for each in pair:
            each.close()

    def test_several_processes_share_passed_sockets(self):
        passed, port = self.sockets()
        both = [self.start(passed=passed).ready(2) for _each in range(2)]
        clients = [self.client(port) for _each in range(50)]
        for client in clients:
            self.assertEqual(client.ask("listed.example"), LISTED)
        both[0].stop(signal.SIGKILL)
        self.assertEqual(self.client(port).ask("listed.example"), LISTED)

    def loses_nothing(self, how):
        """A client asks on and on, coming back once as Postfix does, while the process is replaced ten times."""
        passed, port = self.sockets()
        done = threading.Event()
        faults = []
        counts = [0, 0]

        def ask(client):
            """The reply, and the connection to go on with; comes back where an old connection has ended."""
            try:
                reply = client.ask("listed.example") if client is not None else None
            except OSError:
                reply = None
            if reply is None:
                counts[1] += 1
                if client is not None:
                    client.close()
                client = self.client(port)
                reply = client.ask("listed.example")
            return reply, client

        def load():
            client = None
            while not done.is_set():
                try:
                    reply, client = ask(client)
                except OSError as error:
                    reply = repr(error)
                counts[0] += 1
                if reply != LISTED:
                    faults.append(reply)
                    client = None

        thread = threading.Thread(target=load)
        lookupd = self.start(passed=passed).ready(2)
        thread.start()
        for _each in range(10):
            seen = counts[0]
            until(lambda: counts[0] > seen + 50, "answers")    # pylint: disable=cell-var-from-loop
            lookupd.stop(how)
            lookupd = self.start(passed=passed)
        seen = counts[0]
        until(lambda: counts[0] > seen + 50, "answers")
        done.set()
        thread.join()
        return faults, counts

    def test_restarts_lose_no_query(self):
        faults, counts = self.loses_nothing(signal.SIGTERM)
        self.assertEqual(faults, [])
        self.assertGreaterEqual(counts[1], 5)

    def test_kills_lose_no_query(self):
        faults, counts = self.loses_nothing(signal.SIGKILL)
        self.assertEqual(faults, [])
        self.assertGreaterEqual(counts[1], 5)

    def notified(self, name, **variables):
        """A process that tells `name`, and the socket that hears it."""
        heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        heard.settimeout(DEADLINE)
        heard.bind(name.replace("@", "\0", 1))
        self.addCleanup(heard.close)
        lookupd = self.start("--socketmap", f"unix:{self.socketmap}", environment={"NOTIFY_SOCKET": name, **variables})
        return lookupd, heard

    def test_it_says_when_it_is_ready_and_when_it_stops(self):
        for name in (f"{self.directory}/notify", f"@{self.directory}/abstract"):
            lookupd, heard = self.notified(name)
            self.assertEqual(heard.recv(100), b"READY=1")
            self.assertEqual(self.client().ask("listed.example"), LISTED)
            lookupd.stop()
            self.assertEqual(heard.recv(100), b"STOPPING=1")

    def test_it_feeds_the_watchdog(self):
        _lookupd, heard = self.notified(f"{self.directory}/notify", WATCHDOG_USEC="200000")
        self.assertEqual(heard.recv(100), b"READY=1")
        for _each in range(3):
            self.assertEqual(heard.recv(100), b"WATCHDOG=1")


if __name__ == "__main__":
    unittest.main()
