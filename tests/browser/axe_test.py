# SPDX-License-Identifier: MIT
"""What axe-core finds in the pages. It comes from npm into the build directory, nothing of it is kept in the repository;
exits 77, loudly, where it cannot be had."""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "service"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from example_site import ExampleSite  # noqa: E402
from webdriver import Browser  # noqa: E402

VERSION = "4.11.0"
FOLDER = pathlib.Path(os.environ.get("TLSPACT_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build")) / "axe"
PAGES = ("/", "/explain?domain=railway.example", "/explain?domain=nobody.example", "/explain?domain=-",
         "/generation?number=2")
LOOKS = ((360, "light"), (360, "dark"), (1440, "light"), (1440, "dark"))
RUN = """
    const done = arguments[0];
    const told = v => ({impact: v.impact, id: v.id,
                        nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + n.failureSummary)});
    axe.run().then(r => done({passes: r.passes.length, violations: r.violations.map(told)}),
                   e => done({passes: 0, violations: [{impact: 'critical', id: String(e), nodes: []}]}))"""


def axe():
    """Its script; None, and why, if it cannot be had."""
    script = FOLDER / "node_modules/axe-core/axe.min.js"
    npm = shutil.which("npm")
    if not script.exists() and npm is not None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([npm, "install", "--prefix", FOLDER, "--ignore-scripts", "--no-audit", "--no-fund",
                               f"axe-core@{VERSION}"], capture_output=True, text=True, check=False, timeout=300)
        if not script.exists(): return None, done.stderr.strip()
    if not script.exists(): return None, "there is no npm here"
    return script.read_text(encoding="utf-8"), ""


class AxeTest(unittest.TestCase):
    def test_nothing_serious_is_found(self):
        with ExampleSite() as site, Browser() as browser:
            for page in PAGES:
                for width, scheme in LOOKS:
                    with self.subTest(page=page, width=width, scheme=scheme):
                        browser.look(width, scheme=scheme)
                        browser.open(site.url + page)
                        browser.run("document.querySelectorAll('details').forEach(e => e.open = true)")
                        browser.run(SCRIPT)
                        found = browser.run_async(RUN)
                        self.assertGreater(found["passes"], 10)
                        self.assertEqual([each for each in found["violations"] if each["impact"] != "minor"], [])


if __name__ == "__main__":
    SCRIPT, why = axe()
    if SCRIPT is None:
        print(f"NOT LOOKED AT: axe-core cannot be had: {why}", file=sys.stderr)
        sys.exit(77)
    unittest.main()
