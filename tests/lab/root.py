# SPDX-License-Identifier: MIT
"""A throw-away copy of a Debian root: what a test writes there is gone with the test."""

import os
import pathlib
import subprocess
import time

from . import dns

DEVICES = ("null", "zero", "full", "random", "urandom")


class CommandFailed(AssertionError):
    """A command inside a root ended with another exit code than 0."""


class Root:
    """An overlay over a root made by make-roots.

    Needs the mount namespace of `netns.enter`, and `work` in a `netns.workspace`, which takes it away in the end.
    """

    def __init__(self, made, work):
        """`made` is the pristine root; `work` a directory for what is written, made here."""
        self.path = pathlib.Path(work) / "root"
        upper, scratch = pathlib.Path(work) / "upper", pathlib.Path(work) / "scratch"
        for directory in (self.path, upper, scratch):
            directory.mkdir(parents=True)
        layers = f"lowerdir={made},upperdir={upper},workdir={scratch}"
        _mount("-t", "overlay", "overlay", "-o", layers, self.path)
        _mount("-t", "proc", "proc", self / "proc")
        self._give_devices()
        self.write("etc/resolv.conf", dns.RESOLV_CONF)
        self.write("etc/hosts", "127.0.0.1 localhost mta.lab.test\n")

    def __truediv__(self, inside):
        """The path outside of something inside: root / "etc/postfix"."""
        return self.path / str(inside).lstrip("/")

    def write(self, inside, text, mode=0o644):
        """Writes a file, with the directories above it; a server that runs sees the old one or the new one."""
        target = self / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        made = target.with_name(f"{target.name}.new")
        made.write_text(text, encoding="utf-8")
        made.chmod(mode)
        made.rename(target)

    def read(self, inside):
        """The text of a file, empty if there is none yet."""
        try:
            return (self / inside).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def run(self, *command, text_in=""):
        """Runs a command inside; returns its standard output; raises CommandFailed with all it said."""
        done = self.attempt(*command, text_in=text_in)
        if done.returncode != 0:
            raise CommandFailed(f"{' '.join(command)[:500]}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def attempt(self, *command, text_in=""):
        """Runs a command inside and returns its CompletedProcess, whatever its exit code."""
        self.age_main_cf()
        return subprocess.run(
            ["chroot", str(self.path), *command], input=text_in, capture_output=True, text=True, check=False,
            timeout=120, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/root"}, cwd="/")

    def age_main_cf(self):
        """Every program of Postfix waits, up to two seconds, until its main.cf has not changed for a second."""
        now = time.time()
        for file in (self / "etc").glob("postfix*/main.cf"):
            if file.stat().st_mtime > now - 60: os.utime(file, (now - 60, now - 60))

    def start(self, *command):
        """Starts a command inside that stays in the foreground; returns its Popen."""
        return subprocess.Popen(["chroot", str(self.path), *command], stdin=subprocess.DEVNULL, cwd="/")

    def _give_devices(self):
        """Only harmless devices, and no /dev/log: nothing reaches the machine's own log."""
        _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", self / "dev")
        for name in DEVICES:
            (self / "dev" / name).touch()
            _mount("--bind", f"/dev/{name}", self / "dev" / name)


def _mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)
