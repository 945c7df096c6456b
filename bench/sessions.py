#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sessions of the reference SMTP path against `openssl s_time`, on the same server and key, in interleaved runs.

  bench/sessions.py [--program build/release/bench/bench_sessions] [--runs 5] [--count 10000]

  probe     full handshakes with EHLO and QUIT per CPU second of the client, as a ratio of s_time's
  deliver   small messages, a connection each, 64 at once, as a ratio of the probes' rate
  crowd     2,000 sessions at once on one thread, a third of them tarpits: how long the others take
  held      bytes of memory an open TLS session takes
"""

import argparse
import pathlib
import re
import resource
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def children_cpu():
    """CPU seconds of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def s_time(port, seconds):
    """Connections per CPU second."""
    before = children_cpu()
    done = subprocess.run(["openssl", "s_time", "-connect", f"127.0.0.1:{port}", "-new", "-time", str(seconds)],
                          capture_output=True, text=True, check=False)
    connections = int(re.search(r"(\d+) connections in [\d.]+s;", done.stdout)[1])
    return connections / (children_cpu() - before)


class Server:
    """One of the program's servers, and its ports."""

    def __init__(self, program, *words):
        self.process = subprocess.Popen([program, *words], stdout=subprocess.PIPE, text=True)
        self.ports = self.process.stdout.readline().split()

    def __enter__(self):
        return self.ports

    def __exit__(self, *_exception):
        self.process.terminate()
        self.process.wait()


def load(program, what, count, at_once, port):
    """(sessions a CPU second, sessions a second)."""
    done = subprocess.run([program, what, str(count), str(at_once), port], capture_output=True, text=True, check=True)
    good, wall, cpu = map(float, done.stdout.split())
    return good / cpu, good / wall


def handshakes(program, arguments):
    """The first two lines of the report."""
    with tempfile.TemporaryDirectory() as directory, Server(program, "serve", directory) as (smtp, tls):
        rows = []
        for _run in range(arguments.runs):
            peer = s_time(tls, 5)
            probe_cpu, probe_rate = load(program, "probe", arguments.count, 64, smtp)
            _cpu, deliver_rate = load(program, "deliver", arguments.count, 64, smtp)
            rows.append((probe_cpu / peer, deliver_rate / probe_rate, peer, probe_cpu, probe_rate, deliver_rate))
    middle = [statistics.median(column) for column in zip(*rows)]
    print(f"probe: {middle[0]:.2f} of s_time's handshakes a CPU second ({middle[3]:.0f} against {middle[2]:.0f}); "
          f"asked: at least 0.95")
    print(f"deliver: {middle[1]:.2f} of the probes' rate ({middle[5]:.0f} a second against {middle[4]:.0f}); "
          f"asked: at least 0.85")


def crowd(program):
    """The last two lines."""
    with Server(program, "serve-crowd") as (good, drip, silent):
        alone = subprocess.run([program, "crowd", "1334", good, good], capture_output=True, text=True, check=True)
        both = subprocess.run([program, "crowd", "2000", good, drip], capture_output=True, text=True, check=True)
        held = subprocess.run([program, "held", "1000", silent], capture_output=True, text=True, check=True)
    count, slowest, late = both.stdout.split()
    print(f"crowd: of 2,000 sessions {count} ended well, the slowest after {float(slowest):.2f} s "
          f"({float(alone.stdout.split()[1]):.2f} s without the tarpits); {late} ended later than their deadline")
    print(f"held: {int(held.stdout.split()[1]) / 1024:.1f} KiB an open TLS session; asked: at most 64")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=ROOT / "build/release/bench/bench_sessions")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--count", type=int, default=10000)
    arguments = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(16384, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    handshakes(str(arguments.program), arguments)
    crowd(str(arguments.program))


if __name__ == "__main__":
    main()
