#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tlspact generate for a list of N domains, beside `postmap cdb:` on the same Postfix lines.

    sudo bench/generate.py [--domains N] [--runs N] [--tlspact PROGRAM] [--roots DIR]

Runs in turn, in one process after the other, and prints the median of each and its ratio to postmap:

    postmap      postmap cdb: on the text of the map, without a final flush
    generate     from nothing: read, verify, parse, decide, store, render for Postfix and Exim, write, flush
    unchanged    the same again
    agreement    with one changed agreement among the N

postmap is that of this machine, or of the Debian root that the tests make (tests/lab/make-roots), for which
the script needs root. Nothing of this machine's mail system is touched.
"""
import argparse
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
CONFIG = """
[service]
state_dir = "{work}/var"
history = 1
[dane]
enabled = false

[mta_sts]
enabled = false
[agreements]
directory = "{work}/agreements.d"
[[list]]
name = "bench"
url = "{work}/list.json"
signature = "{work}/list.json.asc"
key = "{work}/key.asc"
[postfix]
enabled = true
version = "3.7.11"
types = ["cdb"]
[exim]
enabled = true
"""
AGREEMENT = """
[[agreement]]
partner = "Acme"
domains = ["acme.example", ".acme.example"]
level = "encrypt"
reference = "{reference}"
min_tls = "{version}"
"""
INSIDE = "TLSPACT_BENCH_INSIDE"


class Bench:
    def __init__(self, arguments, work):
        self.arguments, self.work = arguments, work
        self.tlspact = [str(arguments.tlspact), "--config", str(work / "tlspact.toml")]
        self.postmap = ["postmap"] if shutil.which("postmap") else \
            ["chroot", str(arguments.roots / "bookworm-postfix"), "postmap"]
        self.changes = 0

    def prepare(self):
        (self.work / "agreements.d").mkdir()
        (self.work / "tlspact.toml").write_text(CONFIG.format(work=self.work))
        self.change_agreement()
        (self.work / "gnupg").mkdir(mode=0o700)
        self.gpg("--quick-generate-key", "Bench <bench@lists.example>", "ed25519", "sign", "never")
        self.gpg("--armor", "--output", self.work / "key.asc", "--export")
        self.write_list(self.work / "list.json")

    def gpg(self, *words):
        home = self.work / "gnupg"
        subprocess.run(["gpg", "--homedir", home, "--batch", "--quiet", "--no-tty", "--passphrase", "", *words],
                       check=True, stderr=subprocess.DEVNULL)
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)

    def write_list(self, path, edition=""):
        """And its signature, path.asc."""
        subprocess.run([sys.executable, HERE / "make_list.py", str(self.arguments.domains), path,
                        "--edition", edition], check=True)
        self.gpg("--armor", "--output", f"{path}.asc", "--detach-sign", path)

    def write_text_map(self):
        """What postmap reads: the same lines, as a text table."""
        config = self.work / "text.toml"
        config.write_text((self.work / "tlspact.toml").read_text().replace('"cdb"', '"texthash"'))
        subprocess.run([self.tlspact[0], "--config", config, "generate", "--output", self.work / "text"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        text = self.work / "text" / str(self.work).lstrip("/") / "var/postfix/tls_policy"
        self.text = self.work / "map/tls_policy"
        self.text.parent.mkdir()
        shutil.move(text, self.text)
        self.mapped = self.text
        if self.postmap[0] == "chroot":
            inside = self.arguments.roots / "bookworm-postfix/mnt"
            subprocess.run(["mount", "--bind", self.text.parent, inside], check=True)
            self.mapped = pathlib.Path("/mnt/tls_policy")

    def change_agreement(self):
        self.changes += 1
        (self.work / "agreements.d/a.toml").write_text(AGREEMENT.format(
            reference=self.changes, version=f"TLSv1.{2 + self.changes % 2}"))

    def timed(self, command):
        """Seconds by the wall clock, and peak memory of the process in MiB."""
        began = time.monotonic()
        pid = os.posix_spawnp(command[0], command, os.environ,
                              file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
        _, status, usage = os.wait4(pid, 0)
        seconds = time.monotonic() - began
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"{' '.join(command)} failed")
        return seconds, usage.ru_maxrss / 1024

    def run_postmap(self):
        (self.text.parent / "tls_policy.cdb").unlink(missing_ok=True)
        return self.timed([*self.postmap, f"cdb:{self.mapped}"])

    def run_generate(self):
        shutil.rmtree(self.work / "var", ignore_errors=True)
        return self.timed([*self.tlspact, "generate"])

    def run_unchanged(self):
        return self.timed([*self.tlspact, "generate"])

    def run_agreement(self):
        self.change_agreement()
        return self.timed([*self.tlspact, "generate"])

    def run(self):
        kinds = {"postmap": self.run_postmap, "generate": self.run_generate,
                 "unchanged": self.run_unchanged, "agreement": self.run_agreement}
        seen = {kind: [] for kind in kinds}
        for number in range(self.arguments.runs):
            for kind, run in kinds.items():
                if sys.stderr.isatty():
                    print(f"\rrun {number + 1} of {self.arguments.runs}: {kind}     ", end="", file=sys.stderr)
                os.sync()    # what the last one left to write is not the next one's
                seen[kind].append(run())
        if sys.stderr.isatty():
            print("\r" + " " * 40 + "\r", end="", file=sys.stderr)
        return seen


def report(domains, seen):
    base = statistics.median(seconds for seconds, _ in seen["postmap"])
    print(f"{domains} domains, median of {len(seen['postmap'])} interleaved runs (least to most)")
    print(f"{'':10} {'seconds':>24} {'/ postmap':>10} {'peak MiB':>9} {'bytes/domain':>13}")
    for kind, runs in seen.items():
        times = sorted(seconds for seconds, _ in runs)
        peak = max(memory for _, memory in runs)
        median = statistics.median(times)
        spread = f"{median:.2f} ({times[0]:.2f} to {times[-1]:.2f})"
        print(f"{kind:10} {spread:>24} {median / base:>10.2f} {peak:>9.0f} {peak * 2**20 / domains:>13.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--domains", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--tlspact", type=lambda t: pathlib.Path(t).resolve(),
                        default=HERE.parent / "build/release/bin/tlspact")
    parser.add_argument("--roots", type=lambda t: pathlib.Path(t).resolve(), default=HERE.parent / "build/roots")
    parser.add_argument("--directory", help="where to work (default: the temporary directory)")
    arguments = parser.parse_args()
    if not shutil.which("postmap") and INSIDE not in os.environ:
        # Mounts of a namespace of our own: nothing of them is left, however this ends.
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix="tlspact-bench-", dir=arguments.directory) as work:
        bench = Bench(arguments, pathlib.Path(work))
        bench.prepare()
        bench.write_text_map()
        report(arguments.domains, bench.run())


if __name__ == "__main__":
    main()
