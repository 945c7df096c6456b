# SPDX-License-Identifier: MIT
"""The servers that bench/live.py measures, each pinned to one core, and the load on the other."""
import contextlib
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
SERVER_CORE, LOAD_CORE = 1, 0
SERVER_NICE = int(re.search(r"^Nice=(-?\d+)$", (ROOT / "systemd/tlspact-lookupd.service.in").read_text(encoding="utf-8"), re.M)[1])
LOAD_NICE = -20    # what delays the load is not the server's delay
MAY_RENICE = os.geteuid() == 0


def on_core(core, nice=0):
    """For preexec_fn. Only root may be nice to itself."""
    def setup():
        os.sched_setaffinity(0, {core})
        if nice > 0 or MAY_RENICE:
            os.setpriority(os.PRIO_PROCESS, 0, nice)
    return setup


class Server:
    """A process on the server's core, as nice as the answerer's unit makes it; `address` is what bench_live takes."""

    def __init__(self, name, command, find_address, stream):
        self.name = name
        self.process = subprocess.Popen(command, preexec_fn=on_core(SERVER_CORE, SERVER_NICE), text=True, **{stream: subprocess.PIPE})
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


class Measured:
    """What one run of the load saw. Times in microseconds."""

    def __init__(self, requests, seconds, p50, p99, p999, cpu):
        self.requests = requests
        self.rate = requests / seconds
        self.p50, self.p99, self.p999, self.cpu = p50, p99, p999, cpu


class Lab:
    """`build`: where bench_live and tlspact-lookupd are. `seconds`: how long a run is."""

    def __init__(self, build, work, seconds):
        self.build, self.work, self.seconds = build, work, seconds
        self.bench_live = build / "bench/bench_live"
        self.million = None    # made when it is first needed
        self.running = contextlib.ExitStack()    # ends what an exception left running

    @contextlib.contextmanager
    def spinner(self):
        """Keeps the server's processor from halting. The load keeps its own."""
        with subprocess.Popen([self.bench_live, "spin"], preexec_fn=on_core(SERVER_CORE)) as spinner:
            try:
                yield
            finally:
                spinner.kill()

    def start(self, *what):
        """A Server."""
        server = Server(*what)
        self.running.callback(server.stop)
        return server

    def lookupd(self, kind, snapshot, resolve=""):
        """The answerer."""
        address = "inet:127.0.0.1:0" if kind == "tcp" else f"unix:{self.work}/lookupd"

        def find(log):
            for line in log:
                found = re.search(r"listening on (?:inet:127\.0\.0\.1:|unix:)(\S+)", line)
                if found:
                    return found[1]
            raise RuntimeError("tlspact-lookupd does not listen")

        return self.start("lookupd", [self.build / "bin/tlspact-lookupd", "--snapshot", snapshot, "--resolve", resolve,
                                  "--socketmap", address], find, "stderr")

    def constant(self, kind):
        """The limit."""
        path = f"{self.work}/constant"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        where = "0" if kind == "tcp" else path
        return self.start("constant", [self.bench_live, "constant", kind, where],
                      lambda out: (out.readline().strip(), path)[kind == "unix"], "stdout")

    def mta_sts_resolver(self, kind, domains):
        """The peer, its internal cache full of policies for the first `domains`, and none of them due for a look."""
        program = pathlib.Path(__file__).with_name("mta_sts_resolver.py")
        path = [f"{self.work}/peer"] if kind == "unix" else []
        return self.start("peer", ["/usr/bin/python3", program, str(domains), *path], lambda out: out.readline().strip(), "stdout")

    def measure(self, server, kind, connections, domains, keys, rate=0, seconds=None, wait="poll"):
        """One run of the load. wait: poll or sleep, as bench_live has it."""
        before = server.cpu()
        done = subprocess.run([self.bench_live, "load", kind, server.address, str(connections),
                               str(seconds or self.seconds), str(domains), keys, str(rate), wait],
                              preexec_fn=on_core(LOAD_CORE, LOAD_NICE), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{server.name}: {done.stderr}")
        used = server.cpu() - before
        requests, seconds, p50, p99, p999 = map(float, done.stdout.split())
        return Measured(requests, seconds, p50, p99, p999, used / requests / 1000)

    def make_snapshot(self, domains, policies):
        """Its path; all of it is in the page cache."""
        path = self.work / f"snapshot-{domains}"
        subprocess.run([self.bench_live, "snapshot", path, str(domains), policies], check=True)
        read_through(path)
        return path


def read_through(path):
    """Into the page cache."""
    with open(path, "rb") as file:
        while file.read(1 << 24):
            pass
