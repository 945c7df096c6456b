#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tlspact-lookupd beside a server that gives one constant reply, and beside postfix-mta-sts-resolver if it is installed.

  bench/live.py [--build build/release] [--domains 10000,1000000,10000000] [--connections 1,8,64,256]
                [--seconds 2] [--runs 3] [--policies own|shared] [--work DIR]

The constant server is the physical limit: the same epoll loop, receive and send, and nothing between them. Server and
load each have a core of their own, one request is outstanding on each connection, and the runs of all are interleaved.
Each figure is a median; CPU is that of the server, for each request, user and system. The ratios are to the constant
server in the same runs. The aims: at 64 and 256 connections CPU at most 1.15 on TCP and 1.3 on UNIX, with uniform keys
over 10,000,000 at most 1.6; p99 at most 1.3; less than 16 MiB beyond the page cache.
"""
import argparse
import contextlib
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SERVER_CORE, LOAD_CORE = 1, 0
PEER = "/usr/bin/mta-sts-daemon"


def on_core(core):
    """For preexec_fn."""
    return lambda: os.sched_setaffinity(0, {core})


class Server:
    """A process on the server's core; `address` is what bench_live takes."""

    def __init__(self, name, command, find_address, stream):
        self.name = name
        self.process = subprocess.Popen(command, preexec_fn=on_core(SERVER_CORE), text=True, **{stream: subprocess.PIPE})
        self.address = find_address(getattr(self.process, stream))

    def cpu(self):
        """Nanoseconds so far."""
        return int(pathlib.Path(f"/proc/{self.process.pid}/schedstat").read_text(encoding="ascii").split()[0])

    def memory(self):
        """MiB beyond the page cache: anonymous pages."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"RssAnon:\s+(\d+)", status)[1]) / 1024

    def stop(self):
        """And waits for its end."""
        self.process.kill()
        self.process.wait()


def lookupd(arguments, kind, snapshot, work):
    """The answerer."""
    address = "inet:127.0.0.1:0" if kind == "tcp" else f"unix:{work}/lookupd"

    def find(log):
        for line in log:
            found = re.search(r"listening on (?:inet:127\.0\.0\.1:|unix:)(\S+)", line)
            if found:
                return found[1]
        raise RuntimeError("tlspact-lookupd does not listen")

    return Server("lookupd", [arguments.build / "bin/tlspact-lookupd", "--snapshot", snapshot, "--resolve", "",
                              "--socketmap", address], find, "stderr")


def constant(arguments, kind, work):
    """The limit."""
    path = f"{work}/constant"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    where = "0" if kind == "tcp" else path
    return Server("constant", [arguments.build / "bench/bench_live", "constant", kind, where],
                  lambda out: (out.readline().strip(), path)[kind == "unix"], "stdout")


def measure(arguments, server, kind, connections, domains, keys):
    """(requests a second, p50, p99, p99.9, CPU us a request)."""
    before = server.cpu()
    done = subprocess.run([arguments.build / "bench/bench_live", "load", kind, server.address, str(connections),
                           str(arguments.seconds), str(domains), keys],
                          preexec_fn=on_core(LOAD_CORE), capture_output=True, text=True, check=True)
    used = server.cpu() - before
    requests, seconds, p50, p99, p999 = map(float, done.stdout.split())
    return requests / seconds, p50, p99, p999, used / requests / 1000


def compare(arguments, servers, kind, connections, domains, keys):
    """One row for each server, of interleaved runs."""
    rows = {server.name: [] for server in servers}
    for _run in range(arguments.runs):
        for server in servers:
            rows[server.name].append(measure(arguments, server, kind, connections, domains, keys))
    middle = {name: [statistics.median(column) for column in zip(*each)] for name, each in rows.items()}
    limit = middle["constant"]
    for name, each in middle.items():
        rate, p50, p99, p999, cpu = each
        print(f"{domains:>9,} {keys:8} {kind:5} {connections:4} {name:9} {rate:9,.0f}/s  p50 {p50:6.0f}  p99 {p99:6.0f}"
              f"  p99.9 {p999:6.0f} us  CPU {cpu:5.2f} us | rate {rate / limit[0]:.2f}  p99 {p99 / limit[2]:.2f}"
              f"  CPU {cpu / limit[4]:.2f}", flush=True)


def make_snapshot(arguments, work, domains):
    """Its path."""
    path = work / f"snapshot-{domains}"
    subprocess.run([arguments.build / "bench/bench_live", "snapshot", path, str(domains), arguments.policies], check=True)
    with open(path, "rb") as file:    # into the page cache
        while file.read(1 << 24):
            pass
    return path


def run(arguments, work):
    """Every number of domains, with every number of connections."""
    for domains in arguments.domains:
        snapshot = make_snapshot(arguments, work, domains)
        for kind in ("tcp", "unix"):
            servers = [constant(arguments, kind, work), lookupd(arguments, kind, snapshot, work)]
            for keys in ("uniform", "zipf"):
                for connections in arguments.connections:
                    compare(arguments, servers, kind, connections, domains, keys)
            print(f"{domains:>9,} {kind:14} lookupd beyond the page cache: {servers[1].memory():.1f} MiB", flush=True)
            for server in servers:
                server.stop()
        snapshot.unlink()
    if not pathlib.Path(PEER).exists():
        print("postfix-mta-sts-resolver is not installed: skipped")


def numbers(text):
    """ "1,8" """
    return [int(each) for each in text.split(",")]


def main():
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--domains", type=numbers, default=[10_000, 1_000_000, 10_000_000])
    parser.add_argument("--connections", type=numbers, default=[1, 8, 64, 256])
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--policies", choices=("own", "shared"), default="own")
    parser.add_argument("--work", type=pathlib.Path, default=None)
    arguments = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="tlspact-bench-", dir=arguments.work))
    spinners = [subprocess.Popen([arguments.build / "bench/bench_live", "spin"], preexec_fn=on_core(core))
                for core in (SERVER_CORE, LOAD_CORE)]
    try:
        run(arguments, work)
    finally:
        for each in spinners:
            each.kill()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
