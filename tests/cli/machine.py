# SPDX-License-Identifier: MIT
"""A made-up machine below a temporary directory: the sample configuration, its list signed by a key
made on the spot, and the tlspact program run as its administrator would."""
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

TLSPACT = os.environ["TLSPACT"]
SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "templates/sample"


def utc(days=0.0):
    """Now, or `days` away, as lists write it."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Machine:
    """Use as a context manager. Paths are given as on a real machine and lie below `root`."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="tlspact-site-"))
        self.home = self.root / "gnupg"
        self.home.mkdir(mode=0o700)
        self.agreements = self.path("/etc/tlspact/agreements.d")
        shutil.copytree(SAMPLE / "agreements.d", self.agreements)
        self.list = self.path("/etc/tlspact/lists/policy.json")
        self.key = self.path("/etc/tlspact/keys/community.asc")
        self.map = self.path("/var/lib/tlspact/postfix/tls_policy.cdb")
        self.text_map = self.path("/var/lib/tlspact/postfix/tls_policy")
        for directory in (self.list.parent, self.key.parent):
            directory.mkdir(parents=True)
        self.fingerprint = self.new_key("Sample list <list@lists.example>")
        self.export_key(self.fingerprint)
        self.sign(self.sample_list())
        self.configure()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False,
                       stderr=subprocess.DEVNULL)
        shutil.rmtree(self.root, ignore_errors=True)

    def path(self, path):
        return self.root / path.lstrip("/")

    # -- the publisher ------------------------------------------------------------------------

    def gpg(self, *arguments):
        return subprocess.run(["gpg", "--homedir", self.home, "--batch", "--quiet", "--no-tty",
                               "--yes", "--passphrase", "", *arguments], check=True,
                              capture_output=True, text=True).stdout

    def new_key(self, user_id):
        """Makes a signing key; returns its fingerprint."""
        self.gpg("--quick-generate-key", user_id, "ed25519", "sign", "never")
        keys = self.gpg("--with-colons", "--list-keys", user_id).splitlines()
        return next(line for line in keys if line.startswith("fpr:")).split(":")[9]

    def export_key(self, fingerprint):
        self.key.write_text(self.gpg("--armor", "--export", fingerprint))

    def sample_list(self, timestamp=None, expires=None):
        text = (SAMPLE / "policy.json").read_text()
        text = text.replace("@TIMESTAMP@", timestamp or utc(-1))
        return text.replace("@EXPIRES@", expires or utc(13))

    def sign(self, text, key=None):
        """Publishes `text` as the list, with a signature."""
        self.list.write_text(text)
        self.gpg("--armor", "--local-user", key or self.fingerprint, "--output",
                 f"{self.list}.asc", "--detach-sign", str(self.list))

    # -- the administrator --------------------------------------------------------------------

    def configure(self, extra="", types='["cdb", "texthash"]', lookups=False):
        text = (SAMPLE / "tlspact.toml").read_text()
        text = text.replace("/etc/tlspact", str(self.path("/etc/tlspact")))
        text = text.replace("[postfix]\n", f"[postfix]\ntypes = {types}\n")
        text += f'\n[service]\nstate_dir = "{self.path("/var/lib/tlspact")}"\nrun_dir = "{self.path("/run/tlspact")}"\n'
        text += f'\n[agreements]\ndirectory = "{self.agreements}"\n{extra}'
        if not lookups:  # nobody answers here
            text += "\n[dane]\nenabled = false\n\n[mta_sts]\nenabled = false\n"
        self.config = self.path("/etc/tlspact/tlspact.toml")
        self.config.write_text(text)

    def run(self, *arguments, **options):
        """Runs tlspact with this site's configuration."""
        return subprocess.run([TLSPACT, "--config", str(self.config), *arguments], check=False,
                              capture_output=True, text=True, timeout=120, **options)

    def json(self, *arguments):
        """Its JSON document: standard output must hold nothing else."""
        return json.loads(self.run("--json", *arguments).stdout)

    def lines(self):
        """The text map as a dictionary."""
        rows = [line for line in self.text_map.read_text().splitlines() if line[0] != "#"]
        return dict(row.split(" ", 1) for row in rows)
