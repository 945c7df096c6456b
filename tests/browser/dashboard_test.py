# SPDX-License-Identifier: MIT
"""The dashboard in a real browser, with a real tlspactd behind it: what is there, the search, phone and wide screen, light
and dark, the keyboard. Writes build/dashboard.png."""
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "service"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from example_site import ExampleSite, HOSTILE  # noqa: E402
from webdriver import Browser, ENTER, TAB, chromedriver, chromium  # noqa: E402

BUILD = pathlib.Path(os.environ.get("TLSPACT_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build"))
WIDTHS = (360, 1440)
SCHEMES = ("light", "dark")
SECTIONS = {"alerts": "Alerts", "levels": "Next-hops by level and source", "changes": "What changed since yesterday",
            "expires": "What expires soon", "failing": "MX hosts that would fail, and why",
            "evidence": "Evidence over time", "lists": "Lists", "generations": "Generations", "runs": "Runs"}


class DashboardTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for program in (chromium(), chromedriver()):
            if program is None: raise AssertionError("chromium and chromium-driver are not installed")
        cls.site = cls.enterClassContext(ExampleSite())
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        self.browser.look(1440)
        self.open("/")

    def open(self, path):
        self.browser.open(self.site.url + path)

    def paths(self):
        yield from ("/", "/explain?domain=railway.example", "/explain?domain=nobody.example", "/generation?number=2")

    def said_nothing(self):
        self.assertEqual([each for each in self.browser.console() if each["level"] != "INFO"], [])

    def test_it_loads_with_every_section(self):
        self.browser.console()
        self.open("/")
        for section, words in SECTIONS.items():
            self.assertEqual(self.browser.text(f"h2#{section}"), words)
        self.assertEqual(self.browser.run("return document.scripts.length"), 0)
        levels = self.browser.run("return [...document.querySelectorAll('h1,h2,h3')].map(e => +e.tagName[1])")
        self.assertEqual(levels.count(1), 1)
        self.assertTrue(all(after <= before + 1 for before, after in zip(levels, levels[1:])), levels)
        self.said_nothing()

    def test_nothing_comes_from_elsewhere(self):
        names = self.browser.run("return performance.getEntriesByType('resource').map(e => e.name)")
        self.assertGreater(len(names), 1)
        for name in names:
            self.assertTrue(name.startswith(self.site.url), name)

    def test_an_alarm_is_shown(self):
        self.assertIn("mx.railway.example", self.browser.text("section[aria-labelledby=alerts]"))
        self.assertIn("Alarm: did TLS, and does not since", self.browser.text("section[aria-labelledby=failing]"))
        self.assertIn("alert", self.browser.text("h1"))

    def test_a_search_explains(self):
        self.browser.console()
        self.browser.write("#domain", "acme.example")
        self.browser.follow(lambda: self.browser.click("button[type=submit]"))
        self.assertEqual(self.browser.text("h1"), "acme.example: secure")
        self.assertTrue(self.browser.url().endswith("/explain?domain=acme.example"))
        text = self.browser.text("main")
        for words in ("agreement Acme Bank", "in force", "mx1.acme.example", "acme.example secure match="):
            self.assertIn(words, text)
        self.open("/explain?domain=railway.example")
        self.assertIn("Alarm: no TLS since", self.browser.text("main"))
        self.assertIn("negative", self.browser.run("return document.querySelector('svg.chart').getAttribute('aria-label')"))
        self.said_nothing()

    def test_what_is_no_domain_is_said_to_be_none(self):
        self.browser.write("#domain", "not a domain")
        self.browser.follow(lambda: self.browser.click("button[type=submit]"))
        self.assertEqual(self.browser.text("h1"), "Not explained")
        self.assertIn("not a domain", self.browser.text("[role=alert]"))

    def test_a_hostile_text_is_a_text(self):
        self.assertIn(HOSTILE, self.browser.text("section[aria-labelledby=failing]"))
        self.assertEqual(self.browser.run("return document.querySelectorAll('img[src=\"x\"]').length"), 0)

    def test_a_generation_and_what_it_changed(self):
        self.assertIn("railway.example", self.browser.text("section[aria-labelledby=changes]"))
        self.browser.follow(lambda: self.browser.click("section[aria-labelledby=generations] tbody a"))
        self.assertRegex(self.browser.text("h1"), "^Generation [0-9]+$")
        self.assertIn("tickets.railway.example", self.browser.text("main"))
        self.said_nothing()

    def test_no_page_scrolls_sideways(self):
        for path in self.paths():
            for width in WIDTHS:
                with self.subTest(path=path, width=width):
                    self.browser.look(width)
                    self.open(path)
                    wide = self.browser.run("return [document.documentElement.scrollWidth, innerWidth]")
                    self.assertEqual(wide, [width, width])

    def test_by_keyboard_alone(self):
        """The first stop leads past the head; then come the name and the search, which Enter sends."""
        focused = "return document.activeElement.className || document.activeElement.id || document.activeElement.tagName"
        self.browser.press(TAB)
        self.assertEqual(self.browser.run(focused), "skip")
        left = self.browser.run("return document.activeElement.getBoundingClientRect().left")
        self.assertGreaterEqual(left, 0, "it is seen while it has the focus")
        self.browser.press(ENTER)
        self.assertEqual(self.browser.run("return document.activeElement.id"), "main")
        self.open("/")
        self.browser.press(TAB, TAB, TAB)
        self.assertEqual(self.browser.run(focused), "domain")
        self.assertNotEqual(self.browser.run("return getComputedStyle(document.activeElement).outlineStyle"), "none")
        self.browser.follow(lambda: self.browser.press(*"clinic.example", ENTER))
        self.assertEqual(self.browser.text("h1"), "clinic.example: secure")

    def test_every_box_that_scrolls_can_be_reached_and_has_a_name(self):
        self.browser.look(360)
        self.open("/")
        unnamed = self.browser.run("""
            return [...document.querySelectorAll('main *')].filter(e => {
              const style = getComputedStyle(e);
              return /auto|scroll/.test(style.overflowX + style.overflowY) &&
                     (e.tabIndex < 0 || !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby')));
            }).map(e => e.outerHTML.slice(0, 80))""")
        self.assertEqual(unnamed, [])

    def test_screenshots(self):
        BUILD.mkdir(exist_ok=True)
        for width in WIDTHS:
            for scheme in SCHEMES:
                self.browser.look(width, scheme=scheme)
                for name, path in (("page", "/"), ("explain", "/explain?domain=railway.example"),
                                   ("generation", "/generation?number=2")):
                    self.open(path)
                    self.browser.screenshot(BUILD / f"dashboard-{name}-{width}-{scheme}.png")
        self.browser.look(1200)
        self.open("/")
        # As on a real machine: not below the directory of a test.
        self.browser.run("""
            const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(arguments[0], '')""",
                         str(self.site.machine.root))
        self.browser.screenshot(BUILD / "dashboard.png", height=1320)
        self.assertGreater((BUILD / "dashboard.png").stat().st_size, 20_000)


if __name__ == "__main__":
    unittest.main()
