# SPDX-License-Identifier: MIT
"""MTA-STS policy hosts of any number of domains, on one address and port, good ones and all kinds of bad ones.

By hand: python3 -m tests.lab.policy_host DIR PORT good.test wrong-name=b.test drip-body=c.test …
makes the certificates in DIR (trust DIR/policy-hosts/policy-hosts.crt) and serves until it is interrupted."""

import dataclasses
import socket
import socketserver
import ssl
import sys
import threading
import warnings

from . import certs

PATH = "/.well-known/mta-sts.txt"
STATUSES = {"404": "404 Not Found", "500": "500 Internal Server Error", "304": "304 Not Modified"}
# What a policy host can do; the last word of a faulty certificate's behaviour says what is wrong with it.
CERTIFICATES = ("expired", "self-signed", "wrong-name", "cn-only", "wildcard-middle")
ANSWERS = ("redirect", *STATUSES, "html", "no-type", "oversized", "oversized-chunked", "chunked", "drip-header",
           "drip-body", "silent", "cut-off")
BEHAVIOURS = ("good", "old-tls", *CERTIFICATES, *ANSWERS)


def policy(mode="enforce", mx=("*.test",), max_age=86400):
    """The text of a policy."""
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {each}" for each in mx), f"max_age: {max_age}"]
    return "".join(f"{line}\r\n" for line in lines)


@dataclasses.dataclass
class PolicyHost:
    """What the policy host of one domain does; may be changed while it serves, but for the certificate."""

    behaviour: str = "good"
    text: str = dataclasses.field(default_factory=policy)
    requests: int = 0


class PolicyHosts:
    """The server. `hosts`: domain -> PolicyHost. A context manager; `port` is the one that it got."""

    def __init__(self, directory, hosts, address="127.0.0.1", port=0):
        self.authority = certs.Authority(directory, "policy-hosts")
        self.hosts = {f"mta-sts.{domain}": host for domain, host in hosts.items()}
        self.server_names = []
        self._stop = threading.Event()
        self._contexts = self._make_contexts()
        self._server = _Server((address, port), _Handler)
        self._server.policy_hosts = self
        self.port = self._server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()

    def wrap(self, connection):
        """TLS as the host has it that the client names. Once the handshake has begun, Python could change the
        certificate, but not the version: so the name is looked for in the ClientHello first."""
        hello = connection.recv(4096, socket.MSG_PEEK)
        context = next((each for name, each in self._contexts.items() if name and name.encode() in hello),
                       self._contexts[None])
        return context.wrap_socket(connection, server_side=True)

    def answer(self, connection, name):
        """Does to one request for `name` what its host does."""
        host = self.hosts.get(name)
        if host is None:
            connection.sendall(_message("404 Not Found", "Content-Type: text/plain\r\n", "no such host"))
            return
        host.requests += 1
        for piece in _pieces(host, self._stop):
            connection.sendall(piece)

    def _make_contexts(self):
        """Good names share one certificate, so that thousands cost no more than one."""
        good = sorted(name for name, host in self.hosts.items() if host.behaviour not in CERTIFICATES)
        contexts = {None: _context(self.authority.issue(*(good or ["mta-sts.test"])))}
        for name, host in self.hosts.items():
            if host.behaviour in CERTIFICATES:
                contexts[name] = _context(self._faulty(host.behaviour, name))
            elif host.behaviour == "old-tls":
                old = _context(self.authority.issue(name))
                old.set_ciphers("ALL:@SECLEVEL=0")
                with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
                    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
                contexts[name] = old
        for context in contexts.values():
            context.sni_callback = lambda _connection, name, _context: self.server_names.append(name)
        return contexts

    def _faulty(self, fault, name):
        if fault == "expired":
            return self.authority.issue_expired(name)
        if fault == "self-signed":
            return certs.self_signed(self.authority.directory, name)
        if fault == "cn-only":
            return self.authority.issue_common_name(name)
        if fault == "wildcard-middle":
            return self.authority.issue("mta-sts.*." + name.split(".", 2)[2])
        return self.authority.issue("other." + name)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            self.request.settimeout(60)
            with self.server.policy_hosts.wrap(self.request) as connection:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    piece = connection.recv(4096)
                    if not piece:
                        return
                    head += piece
                self.server.policy_hosts.answer(connection, _host_of(head.decode("latin-1")))
                connection.unwrap()
        except (OSError, ValueError):  # the client has gone, or did not like the certificate
            pass


def _host_of(head):
    for line in head.split("\r\n"):
        if line.lower().startswith("host:"):
            return line.split(":")[1].strip().lower()
    return ""


def _context(credential):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(credential.certificate, credential.key)
    return context


def _message(status, headers, body):
    return (f"HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}").encode()


def _pieces(host, stop):
    """What a host sends, piece by piece; without end where it drips."""
    plain = "Content-Type: text/plain\r\n"
    start = f"HTTP/1.1 200 OK\r\nConnection: close\r\n{plain}"
    kind = host.behaviour
    big = host.text + "x: " + "x" * 70000
    if kind in STATUSES:
        yield _message(STATUSES[kind], plain, host.text)
    elif kind == "redirect":
        yield _message("302 Found", f"{plain}Location: {PATH}\r\n", host.text)
    elif kind == "html":
        yield _message("200 OK", "Content-Type: text/html\r\n", host.text)
    elif kind == "no-type":
        yield _message("200 OK", "", host.text)
    elif kind == "oversized":
        yield _message("200 OK", plain, big)
    elif kind in ("chunked", "oversized-chunked"):
        body = big if kind == "oversized-chunked" else host.text
        yield f"{start}Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n{body}\r\n0\r\n\r\n".encode()
    elif kind == "cut-off":
        yield f"{start}Content-Length: {len(host.text) + 10}\r\n\r\n{host.text}".encode()
    elif kind in ("drip-header", "drip-body", "silent"):
        if kind != "silent":
            yield (start + ("X: " if kind == "drip-header" else "Content-Length: 60000\r\n\r\n")).encode()
        while not stop.wait(0.1):
            yield b"" if kind == "silent" else b"x"
    else:
        yield _message("200 OK", plain, host.text)


def main(arguments):
    """Serves until it is interrupted."""
    directory, port, *words = arguments
    hosts = {}
    for word in words:
        behaviour, _, domain = word.rpartition("=")
        if behaviour and behaviour not in BEHAVIOURS:
            sys.exit(f"{behaviour}: not one of {', '.join(BEHAVIOURS)}")
        hosts[domain] = PolicyHost(behaviour or "good")
    with PolicyHosts(directory, hosts, port=int(port)) as server:
        print(f"port {server.port}, trust {server.authority.certificate}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main(sys.argv[1:])
