# SPDX-License-Identifier: MIT
"""What tlspact is told: agreements and the entries of a STARTTLS-Everywhere list."""

import dataclasses
import datetime
import json


@dataclasses.dataclass(frozen=True)
class Listed:
    """An entry of the signed list. `alias` puts mode and hosts under `policy-aliases` instead."""

    mode: str
    mxs: tuple
    alias: str = ""


@dataclasses.dataclass(frozen=True)
class Agreement:
    """The keys of an [[agreement]]. `domains` defaults to the case's domain.

    In `fingerprints`, {sha256} and {spki} stand for the digests of the certificate that the receiver has.
    """

    level: str
    domains: tuple = ()
    mx: tuple = ()
    match: tuple = ()
    ca_file: str = ""
    fingerprints: tuple = ()
    min_tls: str = ""
    client_certificate: str = ""
    client_key: str = ""
    exception: bool = False


def enforce(*mxs, alias=""):
    """A list entry that has to hold."""
    return Listed("enforce", mxs, alias)


def testing(*mxs):
    """A list entry that is only watched."""
    return Listed("testing", mxs)


def agreement_toml(case, credential):
    """The agreement of a case as one TOML document."""
    agreement = case.agreement
    fields = {"partner": f"Partner of {case.name}", "domains": list(agreement.domains or (case.domain,))}
    for field in dataclasses.fields(agreement):
        value = getattr(agreement, field.name)
        if value and field.name != "domains":
            fields[field.name] = list(value) if isinstance(value, tuple) else value
    if agreement.fingerprints:
        fields["fingerprints"] = [_fill(text, credential) for text in agreement.fingerprints]
    if agreement.exception:
        fields["reason"] = "a test of exceptions"
    lines = [f"{name} = {_toml(value)}" for name, value in fields.items()]
    if agreement.exception:
        lines.append(f"expires = {(_today() + datetime.timedelta(days=90)).isoformat()}")
    return "\n".join(["[[agreement]]", *lines, ""])


def list_json(cases, now):
    """The list that holds every listed case, valid from an hour ago for four weeks."""
    aliases, policies = {}, {}
    for case in cases:
        body = {"mode": case.listed.mode, "mxs": list(case.listed.mxs)}
        if case.listed.alias:
            aliases[case.listed.alias] = body
            body = {"policy-alias": case.listed.alias}
        policies[case.domain] = body
    document = {
        "version": "0.1",
        "author": "the lab",
        "timestamp": (now - datetime.timedelta(hours=1)).isoformat(),
        "expires": (now + datetime.timedelta(weeks=4)).isoformat(),
        "policy-aliases": aliases,
        "policies": policies,
    }
    return json.dumps(document, indent=1)


def _fill(text, credential):
    if "{" not in text:
        return text
    return text.format(sha256=credential.sha256(), spki=credential.spki_sha256())


def _toml(value):
    """Strings, booleans and lists of strings are written in TOML as in JSON."""
    return json.dumps(value)


def _today():
    return datetime.datetime.now(datetime.timezone.utc).date()
