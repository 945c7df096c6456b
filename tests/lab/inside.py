# SPDX-License-Identifier: MIT
"""A program of this machine, run inside a root: with the machine's own libraries, but with everything else, such as
configuration, mail server and identity, being the root's."""

import pathlib
import re
import shutil
import subprocess

PLACE = "opt/machine"


class Inside:
    """Copies the program and binds the machine's libraries into the root; needs the mount namespace of `netns.enter`.
    A copy, so that a build that goes on beside the tests does not change it under them."""

    def __init__(self, root, program, place=PLACE):
        self.root, self.place = root, place
        linked = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
        loader = pathlib.Path(re.search(r"^\s*(/\S+ld-linux\S*)", linked, re.M)[1]).resolve()
        libraries = sorted({str(pathlib.Path(path).parent.resolve()) for path in re.findall(r"=> (/\S+)", linked)})
        (self.root / place / "bin").mkdir(parents=True)
        shutil.copy(program, self.root / place / "bin")
        for number, directory in enumerate(libraries):
            self._bind(directory, f"lib{number}")
        inside = [f"/{place}/lib{number}" for number in range(len(libraries))]
        self._command = [f"{inside[libraries.index(str(loader.parent))]}/{loader.name}", "--library-path",
                         ":".join(inside), f"/{place}/bin/{pathlib.Path(program).name}"]

    def attempt(self, *arguments, path=""):
        """Runs it as root; returns its CompletedProcess. `path` is put before the root's PATH."""
        self.root.age_main_cf()
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, check=False, timeout=120,
                              env=self.environment(path), cwd="/")

    def command(self, *arguments):
        """The whole command, for those who start it themselves."""
        return ["chroot", str(self.root.path), *self._command, *map(str, arguments)]

    def environment(self, path=""):
        """What it runs with."""
        return {"PATH": f"{path + ':' if path else ''}/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/root"}

    def _bind(self, directory, name):
        target = self.root / self.place / name
        target.mkdir(parents=True)
        subprocess.run(["mount", "--bind", directory, target], check=True)
