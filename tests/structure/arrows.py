#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fails on an #include against the arrows between the rooms.

    policy < generators < lookup < daemon        policy < smtp < daemon
    inside daemon: config, dns, store < sources, probe < control < cli and the mains

"a < b" reads: b may include a, a may not include b. Siblings do not include each other. The pure
room, policy/, takes no library beyond the standard one.
"""
import pathlib
import re
import sys

ROOMS = {
    "policy": set(),
    "generators": {"policy"},
    "lookup": {"policy", "generators"},
    "smtp": {"policy"},
    "daemon": {"policy", "generators", "lookup", "smtp"},
}
DAEMON = {
    "config": set(),
    "dns": set(),
    "store": set(),
    "sources": {"config", "dns", "store"},
    "probe": {"config", "dns", "store"},
    "control": {"config", "dns", "store", "sources", "probe"},
    "cli": {"config", "dns", "store", "sources", "probe", "control"},
}
MAINS = set(DAEMON)
# The C library's address conversion is the one thing beyond C++'s own headers.
POLICY_SYSTEM_HEADERS = {"arpa/inet.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def room_of(path):
    return path.split("/")[0]


def daemon_part(path):
    """The folder of daemon/ that a file lies in; None for the mains."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 else None


def fault_of(source, quoted, target):
    """Why `source` may not include `target`, or None."""
    room = room_of(source)
    if not quoted:
        standard = re.fullmatch(r"[a-z0-9_]+", target)
        if room == "policy" and not standard and target not in POLICY_SYSTEM_HEADERS:
            return "policy/ takes no library beyond the standard one"
        return None
    other = room_of(target)
    if other not in ROOMS:
        return "no room of that name"
    if other != room:
        return None if other in ROOMS[room] else f"{room}/ may not include {other}/"
    if room != "daemon":
        return None
    mine, theirs = daemon_part(source), daemon_part(target)
    if theirs is None:
        return None if mine is None else "only the mains include what lies beside them"
    allowed = MAINS if mine is None else DAEMON.get(mine, set()) | {mine}
    return None if theirs in allowed else f"daemon/{mine}/ may not include daemon/{theirs}/"


def faults(root):
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            source = str(path.relative_to(root))
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                fault = fault_of(source, match[1] == '"', match[2])
                if fault:
                    yield f"{source}:{number}: {match[2]}: {fault}"


def main():
    found = list(faults(pathlib.Path(sys.argv[1])))
    print("\n".join(found) if found else "every #include follows the arrows")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
