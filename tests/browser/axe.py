# SPDX-License-Identifier: MIT
"""axe-core, from npm into the build directory; nothing of it is kept in the repository."""
import os
import pathlib
import shutil
import subprocess

VERSION = "4.11.0"
FOLDER = pathlib.Path(os.environ.get("TLSPACT_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build")) / "axe"


def source():
    """Its script; None, and why, if it cannot be had."""
    script = FOLDER / "node_modules/axe-core/axe.min.js"
    if not script.exists():
        npm = shutil.which("npm")
        if npm is None: return None, "there is no npm here"
        FOLDER.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([npm, "install", "--prefix", FOLDER, "--ignore-scripts", "--no-audit", "--no-fund",
                               f"axe-core@{VERSION}"], capture_output=True, text=True, check=False, timeout=300)
        if not script.exists(): return None, done.stderr.strip()
    return script.read_text(encoding="utf-8"), ""
