#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Live lookups, beside a server that gives one constant reply, and beside postfix-mta-sts-resolver if it is installed.

  bench/live.py [--build build/release] [--parts table,peer,refresh,strangers,delivery,idle]
                [--domains 10000,1000000,10000000] [--connections 1,8,64,256]
                [--seconds 2] [--runs 3] [--policies own|shared] [--work DIR] [--roots build/roots]

  table      the answerer beside the constant server: the same epoll loop, receive and send, and nothing between them
  peer       beside the peer's internal cache, at 10,000 domains
  refresh    at half of the highest rate, while `nice -n 19 tlspact generate` installs a million changed policies, on the
             server's core
  strangers  with eight connections beside that ask for names which have to be resolved, and are not
  delivery   what a lookup costs in the cdb map, which Postfix reads by itself
  idle       one connection, where nothing keeps the processors from halting

Server and load each have a core of their own, the server as nice as the answerer's unit makes it (as root), one request is
outstanding on each connection, and the runs of all are interleaved. Each figure is a median; CPU is that of the server, for
each request, user and system. The ratios are medians, too, of those to the constant server's run beside; of refresh and
strangers to the same server's without them. The aims: at 64 and 256 connections CPU at most 1.15 on TCP and 1.3 on UNIX, with
uniform keys over 10,000,000 at most 1.6; p99 at most 1.3, under a refresh at most 2; less than 16 MiB beyond the page
cache; 4 times the requests a second of the peer. The delivery needs postmap, or root and the Debian roots of the tests.
"""
import argparse
import contextlib
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import types

import generate
from live_servers import Lab, on_core, LOAD_CORE, LOAD_NICE, ROOT, SERVER_CORE, read_through

PEER = "/usr/bin/mta-sts-daemon"
MILLION = 1_000_000


def middle(runs, what):
    """The median of one figure."""
    return statistics.median(getattr(each, what) for each in runs)


def ratio(runs, limit, what):
    """The median of one figure's ratio to that of the run beside it: this machine has faster and slower seconds."""
    return statistics.median(getattr(each, what) / getattr(beside, what) for each, beside in zip(runs, limit, strict=True))


def line(head, name, runs, limit):
    """One row; `limit`: the runs of the constant server."""
    rate, p99, cpu = (middle(runs, what) for what in ("rate", "p99", "cpu"))
    print(f"{head} {name:9} {rate:9,.0f}/s  p50 {middle(runs, 'p50'):6.0f}  p99 {p99:6.0f}  p99.9 {middle(runs, 'p999'):6.0f} us"
          f"  CPU {cpu:5.2f} us | rate {ratio(runs, limit, 'rate'):.2f}  p99 {ratio(runs, limit, 'p99'):.2f}"
          f"  CPU {ratio(runs, limit, 'cpu'):.2f}", flush=True)


def compare(lab, arguments, servers, kind, connections, domains, keys, wait="poll"):
    """One row for each server, of interleaved runs. The first is the limit."""
    rows = {server.name: [] for server in servers}
    for _run in range(arguments.runs):
        for server in servers:
            rows[server.name].append(lab.measure(server, kind, connections, domains, keys, wait=wait))
    for name, runs in rows.items():
        line(f"{domains:>10,} {keys:8} {kind:5} {connections:4}", name, runs, rows[servers[0].name])
    return rows


def table(lab, arguments):
    """Every number of domains, with every number of connections."""
    for domains in arguments.domains:
        snapshot = lab.make_snapshot(domains, arguments.policies)
        for kind in ("tcp", "unix"):
            servers = [lab.constant(kind), lab.lookupd(kind, snapshot)]
            for keys in ("uniform", "zipf"):
                for connections in arguments.connections:
                    compare(lab, arguments, servers, kind, connections, domains, keys)
            print(f"{domains:>10,} {kind:14} lookupd beyond the page cache: {servers[1].memory():.1f} MiB", flush=True)
            for server in servers:
                server.stop()
        snapshot.unlink()


def peer(lab, arguments):
    """Its internal cache of 10,000 holds them all."""
    if not pathlib.Path(PEER).exists():
        print("peer: postfix-mta-sts-resolver is not installed: skipped")
        return
    domains = 10_000
    snapshot = lab.make_snapshot(domains, "own")
    for kind in ("tcp", "unix"):
        servers = [lab.constant(kind), lab.lookupd(kind, snapshot), lab.mta_sts_resolver(kind, domains)]
        for connections in arguments.connections:
            rows = compare(lab, arguments, servers, kind, connections, domains, "uniform")
            times = ratio(rows["lookupd"], rows["peer"], "rate")
            print(f"{'':10} lookupd / peer at {connections} connections: rate {times:.2f}", flush=True)
        for server in servers:
            server.stop()
    snapshot.unlink()


SETTLE_SECONDS = 5    # for what an installation leaves to do: the disk's, and the answerer's look at the whole new snapshot


class Refreshes:
    """`tlspact generate` over and over at nice 19, each time with a list whose every policy has changed.

    On the server's core: on the other it would stop the load, and no server could help it.
    """

    def __init__(self, bench):
        self.bench, self.installs, self.failure = bench, 0, None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        if self.failure:
            raise self.failure

    def run(self):
        """In its thread."""
        try:
            while not self.stopping.is_set():
                self.install()
        except (OSError, subprocess.CalledProcessError) as failure:
            self.failure = failure

    def install(self):
        """One of two editions, in turn."""
        self.bench.edition = 1 - self.bench.edition
        edition = self.bench.work / f"edition-{self.bench.edition}"
        for suffix in (".asc", ""):
            os.symlink(f"{edition}{suffix}", self.bench.work / "new")
            os.rename(self.bench.work / "new", self.bench.work / f"list.json{suffix}")
        subprocess.run([*self.bench.tlspact, "generate"], preexec_fn=on_core(SERVER_CORE, nice=19), check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.installs += 1


def million_domains(lab, arguments):
    """A bench of generate.py with its first generation in place. Made once."""
    if lab.million is None:
        work = lab.work / "million"
        work.mkdir()
        lab.million = generate.Bench(types.SimpleNamespace(
            domains=MILLION, tlspact=lab.build / "bin/tlspact", roots=arguments.roots), work)
        lab.million.prepare()
        lab.million.edition = 0
        for edition in ("0", "1"):
            lab.million.write_list(work / f"edition-{edition}", edition)
        Refreshes(lab.million).install()
    return lab.million


def refresh(lab, arguments):
    """At half of the answerer's highest rate: as it is, and while the maps and the snapshot are replaced."""
    bench = million_domains(lab, arguments)
    snapshot = bench.work / "var/snapshot"
    for kind in ("tcp", "unix"):
        read_through(snapshot)
        servers = [lab.constant(kind), lab.lookupd(kind, snapshot)]
        half = lab.measure(servers[1], kind, 64, MILLION, "uniform").rate / 2
        rows, installs = {}, 0
        for _run in range(arguments.runs):
            for server in servers:
                os.sync()
                time.sleep(SETTLE_SECONDS)
                for name in ("quiet", "refresh"):
                    with Refreshes(bench) if name == "refresh" else contextlib.nullcontext() as refreshes:
                        # At this rate nothing at nice 19 gets far: long enough for a whole refresh.
                        rows.setdefault((server.name, name), []).append(
                            lab.measure(server, kind, 64, MILLION, "uniform", half, 20 * lab.seconds))
                        installs += refreshes.installs if refreshes else 0
        for (server, name), runs in rows.items():
            line(f"{name:10} {'uniform':8} {kind:5}   64", server, runs, rows[server, "quiet"])
        print(f"{'':10} {installs} refreshes were made meanwhile", flush=True)
        for server in servers:
            server.stop()


class SilentDaemon:
    """Takes what it is asked to resolve, and never answers."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        """In its thread."""
        while True:
            connection, _ = self.listener.accept()
            while connection.recv(65536):
                pass


def strangers(lab, arguments):
    """They wait for as long as the answerer lets them, 3 s."""
    snapshot = lab.make_snapshot(MILLION, "own")
    SilentDaemon(lab.work / "resolve")
    server = lab.lookupd("tcp", snapshot, lab.work / "resolve")
    alone, beside = [], []
    for _run in range(arguments.runs):
        alone.append(lab.measure(server, "tcp", 64, MILLION, "uniform"))
        with subprocess.Popen([lab.bench_live, "strangers", "tcp", server.address, "8"],
                              preexec_fn=on_core(LOAD_CORE, LOAD_NICE)) as others:
            try:
                beside.append(lab.measure(server, "tcp", 64, MILLION, "uniform"))
            finally:
                others.kill()
    for name, runs in (("alone", alone), ("strangers", beside)):
        line(f"{MILLION:>10,} {'uniform':8} tcp     64", name, runs, alone)
    server.stop()
    snapshot.unlink()


def delivery(lab, arguments):
    """postmap -q reads the map as Postfix does, in its own process. What it takes to start is left out."""
    bench = million_domains(lab, arguments)
    directory = bench.work / "var/postfix"
    if shutil.which("postmap"):
        command = ["postmap", "-q", "-", f"cdb:{directory}/tls_policy"]
    elif os.geteuid() == 0 and (arguments.roots / "bookworm-postfix").exists():
        root = arguments.roots / "bookworm-postfix"
        command = ["unshare", "--mount", "sh", "-c", 'mount --bind "$1" "$2/mnt" && exec chroot "$2" postmap -q - cdb:/mnt/tls_policy',
                   "sh", str(directory), str(root)]
    else:
        print("delivery: neither postmap nor (as root) the Debian roots are there: skipped")
        return
    count = 200_000

    def seconds(keys):
        began = time.monotonic()
        subprocess.run(command, input=keys, stdout=subprocess.DEVNULL, text=True, check=True)
        return time.monotonic() - began

    keys = "".join(f"d{number * 4 % MILLION:08}.example\n" for number in range(count))
    each = [seconds(keys) - seconds("d00000000.example\n") for _run in range(arguments.runs)]
    print(f"{MILLION:>10,} domains: a lookup in the cdb map, within Postfix: {statistics.median(each) / count * 1e6:.2f} us", flush=True)


def idle(lab, arguments):
    """What waking a processor costs, whatever the server does."""
    snapshot = lab.make_snapshot(10_000, "own")
    for kind in ("tcp", "unix"):
        servers = [lab.constant(kind), lab.lookupd(kind, snapshot)]
        compare(lab, arguments, servers, kind, 1, 10_000, "uniform", wait="sleep")
        for server in servers:
            server.stop()
    snapshot.unlink()


PARTS = {part.__name__: part for part in (table, peer, refresh, strangers, delivery, idle)}


def run(lab, arguments):
    """The parts, each under its name."""
    for name in arguments.parts:
        print(f"-- {name}: {PARTS[name].__doc__}", flush=True)
        with contextlib.nullcontext() if name == "idle" else lab.spinner():
            PARTS[name](lab, arguments)


def numbers(text):
    """ "1,8" """
    return [int(each) for each in text.split(",")]


def main():
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--roots", type=pathlib.Path, default=ROOT / "build/roots")
    parser.add_argument("--parts", type=lambda text: text.split(","), default=list(PARTS))
    parser.add_argument("--domains", type=numbers, default=[10_000, MILLION, 10_000_000])
    parser.add_argument("--connections", type=numbers, default=[1, 8, 64, 256])
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--policies", choices=("own", "shared"), default="own")
    parser.add_argument("--work", type=pathlib.Path, default=None)
    arguments = parser.parse_args()
    for part in arguments.parts:
        if part not in PARTS:
            sys.exit(f"bench/live.py: no part {part!r}: {', '.join(PARTS)}")
    with contextlib.ExitStack() as stack:
        work = pathlib.Path(tempfile.mkdtemp(prefix="tlspact-bench-", dir=arguments.work))
        stack.callback(shutil.rmtree, work, ignore_errors=True)
        lab = Lab(arguments.build, work, arguments.seconds)
        with lab.running:
            run(lab, arguments)


if __name__ == "__main__":
    main()
