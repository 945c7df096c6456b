# SPDX-License-Identifier: MIT
"""Private network, mount, process and host-name namespaces, so that fixed ports and mounts belong to the test alone.

All addresses of the lab live on the loopback interface of the new network namespace. Receivers use
192.0.2.0/24 (reserved for examples by RFC 5737) and not 127.0.0.0/8, because Exim takes the latter for
itself and Debian's stock router ignores it.
"""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile

RECEIVER_NETWORK = "192.0.2.0/24"
HOST_NAME = "mta.lab.test"
INSIDE = "TLSPACT_LAB_WORK"    # in the environment of the process inside: its directory
UNSHARE = ("setpriv", "--pdeathsig", "KILL",
           "unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc")
TRY_OVERLAY = ("mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work /mnt/all && "
               "mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /mnt/all")


def obstacle():
    """Why `enter` cannot work here, "" if it can."""
    tried = subprocess.run([*UNSHARE, "sh", "-c", TRY_OVERLAY], check=False, capture_output=True, text=True)
    if tried.returncode == 0:
        return ""
    return f"needs root, namespaces and overlay mounts ({tried.stderr.strip()})"


def is_inside():
    """Whether this process is the one in the namespaces."""
    return INSIDE in os.environ


def enter():
    """Runs this program once more, inside, and returns only there.

    The result is an empty directory, in memory, for all that is written. The process outside
    waits and ends with the exit code of the one inside. When that ends, however it ends, the kernel ends
    everything that it started and drops every mount.
    """
    if not is_inside():
        sys.exit(_run_inside())
    _become_child_of_init()
    work = pathlib.Path(os.environ[INSIDE])
    socket.sethostname(HOST_NAME)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", work], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "route", "add", "local", RECEIVER_NETWORK, "dev", "lo"], check=True)
    return work


def _run_inside():
    """The outer half: the exit code of the inner one."""
    with tempfile.TemporaryDirectory(prefix="tlspact-lab-") as work:
        environment = dict(os.environ, **{INSIDE: work})
        with subprocess.Popen([*UNSHARE, sys.executable, *sys.argv], env=environment) as inner:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda _number, _frame: inner.kill())
            code = inner.wait()
    return code if code >= 0 else 128 - code


def _become_child_of_init():
    """Forks: the child returns; the parent stays as process 1, collects orphans, and ends with the child."""
    child = os.fork()
    if child == 0:
        return
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)
