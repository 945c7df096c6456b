# SPDX-License-Identifier: MIT
"""MX hosts on loopback, each at an address of its own, all at one free port, that can change how they behave."""

import socket

from .receiver import Behaviour, MailLog, Receiver


class MailHosts:
    """Use as a context manager. `hosts`: name -> address, such as 127.0.1.1. They are good, with a certificate of
    `authority` for their name, until become() says something else."""

    def __init__(self, authority, hosts):
        self.authority, self.log = authority, MailLog()
        self.addresses = dict(hosts)
        self.port = free_port(*hosts.values())
        self.receivers = {}
        for name in hosts:
            self.become(name, Behaviour(authority.issue(name)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in self.addresses:
            self.stop(name)

    def become(self, name, behaviour):
        """From now on the host behaves like this."""
        self.stop(name)
        self.receivers[name] = Receiver(self.addresses[name], name, behaviour, self.log, self.port)
        self.receivers[name].start()

    def strip(self, *names):
        """These offer no STARTTLS from now on."""
        for name in names:
            self.become(name, Behaviour())

    def stop(self, name):
        """Nobody listens there from now on."""
        if name in self.receivers: self.receivers.pop(name).stop()


def free_port(*addresses):
    """A port that is free at all of these addresses."""
    for _ in range(100):
        with socket.create_server((addresses[0], 0)) as first:
            port = first.getsockname()[1]
            try:
                for address in addresses[1:]:
                    socket.create_server((address, port)).close()
            except OSError:
                continue
        return port
    raise RuntimeError("no port is free at all of " + ", ".join(addresses))
