# SPDX-License-Identifier: MIT
"""Runs tlspact on the inputs of the cases and lets it write into the root of a mail server."""

import datetime
import os
import shutil
import subprocess

import cases
import policies

CONFIG = """
[dane]
enabled = false

[mta_sts]
enabled = false

[service]
state_dir = "/var/lib/tlspact"

[agreements]
directory = "{inputs}/agreements.d"

[[list]]
name = "lab"
url = "{inputs}/list.json"
signature = "{inputs}/list.json.asc"
key = "{inputs}/list-key.asc"

[tls]
ca_file = "{ca_file}"

[postfix]
enabled = {for_postfix}
version = "{postfix_version}"
types = ["cdb", "lmdb", "hash", "texthash"]

[exim]
enabled = {for_exim}
"""

CA_FILE = "/etc/tlspact-test-ca.pem"    # as the mail servers see it, in their root


# tlspact has postmap write the hash table. The machine may have no Postfix, so it gets the one of the root.
POSTMAP = """#!/bin/sh
for last; do :; done
set -- ${{2:+"$1"}} "${{last%%:*}}:${{last#*:{root}}}"
exec chroot {root} postmap "$@"
"""


class Failed(AssertionError):
    """The program ended with another exit code than 0."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class Tlspact:
    """The program and its inputs: a configuration, agreement files, a signed list."""

    def __init__(self, program, work, world):
        self.program = str(program)
        self._inputs = work / "inputs"
        self._world = world
        self._gnupg_home = work / "gnupg"
        self._tools = work / "tools"
        self._tools.mkdir()
        self._inputs.mkdir()
        self._make_key()
        self.write_list()
        self.write_agreements(cases.ALL)

    def write_list(self):
        """Writes and signs the list of all listed cases."""
        listed = [case for case in cases.ALL if case.listed]
        self.write_signed(policies.list_json(listed, datetime.datetime.now(datetime.timezone.utc)).encode())

    def write_signed(self, data):
        """Makes these bytes the list, with a signature."""
        target = self._inputs / "list.json"
        target.write_bytes(data)
        self._gpg("--yes", "--armor", "--output", f"{target}.asc", "--detach-sign", target)

    def write_agreements(self, some_cases):
        """Writes one file for the agreement of each case, and no other."""
        directory = self._inputs / "agreements.d"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        for case in some_cases:
            if case.agreement:
                text = policies.agreement_toml(case, self._world.credential(case))
                (directory / f"{case.name}.toml").write_text(text, encoding="utf-8")

    def write_agreement_file(self, data):
        """Makes these bytes the only agreement file."""
        self.write_agreements(())
        (self._inputs / "agreements.d/all.toml").write_bytes(data)

    def generate(self, root, kind, postfix_version):
        """Writes the maps at their places below the root."""
        self._run("generate", root, kind, postfix_version)

    def init(self, root, kind, postfix_version):
        """Writes the settings of the mail server at their places below the root."""
        self._run("init", root, kind, postfix_version)

    def _run(self, command, root, kind, postfix_version):
        config = self._inputs / "tlspact.toml"
        config.write_text(CONFIG.format(inputs=self._inputs, ca_file=CA_FILE, postfix_version=postfix_version,
                                        for_postfix=_toml(kind == "postfix"), for_exim=_toml(kind == "exim")),
                          encoding="utf-8")
        postmap = self._tools / "postmap"
        postmap.write_text(POSTMAP.format(root=root.path), encoding="utf-8")
        postmap.chmod(0o755)
        done = subprocess.run([self.program, "--config", config, command, "--output", root.path],
                              capture_output=True, text=True, check=False, timeout=60,
                              env=dict(os.environ, PATH=f"{self._tools}:{os.environ['PATH']}"))
        if done.returncode != 0:
            raise Failed(done.returncode, f"tlspact {command}: exit {done.returncode}\n{done.stdout}{done.stderr}")

    def _make_key(self):
        self._gnupg_home.mkdir(mode=0o700)
        self._gpg("--pinentry-mode", "loopback", "--passphrase", "",
                  "--quick-generate-key", "Lab list <list@lab.test>", "ed25519", "sign", "never")
        self._gpg("--armor", "--output", self._inputs / "list-key.asc", "--export", "list@lab.test")

    def _gpg(self, *arguments):
        environment = dict(os.environ, GNUPGHOME=str(self._gnupg_home))
        command = ["gpg", "--batch", "--quiet", *map(str, arguments)]
        subprocess.run(command, env=environment, check=True, capture_output=True, text=True)


def _toml(flag):
    return "true" if flag else "false"
