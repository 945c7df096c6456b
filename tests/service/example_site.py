# SPDX-License-Identifier: MIT
"""A tlspactd with something of everything: alerts, changes since yesterday, what expires, MX hosts that fail, evidence
of a month. What it learned from the network is written into its store, and a DNS server of its own knows nothing."""
import contextlib
import json
import os
import pathlib
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from machine import Machine, TLSPACT, utc  # noqa: E402

TLSPACTD = os.environ.get("TLSPACTD", str(pathlib.Path(TLSPACT).with_name("tlspactd")))
DEADLINE = 60
DAY = 86400
HOSTILE = "<img src=x onerror=alert(1)>"

AGREEMENTS = """
[[agreement]]
partner = "Harbour Insurance"
domains = ["harbour.example", ".harbour.example"]
level   = "secure"
mx      = ["mx.harbour.example"]
expires = {soon}

[[agreement]]
partner   = "Old Printing House"
domains   = ["printing.example"]
level     = "may"
exception = true
reason    = "their gateway is replaced in spring"
expires   = {later}
"""
NEW_AGREEMENTS = """
[[agreement]]
partner = "Northern Railway"
domains = ["railway.example", "tickets.railway.example"]
level   = "encrypt"
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class EmptyDns:
    """Answers NXDOMAIN to every question, and counts them."""

    def __init__(self):
        self.asked = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                question, sender = self.socket.recvfrom(4096)
                self.asked += 1
                end = question.index(b"\0", 12) + 5     # behind the name, its type and class
                self.socket.sendto(question[:2] + b"\x81\x83\0\1\0\0\0\0\0\0" + question[12:end], sender)

    def close(self):
        self.socket.close()


def evidence(host, address, at, kind, **more):
    """As daemon/store/evidence_json.cc writes it."""
    out = {"host": host, "address": address, "at": int(at), "kind": kind, "stage": "handshake", "class": "ok",
           "detail": "", **more}
    if kind == "positive":
        out = {"tls": "TLSv1.3", "chain_trusted": True, "names_host": True, "certificate": "a" * 64,
               "public_key": "b" * 64, "names": [host], "certificate_end": int(at) + 60 * DAY, **out}
    return out


class ExampleSite:
    """Use as a context manager. `url` is where its pages are."""

    def __init__(self):
        self.machine = Machine()
        self.dns = EmptyDns()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self.machine.path("/tlspactd.log")
        self.store = self.machine.path("/var/lib/tlspact/tlspact.db")
        self.process = None

    def __enter__(self):
        try:
            self.configure()
            self.machine.sign(self.long_list())
            self.write_agreements()
            self.run_once()
            self.yesterday()
            self.fill_store()
            (self.machine.agreements / "north.toml").write_text(NEW_AGREEMENTS)
            (self.machine.agreements / "provider.toml").unlink()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        self.dns.close()
        self.machine.__exit__()

    # -- its making -----------------------------------------------------------------------------

    def configure(self):
        self.machine.configure(lookups=True, extra=f"""
[http]
listen = "127.0.0.1:{self.port}"
[dns]
servers = ["127.0.0.1@{self.dns.port}"]
trust_anchor = ""
[dane]
enabled = false
[learn]
level = "encrypt"
""")

    def long_list(self):
        policies = json.loads(self.machine.sample_list())
        for i in range(40):
            policies["policies"][f"member{i:02}.example"] = {"mode": "enforce", "mxs": [f"mx.member{i:02}.example"]}
        return json.dumps(policies)

    def write_agreements(self):
        for path in self.machine.agreements.iterdir():
            if "provider" in path.read_text(): path.rename(path.with_name("provider.toml"))
        (self.machine.agreements / "partners.toml").write_text(
            AGREEMENTS.format(soon=utc(9)[:10], later=utc(25)[:10]))

    def run_once(self):
        self.start()
        self.stop()

    def yesterday(self):
        """The first generation was made thirty hours ago."""
        for manifest in self.machine.path("/var/lib/tlspact/history").glob("*/manifest"):
            manifest.write_text(re.sub(r"(?m)^made .*$", f"made {utc(-1.25)}", manifest.read_text()))

    def fill_store(self):
        now = time.time()
        with contextlib.closing(sqlite3.connect(self.store)) as store, store:
            for i in range(12):
                self.add_sts(store, f"publisher{i:02}.example", now - i * 3600, fails=i == 3)
            for i in range(6):
                self.add_host(store, f"mx{i}.learned.example", f"learned{i}.example", now)
            self.add_host(store, "mx.railway.example", "railway.example", now, alarm=now - 7200)
            self.add_host(store, "mx.harbour.example", "harbour.example", now, untrusted=True)
            self.add_host(store, "mx.gateway.example", "gateway.example", now, plain=True)

    @staticmethod
    def add_sts(store, domain, fetched, fails):
        text = f"version: STSv1\r\nmode: enforce\r\nmx: mx.{domain}\r\nmax_age: {7 * DAY}\r\n"
        store.execute("REPLACE INTO sts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (
            domain, "1", "enforce", 7 * DAY, text.encode(), int(fetched), int(fetched), 0, "2" if fails else "",
            3 if fails else 0, int(fetched) + 9 * DAY if fails else None, int(fetched) if fails else None,
            1 if fails else 0, "the policy host does not answer" if fails else "", int(fetched) + 30 * DAY))
        store.execute("REPLACE INTO correspondent VALUES (?, ?, ?, ?)",
                      (domain, int(fetched), int(fetched), "postfix log"))

    @staticmethod
    def add_host(store, host, domain, now, alarm=None, untrusted=False, plain=False):
        """With a month of evidence; `plain`: it never did TLS, and says so in its own way."""
        address = "192.0.2." + str(1 + sum(host.encode()) % 250)
        refusal = {"stage": "starttls", "class": "absent", "detail": "STARTTLS is not offered"}
        looks = [evidence(host, address, now - day * DAY - 600, "positive") for day in range(30, 0, -1)]
        if plain:
            refusal["detail"] += " " + HOSTILE
            looks = [evidence(host, address, now - day * DAY - 600, "negative", **refusal) for day in (4, 3, 2, 1)]
        if alarm is not None: looks += [evidence(host, address, alarm + i, "negative", **refusal) for i in range(3)]
        if untrusted:
            looks[-1].update(kind="negative", chain_trusted=False, stage="verify", detail="the certificate is not trusted",
                             **{"class": "mismatch"})
        for day in (3, 11):
            looks.append(evidence(host, address, now - day * DAY, "inconclusive", detail="timeout"))
        for each in looks:
            store.execute("INSERT INTO evidence VALUES (?, ?, ?, ?, ?)",
                          (host, address, each["at"], each["kind"], json.dumps(each)))
        teaching = max((each for each in looks if each["kind"] != "inconclusive"), key=lambda each: each["at"])
        memory = {"host": host, "address": address, "failures": 0, "probe_again": int(now) + DAY, "last": teaching,
                  "conclusive": teaching, "did_tls": int(now) - DAY, "confirmed": int(now) - 20 * DAY,
                  "sightings": [[int(now) - 20 * DAY, True], [int(now) - 10 * DAY, True], [int(now) - DAY, True]]}
        if alarm is not None: memory["alarm"] = int(alarm)
        if plain: memory = {key: memory[key] for key in ("host", "address", "failures", "probe_again", "last", "conclusive")}
        if plain: memory["sightings"] = []
        store.execute("REPLACE INTO endpoint VALUES (?, ?, ?, ?)", (host, address, json.dumps(memory), int(now) + DAY))
        learned = {"domain": domain, "hosts": [host], "supporters": [], "supported": 0, "look_again": int(now) + DAY}
        if not plain: learned.update(supporters=[host], learned=int(now) - 20 * DAY, supported=int(now) - DAY)
        store.execute("REPLACE INTO learned_domain VALUES (?, ?, ?)", (domain, json.dumps(learned), int(now) + DAY))

    # -- the service ----------------------------------------------------------------------------

    def start(self):
        """Until it has run, and made its overview."""
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([TLSPACTD, "--config", self.machine.config], stderr=log)
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if "being gathered" not in self.get("/") and json.loads(self.get("/api/status"))["runs"] > 0: return
            if self.process.poll() is not None: break
            time.sleep(0.05)
        raise AssertionError("it does not run: " + self.log.read_text(encoding="utf-8"))

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(DEADLINE)

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=DEADLINE) as answer:
            return answer.read().decode()
