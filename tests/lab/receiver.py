# SPDX-License-Identifier: MIT
"""SMTP receivers that do what a test tells them, and one log of everything that they were told."""

import dataclasses
import socketserver
import ssl
import threading


@dataclasses.dataclass
class Tls:
    """What the handshake of a session said."""

    version: str
    server_name: str | None      # SNI
    client_certificate: bytes | None  # DER


@dataclasses.dataclass
class Mail:
    """A mail transaction, from MAIL FROM on, whether or not it came to an end."""

    receiver: str
    sender: str
    tls: Tls | None              # None: all of it went in clear
    recipients: list = dataclasses.field(default_factory=list)
    text: str | None = None      # None: the message itself was never sent


class MailLog:
    """All mail that any receiver was offered. Safe to use from every thread."""

    def __init__(self):
        self._lock = threading.Lock()
        self._mails = []

    def add(self, mail):
        """Called at MAIL FROM, so that mail that breaks off is seen, too."""
        with self._lock:
            self._mails.append(mail)

    def clear(self):
        """Forgets all."""
        with self._lock:
            self._mails.clear()

    def all(self):
        """All transactions, oldest first."""
        with self._lock:
            return list(self._mails)

    def of(self, sender):
        """The transactions of one envelope sender, oldest first."""
        with self._lock:
            return [mail for mail in self._mails if mail.sender == sender]


@dataclasses.dataclass(frozen=True)
class Behaviour:
    """What a receiver does. Without a credential it does not offer STARTTLS."""

    credential: object = None
    newest_tls: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    client_authority: object = None   # asks for a client certificate of this authority
    refuses: bool = False             # offers STARTTLS and answers 454 to it

    def context(self):
        """The TLS side of it, None without a credential."""
        if self.credential is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.credential.certificate, self.credential.key)
        context.maximum_version = self.newest_tls
        if self.client_authority is not None:
            context.load_verify_locations(self.client_authority.certificate)
            context.verify_mode = ssl.CERT_OPTIONAL
        context.sni_callback = _remember_server_name
        return context


class Receiver:
    """One MX host: an address, a name, a behaviour."""

    def __init__(self, address, name, behaviour, log, port=25):
        self.address, self.port = address, port
        self.name = name
        self.log = log
        self.context, self.refuses = behaviour.context(), behaviour.refuses
        self.connections = 0
        self._server = None

    def start(self):
        """Listens from now on."""
        server = _Server((self.address, self.port), _Session)
        server.receiver = self
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        self._server = server

    def stop(self):
        """Connections are refused from now on."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64


class _Session(socketserver.BaseRequestHandler):
    """One connection. `self.mail` is the transaction that is open."""

    def handle(self):
        self.receiver = self.server.receiver
        self.receiver.connections += 1
        self.request.settimeout(30)
        self.tls = None
        self.mail = None
        try:
            self._converse()
        except OSError:
            pass  # a client that refuses the certificate goes away; ssl.SSLError is an OSError
        finally:
            self.request.close()

    def _converse(self):
        self.lines = self.request.makefile("rb")
        self._say(f"220 {self.receiver.name} ESMTP")
        while line := self.lines.readline(4096):
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            if verb.upper() == "QUIT":
                self._say("221 2.0.0 bye")
                return
            self._answer(verb.upper(), rest)

    def _answer(self, verb, rest):
        """The replies stand here in the order of a session."""
        if verb == "EHLO":
            self._greet()
        elif verb == "STARTTLS" and self.receiver.refuses:
            self._say("454 4.7.0 TLS not available due to temporary reason")
        elif verb == "STARTTLS" and self.receiver.context and not self.tls:
            self._say("220 2.0.0 go ahead")
            self._shake_hands()
        elif verb == "MAIL":
            self.mail = Mail(self.receiver.name, _address(rest), self.tls)
            self.receiver.log.add(self.mail)
            self._say("250 2.1.0 sender ok")
        elif verb == "RCPT" and self.mail:
            self.mail.recipients.append(_address(rest))
            self._say("250 2.1.5 recipient ok")
        elif verb == "DATA" and self.mail:
            self._take_message()
        elif verb in ("RSET", "NOOP", "HELO"):
            self.mail = None
            self._say("250 2.0.0 ok")
        else:
            self._say("502 5.5.1 not here")

    def _greet(self):
        offers_tls = self.receiver.context and not self.tls
        extensions = ["STARTTLS"] if offers_tls else []
        lines = [self.receiver.name, *extensions, "8BITMIME"]
        for line in lines[:-1]:
            self._say(f"250-{line}")
        self._say(f"250 {lines[-1]}")

    def _shake_hands(self):
        self.request = self.receiver.context.wrap_socket(self.request, server_side=True)
        self.lines = self.request.makefile("rb")
        self.tls = Tls(self.request.version(), getattr(self.request, "server_name_seen", None),
                       self.request.getpeercert(binary_form=True))

    def _take_message(self):
        self._say("354 go on")
        text = []
        while (line := self.lines.readline(65536)) not in (b".\r\n", b""):
            text.append(line.decode("utf-8", "replace"))
        self.mail.text = "".join(text)
        self._say("250 2.0.0 taken")

    def _say(self, line):
        self.request.sendall(line.encode("ascii") + b"\r\n")


def _address(rest):
    """The address of "FROM:<a@b> SIZE=1" or "TO:<a@b>", in lower case."""
    return rest.partition("<")[2].partition(">")[0].lower()


def _remember_server_name(connection, server_name, _context):
    connection.server_name_seen = server_name
