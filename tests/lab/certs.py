# SPDX-License-Identifier: MIT
"""Certificates made with the openssl command when the test runs; nothing of them is ever stored."""

import dataclasses
import hashlib
import pathlib
import ssl
import subprocess

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")

# "openssl ca" is the only way that all versions have to choose both dates of a certificate.
PAST_CONFIG = """
[ca]
default_ca = past
[past]
database = {work}/index.txt
new_certs_dir = {work}
rand_serial = yes
default_md = sha256
unique_subject = no
policy = any
copy_extensions = copy
default_startdate = 20200101000000Z
default_enddate = 20210101000000Z
[any]
commonName = supplied
"""


@dataclasses.dataclass(frozen=True)
class Credential:
    """A certificate and its private key, both PEM files."""

    certificate: pathlib.Path
    key: pathlib.Path

    def der(self):
        """The certificate as it goes over the wire."""
        return ssl.PEM_cert_to_DER_cert(self.certificate.read_text(encoding="ascii"))

    def sha256(self):
        """The digest of the certificate, lower-case hex."""
        return hashlib.sha256(self.der()).hexdigest()

    def spki_der(self):
        """The public key (SubjectPublicKeyInfo)."""
        return _openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER")

    def spki_sha256(self):
        """The digest of the public key, lower-case hex."""
        return hashlib.sha256(self.spki_der()).hexdigest()

    def tlsa(self, kind):
        """The data of a TLSA record for this certificate; `kind` is "USAGE SELECTOR MATCHING-TYPE": "3 1 1"."""
        _usage, selector, matching_type = kind.split()
        data = self.der() if selector == "0" else self.spki_der()
        digest = {"0": lambda whole: whole, "1": lambda whole: hashlib.sha256(whole).digest(),
                  "2": lambda whole: hashlib.sha512(whole).digest()}[matching_type]
        return f"{kind} {digest(data).hex()}"


class Authority:
    """A certification authority of the lab."""

    def __init__(self, directory, name):
        self.directory = pathlib.Path(directory) / name
        self.directory.mkdir(parents=True)
        self.own = self_signed(self.directory, name)

    @property
    def certificate(self):
        """The PEM file of the root certificate."""
        return self.own.certificate

    def issue(self, *names):
        """A certificate for these host names; the first is the common name, too."""
        request, key = self._request(names)
        target = request.with_suffix(".crt")
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.own.key,
                 "-copy_extensions", "copyall", "-days", "30", "-out", target)
        return Credential(target, key)

    def issue_rsa(self, *names):
        """The same with an RSA key of 2,048 bits."""
        request, key = self._request(names, new_key=("-newkey", "rsa:2048", "-nodes"), suffix="-rsa")
        target = request.with_suffix(".crt")
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.own.key,
                 "-copy_extensions", "copyall", "-days", "30", "-out", target)
        return Credential(target, key)

    def issue_with_chain(self, *names):
        """The same, with this authority's certificate behind it in the file."""
        leaf = self.issue(*names)
        chain = leaf.certificate.with_suffix(".chain")
        chain.write_bytes(leaf.certificate.read_bytes() + self.certificate.read_bytes())
        return Credential(chain, leaf.key)

    def issue_expired(self, *names):
        """The same, but valid in the year 2020 only."""
        request, key = self._request(names)
        target = request.with_suffix(".crt")
        config = self.directory / "past.conf"
        config.write_text(PAST_CONFIG.format(work=self.directory), encoding="ascii")
        (self.directory / "index.txt").touch()
        _openssl("ca", "-batch", "-notext", "-config", config, "-cert", self.certificate,
                 "-keyfile", self.own.key, "-in", request, "-out", target)
        return Credential(target, key)

    def issue_common_name(self, name):
        """A certificate that has its host name as the common name only."""
        request, key = self._request([name], alternative_names=False)
        target = request.with_suffix(".crt")
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.own.key,
                 "-days", "30", "-out", target)
        return Credential(target, key)

    def _request(self, names, alternative_names=True, new_key=NEW_KEY, suffix=""):
        stem = self.directory / (names[0].replace("*", "_") + suffix)
        request, key = stem.with_name(stem.name + ".csr"), stem.with_name(stem.name + ".key")
        more = ("-addext", _alternative_names(names)) if alternative_names else ()
        _openssl("req", "-new", *new_key, "-keyout", key, "-out", request,
                 "-subj", f"/CN={names[0]}", *more)
        return request, key


def self_signed(directory, *names):
    """A certificate that nobody but its holder vouches for."""
    stem = pathlib.Path(directory) / names[0]
    certificate, key = stem.with_name(stem.name + ".crt"), stem.with_name(stem.name + ".key")
    _openssl("req", "-x509", *NEW_KEY, "-days", "30", "-keyout", key, "-out", certificate,
             "-subj", f"/CN={names[0]}", "-addext", _alternative_names(names))
    return Credential(certificate, key)


def _alternative_names(names):
    return "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)


def _openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.decode()}")
    return done.stdout
