# SPDX-License-Identifier: MIT
"""tlspactd as a process: what it installs and when, its control socket, its pages, its alerts, and how it ends."""

import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from machine import Machine, TLSPACT  # noqa: E402

TLSPACTD = os.environ.get("TLSPACTD", str(pathlib.Path(TLSPACT).with_name("tlspactd")))
AGREEMENT = '[[agreement]]\npartner = "P"\ndomains = ["{}"]\nlevel = "encrypt"\n'
DEADLINE = 60


def until(condition, why, deadline=DEADLINE):
    """Looks again and again; AssertionError if it does not come true."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        found = condition()
        if found: return found
        time.sleep(0.02)
    raise AssertionError(f"not within {deadline} s: {why() if callable(why) else why}")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Webhook:
    """Takes events; `down` answers 503."""

    def __init__(self):
        self.events, self.down, self.requests = [], False, 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests += 1
                if not outer.down: outer.events.append(json.loads(body))
                self.send_response(503 if outer.down else 204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class ServiceTest(unittest.TestCase):
    def setUp(self):
        self.machine = self.enterContext(Machine())
        self.run_dir = self.machine.path("/run/tlspact")
        self.port = free_port()
        self.configure()
        self.notify_path = str(self.machine.path("/notify"))
        self.notify = self.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        self.notify.bind(self.notify_path)
        self.notify.settimeout(DEADLINE)
        self.process = None
        self.addCleanup(self.stop)

    def configure(self, extra=""):
        self.machine.configure(extra=f'\n[http]\nlisten = "127.0.0.1:{self.port}"\n{extra}')

    def start(self):
        self.log = open(self.machine.path("/tlspactd.log"), "a+", encoding="utf-8")
        self.addCleanup(self.log.close)
        self.process = subprocess.Popen([TLSPACTD, "--config", self.machine.config], stderr=self.log,
                                        env=dict(os.environ, NOTIFY_SOCKET=self.notify_path))
        word = b"STOPPING=1"    # of the one before
        while word == b"STOPPING=1":
            word = self.notify.recv(4096)
        self.assertIn(b"READY=1", word, "the first word")

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(DEADLINE)

    def said(self):
        return pathlib.Path(self.log.name).read_text(encoding="utf-8")

    def get(self, path, host=None, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        connection.request(method, path, headers={"Host": host} if host else {})
        answer = connection.getresponse()
        got = answer.status, answer.read().decode(), answer.headers
        connection.close()
        return got

    def status(self):
        return json.loads(self.get("/api/status")[1])

    def has_run(self, times=1):
        until(lambda: self.status()["runs"] >= times, self.said)

    def installed(self, domain):
        try:
            return domain in self.machine.lines()
        except FileNotFoundError:
            return False

    def test_it_installs_and_follows_what_changes(self):
        self.start()
        until(lambda: self.installed("acme.example"), self.said)
        self.has_run()
        (self.machine.agreements / "new.toml").write_text(AGREEMENT.format("new.example"))
        until(lambda: self.installed("new.example"), self.said)
        (self.machine.agreements / "new.toml").unlink()
        until(lambda: not self.installed("new.example"), self.said)

    def test_a_bad_configuration_keeps_the_running_one_and_is_an_alert(self):
        self.start()
        self.has_run()
        good = self.machine.config.read_text()
        self.machine.config.write_text(good + "\n[nonsense]\n")
        self.process.send_signal(signal.SIGHUP)
        until(lambda: "the configuration that was read before stays" in self.said(), self.said)
        until(lambda: self.status()["alerts"], self.said)
        said = self.machine.run("status")
        self.assertEqual((said.returncode, "nonsense" in said.stdout), (1, True), said.stdout + said.stderr)
        self.assertIsNone(self.process.poll())
        runs = self.status()["runs"]
        self.machine.config.write_text(good)
        self.process.send_signal(signal.SIGHUP)
        until(lambda: self.status()["runs"] > runs, self.said)

    def only_missed(self):
        """Alerts stand, and the last run noticed none of them."""
        alerts = self.status()["alerts"]
        return alerts and all("missed" in each for each in alerts)

    def answers(self):
        try:
            return self.get("/healthz")[0] == 200
        except ConnectionRefusedError:
            return False

    def refused(self, text):
        """What it says to a configuration that it does not take."""
        before = len(self.said())
        self.machine.config.write_text(text)
        until(lambda: "the configuration that was read before stays" in self.said()[before:], self.said)
        return self.said()[before:]

    def test_an_emptied_or_moved_configuration_is_refused(self):
        self.start()
        self.has_run()
        good = self.machine.config.read_text()
        self.assertIn("has gone, or is empty", self.refused(""))
        self.assertIn("state_dir", self.refused(good.replace("/var/lib/tlspact", "/var/lib/other")))
        self.machine.config.write_text(good)
        until(self.only_missed, self.said)
        self.assertTrue(self.installed("acme.example"))

    def test_commands_go_by_the_configuration_that_runs(self):
        """Not by a file that it refused: that would forget every list, or fill another store."""
        self.start()
        self.has_run()
        good = self.machine.config.read_text()
        self.refused("")
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(DEADLINE)
            client.connect(str(self.run_dir / "control"))
            client.sendall(b'{"words":["refresh"],"json":false}\n')
            self.assertEqual(json.loads(client.makefile().readline())["exit_code"], 0)
        self.assertEqual([each["name"] for each in self.status()["lists"]], ["community"])
        self.refused(good.replace("/var/lib/tlspact", "/var/lib/other"))
        self.assertEqual(self.machine.run("forget", "acme.example").returncode, 1)    # nothing is known
        self.assertFalse(self.machine.path("/var/lib/other").exists())

    def test_a_service_that_does_not_answer_does_not_hold_up_a_run_by_hand(self):
        self.start()
        self.has_run()
        self.process.send_signal(signal.SIGSTOP)    # first: in a run it would hold a lock of the store
        (self.machine.agreements / "new.toml").write_text(AGREEMENT.format("new.example"))
        try:
            said = self.machine.run("generate")
            self.assertEqual((said.returncode, "it does not answer" in said.stderr), (0, True), said.stderr)
            self.assertEqual(self.machine.run("status").returncode, 75)
        finally:
            self.process.send_signal(signal.SIGCONT)

    def test_what_changed_is_named_once(self):
        self.start()
        self.has_run()
        (self.machine.agreements / "new.toml").write_text(AGREEMENT.format("new.example"))
        until(lambda: self.installed("new.example"), self.said)
        until(lambda: self.status()["runs"] > 1, self.said)
        self.assertEqual(self.said().count("agreements.d/new.toml has changed"), 1, self.said())
        self.assertEqual(self.said().count("the configuration is read anew"), 1, self.said())

    def test_an_address_that_is_taken_keeps_nothing_from_running(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken, free = other.getsockname()[1], self.port
            self.port = taken
            self.configure()
            self.start()
            until(lambda: self.installed("acme.example"), self.said)
            said = self.machine.run("status")
            self.assertEqual(said.returncode, 1)
            self.assertIn("cannot be listened on", said.stdout)
        (self.machine.agreements / "new.toml").write_text(AGREEMENT.format("new.example"))
        until(lambda: self.installed("new.example"), self.said)
        self.assertEqual(self.get("/healthz")[0], 200)
        until(self.only_missed, self.said)
        self.assertEqual(self.machine.run("status").returncode, 0, "what is mended is not wrong any more")
        self.port = free
        self.configure()
        until(self.answers, self.said)    # at the new address

    def test_a_rollback_beside_it_is_shown_and_released_at_once(self):
        self.start()
        self.has_run()
        entries = self.status()["entries"]["all"]
        (self.machine.agreements / "new.toml").write_text(AGREEMENT.format("new.example"))
        until(lambda: self.installed("new.example"), self.said)
        until(lambda: self.status()["entries"]["all"] == entries + 1, self.said)
        self.assertEqual(self.machine.run("rollback").returncode, 0)
        until(lambda: self.status().get("held_at") == 1, self.said)
        until(lambda: self.status()["entries"]["all"] == entries, self.said)
        self.assertFalse(self.installed("new.example"))
        self.assertIn("held at generation 1", self.machine.run("status").stdout)
        self.assertIn("tlspact_maps_held 1\n", self.get("/metrics")[1])
        self.assertIn("is not in force", self.get("/explain?domain=new.example")[1])
        said = self.machine.run("rollback", "--release").stdout
        self.assertIn("tlspactd installs what is decided now", said)
        until(lambda: self.installed("new.example"), self.said)
        until(lambda: "held_at" not in self.status(), self.said)
        until(lambda: self.machine.run("status").returncode == 0, self.said)

    def test_a_snapshot_that_is_cut_off_or_removed_is_made_anew(self):
        self.start()
        self.has_run()
        snapshot = self.machine.path("/var/lib/tlspact/snapshot")
        whole = snapshot.stat().st_size

        def is_settled():
            return snapshot.stat().st_size == whole and time.time() - snapshot.stat().st_mtime > 2

        until(is_settled, "what its publication set off is over")
        os.truncate(snapshot, 100)
        until(lambda: snapshot.exists() and is_settled(), self.said)
        snapshot.unlink()
        until(lambda: snapshot.exists() and snapshot.stat().st_size == whole, self.said)
        self.assertEqual(self.said().count("is put right now"), 2, self.said())
        with snapshot.open("r+b") as file:    # of the same size
            file.seek(snapshot.read_bytes().index(b"acme.example"))
            file.write(b"acmx")
        until(lambda: self.said().count("is put right now") == 3, self.said)
        until(lambda: b"acmx" not in snapshot.read_bytes(), self.said)

    def test_a_map_that_is_removed_or_written_into_is_made_anew(self):
        self.start()
        self.has_run()
        whole = self.machine.map.read_bytes()
        self.wait_for_the_end_of_an_installation()
        self.machine.map.unlink()
        until(lambda: self.machine.map.exists() and self.machine.map.read_bytes() == whole, self.said)
        self.wait_for_the_end_of_an_installation()
        with self.machine.map.open("r+b") as file:
            file.write(b"noise")
        until(lambda: self.machine.map.read_bytes() == whole, self.said)

    def wait_for_the_end_of_an_installation(self):
        """What it set off, too: what changes a map meanwhile is taken for the service itself, until the next run."""
        until(lambda: time.time() - self.machine.map.stat().st_mtime > 2, "what its installation set off is over")

    def test_agreements_that_are_swapped_by_name_are_followed(self):
        self.start()
        self.has_run()
        agreements = self.machine.agreements
        other = agreements.with_name("other.d")
        shutil.copytree(agreements, other)
        (other / "new.toml").write_text(AGREEMENT.format("new.example"))
        agreements.rename(agreements.with_name("old.d"))
        other.rename(agreements)
        until(lambda: self.installed("new.example"), self.said)
        (agreements / "newer.toml").write_text(AGREEMENT.format("newer.example"))
        until(lambda: self.installed("newer.example"), self.said)

    def test_a_damaged_store_that_a_command_meets_is_told(self):
        self.start()
        self.has_run()
        until(lambda: self.get("/api/status")[1], self.said)
        store = self.machine.path("/var/lib/tlspact/tlspact.db")
        for beside in ("-wal", "-shm"):
            pathlib.Path(f"{store}{beside}").unlink(missing_ok=True)
        store.write_bytes(b"noise" * 1000)
        said = self.machine.run("refresh")
        self.assertIn("the store was damaged", said.stderr)
        until(lambda: "the store was damaged" in self.said(), self.said)
        until(lambda: any("damaged" in each["text"] for each in self.status()["alerts"]), self.said)

    def test_a_way_of_alerting_that_is_added_is_told_of_what_stands(self):
        (self.machine.agreements / "bad.toml").write_text("nonsense = 1\n")
        self.start()
        until(lambda: self.status()["alerts"], self.said)
        with Webhook() as hook:
            self.configure(f'\n[alert]\nwebhook = "{hook.url}"\n')
            until(lambda: hook.events, self.said)
            self.assertEqual((hook.events[0]["event"], "bad.toml" in json.dumps(hook.events[0])), ("began", True))

    def test_sigterm_ends_it_and_the_maps_stay(self):
        self.start()
        until(lambda: self.installed("acme.example"), self.said)
        self.process.terminate()
        self.assertEqual(self.process.wait(DEADLINE), 0)
        self.assertTrue(self.installed("acme.example"))
        self.assertFalse((self.run_dir / "control").exists())

    def test_killed_it_starts_again(self):
        self.start()
        self.has_run()
        self.process.kill()
        self.process.wait()
        self.start()
        self.has_run()

    def test_a_second_one_is_refused(self):
        self.start()
        second = subprocess.run([TLSPACTD, "--config", self.machine.config], capture_output=True, text=True,
                                check=False, timeout=DEADLINE)
        self.assertEqual(second.returncode, 75, second.stderr)
        self.assertIn("another tlspactd is at work", second.stderr)

    def test_what_keeps_it_from_starting(self):
        for text, code, words in (("[nonsense]\n", 78, "nonsense"), ('[http]\nlisten = "1.2.3.4"\n', 78, "listen")):
            self.machine.config.write_text(text)
            said = subprocess.run([TLSPACTD, "--config", self.machine.config], capture_output=True, text=True,
                                  check=False, timeout=DEADLINE)
            self.assertEqual((said.returncode, words in said.stderr), (code, True), said.stderr)

    def test_the_command_line_talks_to_it(self):
        without = self.machine.run("status")
        self.assertIn("no service is running", without.stdout)
        self.start()
        self.has_run()
        said = self.machine.run("status")
        self.assertEqual(said.returncode, 0, said.stdout + said.stderr)
        self.assertRegex(said.stdout, r"running since .*\n(.|\n)*entries in force")
        self.assertTrue(json.loads(self.machine.run("--json", "status").stdout)["running"])
        self.assertEqual(self.machine.run("accept", "nobody").returncode, 66)
        runs = self.status()["runs"]
        refreshed = self.machine.run("refresh")
        self.assertEqual(refreshed.returncode, 0, refreshed.stderr)
        until(lambda: self.status()["runs"] > runs, self.said)

    def test_junk_on_the_control_socket(self):
        self.start()
        for junk in (b"\n", b"{}\n", b"[]\n", b'{"words":[],"json":true}\n', b'{"words":[1],"json":true}\n',
                     b"\xff\xfe\n", b"x" * 100_000, b'{"words":["generate"],"json":false}\n'):
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(DEADLINE)
                client.connect(str(self.run_dir / "control"))
                try:
                    client.sendall(junk)
                    answer = client.recv(65536)
                except (BrokenPipeError, ConnectionResetError):
                    answer = b""
                self.assertTrue(answer == b"" or b"does not do that" in answer, answer)
        self.assertIn("running since", self.machine.run("status").stdout)

    def test_pages(self):
        self.start()
        self.has_run()
        status, body, headers = self.get("/")
        self.assertEqual(status, 200)
        self.assertIn("Next-hops by level and source", body)
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertNotIn("<script", body)
        self.assertEqual(self.get("/style.css")[2]["Content-Type"], "text/css; charset=utf-8")
        status, body, _ = self.get("/metrics")
        self.assertRegex(body, r'(?m)^tlspact_entries\{source="agreement"\} [1-9]')
        self.assertRegex(body, r"(?m)^tlspact_runs_total [1-9]")
        names = [line.split()[2] for line in body.splitlines() if line.startswith("# TYPE")]
        self.assertEqual(len(names), len(set(names)), "each name once")
        self.assertEqual(self.get("/healthz")[:2], (200, "ok\n"))
        self.assertEqual(self.get("/elsewhere")[0], 404)
        self.assertEqual(self.get("/", method="POST")[0], 405)
        self.assertEqual(self.get("/", method="HEAD")[:2], (200, ""))

    def test_what_is_monitored_is_measured(self):
        """Prometheus' rules and Grafana's panels ask for metrics that are there, and for each that matters."""
        self.start()
        self.has_run()
        body = self.get("/metrics")[1]
        there = {line.split()[2] for line in body.splitlines() if line.startswith("# TYPE")}
        folder = pathlib.Path(__file__).resolve().parents[2] / "monitoring"
        dashboard = json.loads((folder / "grafana.json").read_text())
        asked = "\n".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
        asked += (folder / "prometheus-rules.yml").read_text()
        names = set(re.findall(r"\btlspact_[a-z_]+", asked))
        self.assertGreater(len(names), 10)
        self.assertEqual(names - there, set())

    def test_names_of_strangers_are_not_answered(self):
        self.configure('hosts = ["tls.acme.example"]\n')
        self.start()
        for host, code in (("evil.example", 421), ("", 421), ("localhost", 200), ("LOCALHOST:80", 200),
                           ("127.0.0.1:8461", 200), ("[::1]:8461", 200), ("tls.acme.example", 200),
                           ("tls.acme.example.evil.example", 421)):
            with self.subTest(host):
                self.assertEqual(self.get("/api/status", host=host or None)[0] if host else 421, code)

    def test_clients_that_drip_do_not_keep_it_for_themselves(self):
        self.start()
        self.has_run()
        over = threading.Event()

        def drip():
            with socket.create_connection(("127.0.0.1", self.port)) as client:
                try:
                    while not over.wait(1):
                        client.sendall(b"G")
                except OSError:
                    pass    # it was ended

        dripping = [threading.Thread(target=drip) for _ in range(6)]
        for each in dripping: each.start()
        try:
            until(lambda: self.get("/healthz")[0] == 200, self.said)
        finally:
            over.set()
            for each in dripping: each.join()

    def test_two_host_headers_are_refused(self):
        self.start()
        with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
            self.assertIn(b" 400 ", client.recv(4096))

    def test_an_alert_on_a_webhook_that_is_down_is_not_lost(self):
        with Webhook() as hook:
            hook.down = True
            (self.machine.agreements / "bad.toml").write_text("nonsense = 1\n")
            self.configure(f'\n[alert]\nwebhook = "{hook.url}"\n')
            self.start()
            until(lambda: hook.requests > 0, self.said)
            self.process.kill()
            self.process.wait()
            hook.down = False
            self.make_due()
            self.start()
            until(lambda: hook.events, self.said)
            self.assertEqual(hook.events[0]["event"], "began")
            self.assertIn("bad.toml", hook.events[0]["subject"] + hook.events[0]["text"])
            self.has_run()
            self.assertEqual(len([each for each in hook.events if each["event"] == "began"]), 1, hook.events)
            self.assertEqual(self.machine.run("status").returncode, 1)

    def make_due(self):
        import sqlite3
        with sqlite3.connect(self.machine.path("/var/lib/tlspact/tlspact.db")) as database:
            database.execute("UPDATE alert_delivery SET due = 0")

    def test_a_command_is_told(self):
        told = self.machine.path("/told")
        program = self.machine.path("/page")
        program.write_text(f"#!/bin/sh\ncat >> {told}\n")
        program.chmod(0o755)
        (self.machine.agreements / "bad.toml").write_text("nonsense = 1\n")
        self.configure(f'\n[alert]\ncommand = "{program}"\n')
        self.start()
        until(lambda: told.exists() and told.read_text().endswith("\n"), self.said)
        self.assertEqual(json.loads(told.read_text().splitlines()[0])["event"], "began")

    def test_the_store_may_be_unreadable(self):
        self.start()
        until(lambda: self.installed("acme.example"), self.said)
        self.stop()
        store = self.machine.path("/var/lib/tlspact/tlspact.db")
        store.write_bytes(b"noise" * 1000)
        self.start()
        self.has_run()
        self.assertTrue(self.installed("acme.example"))
        self.assertIn("damaged", self.said())


if __name__ == "__main__":
    unittest.main()
