# SPDX-License-Identifier: MIT
"""The documents below /api/ are what docs/openapi.json says, and the pages what anybody can read without a browser."""
import contextlib
import html.parser
import json
import pathlib
import sqlite3
import sys
import threading
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from example_site import ExampleSite, HOSTILE  # noqa: E402
from json_schema import faults  # noqa: E402

OPENAPI = pathlib.Path(__file__).resolve().parents[2] / "docs/openapi.json"


class Reader(html.parser.HTMLParser):
    """What a page has without a style sheet and without a script."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = [], [], [], []
        self.feed(page)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attributes]

    def handle_starttag(self, tag, attributes):
        self.handle_startendtag(tag, attributes)
        if tag not in ("meta", "link", "input", "img", "br"): self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag: raise AssertionError(f"</{tag}> closes what is not open")

    def handle_data(self, data):
        self.text.append(data)


class ApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = cls.enterClassContext(ExampleSite())
        cls.described = json.loads(OPENAPI.read_text())

    def answer(self, path):
        try:
            with urllib.request.urlopen(self.site.url + path, timeout=60) as got:
                return got.status, got.headers["Content-Type"], got.read().decode()
        except urllib.error.HTTPError as error:
            with error: return error.code, error.headers["Content-Type"], error.read().decode()

    def fits(self, path, query, code="200"):
        status, kind, body = self.answer(path + query)
        self.assertEqual((str(status), kind), (code, "application/json"), body)
        schema = self.described["paths"][path]["get"]["responses"][code]["content"]["application/json"]["schema"]
        self.assertEqual(faults(schema, json.loads(body), self.described), [], body)
        return json.loads(body)

    def test_every_path_answers_what_is_described(self):
        queries = {"/api/explain": "?domain=railway.example"}
        for path in self.described["paths"]:
            with self.subTest(path):
                self.fits(path, queries.get(path, ""))

    def test_the_description_is_served(self):
        self.assertEqual(json.loads(self.answer("/api/openapi.json")[2]), self.described)

    def test_what_is_refused(self):
        for path, query, code in (("/api/explain", "", "400"), ("/api/explain", "?domain=", "400"),
                                  ("/api/explain", "?domain=a..b", "400"), ("/api/explain", "?domain=192.0.2.1", "400"),
                                  ("/api/explain", "?domain=" + "a" * 601, "400"),
                                  ("/api/explain", "?domain=%3Cscript%3E", "400"),
                                  ("/api/explain", "?domain=a.example%00", "400"),
                                  ("/api/explain", "?domain=a.example%0d%0aSet-Cookie:x", "400"),
                                  ("/api/changes", "?number=0", "400"), ("/api/changes", "?number=-1", "400"),
                                  ("/api/changes", "?number=1&since=x", "400"), ("/api/changes", "?number=99999", "404"),
                                  ("/api/changes", "?number=99999999999999999999", "400")):
            with self.subTest(path + query):
                self.fits(path, query, code)
        for target in ("/api/explain?domain=%", "/?" + "a" * 3000):
            self.assertEqual(self.answer(target)[0], 400)
        self.assertEqual(self.answer("/api/nonsense")[0], 404)
        self.assertEqual(self.answer("/api/")[0], 200)

    def test_what_is_said(self):
        self.assertEqual([each["key"] for each in self.fits("/api/changes", "")["maps"][0]["rows"]
                          if "before" not in each and "railway" in each["key"]],
                         ["railway.example", "tickets.railway.example"])
        endings = {each["name"]: each for each in self.fits("/api/expiring", "")["rows"]}
        self.assertTrue({"community", "Harbour Insurance", "publisher03.example"} <= set(endings), endings)
        self.assertTrue(endings["publisher03.example"]["at_risk"])
        self.assertFalse(endings["publisher04.example"]["at_risk"])
        failing = {each["host"]: each for each in self.fits("/api/failing-hosts", "")["rows"]}
        self.assertEqual((failing["mx.harbour.example"]["enforced"], failing["mx.harbour.example"]["level"]), (1, "secure"))
        self.assertIn("alarm", failing["mx.railway.example"])
        days = self.fits("/api/evidence", "")["days"]
        self.assertGreaterEqual(len(days), 29)
        levels = self.fits("/api/status", "")["entries"]["levels"]
        self.assertEqual((levels["mta_sts"], levels["learned"]["encrypt"]), ({"secure": 12}, 6), levels)
        self.assertEqual(self.fits("/api/explain", "?domain=publisher00.example")["policy"]["level"], "secure")

    def test_explaining_is_what_the_command_says(self):
        for domain in ("acme.example", "clinic.example", "nobody.example", "railway.example"):
            with self.subTest(domain):
                told = self.site.machine.json("explain", domain)
                served = self.fits("/api/explain", "?domain=" + domain)
                for each in (told, served):
                    each.pop("notices")     # of this machine's own mail server
                self.assertEqual(served["candidates"], told["candidates"])
                self.assertEqual(served.get("policy"), told.get("policy"))
                self.assertEqual(served["map_key"], told["map_key"])

    def test_explaining_asks_nobody(self):
        """Also where a look-up is due, which the next run would do."""
        with contextlib.closing(sqlite3.connect(self.site.store)) as store, store:
            store.execute("UPDATE sts SET next_look = 0")
        self.assertGreater(self.site.dns.asked, 0)     # runs do
        asked = self.site.dns.asked
        for domain in ("never-heard-of.example", "acme.example", "publisher03.example"):
            self.fits("/api/explain", "?domain=" + domain)
            self.answer("/explain?domain=" + domain)
        self.assertEqual(self.site.dns.asked, asked)

    def test_a_crowd_leaves_room_for_others(self):
        """Of those who ask for what takes long, some may be told to try again; who asks for health never is."""
        codes = []
        crowd = [threading.Thread(target=lambda: codes.append(self.answer("/api/explain?domain=acme.example")[0]))
                 for _ in range(20)]
        for each in crowd:
            each.start()
        self.assertEqual(self.answer("/healthz")[0], 200)
        for each in crowd:
            each.join()
        self.assertLessEqual(set(codes), {200, 503})
        self.assertIn(200, codes)

    def test_causes_are_counted(self):
        metrics = self.answer("/metrics")[2]
        for line in ('tlspact_mta_sts_failures{cause="sts_policy_fetch_error"} 1',
                     'tlspact_mta_sts_failures{cause="sts_webpki_invalid"} 0', "tlspact_failing_hosts 3",
                     'tlspact_endpoint_failures{stage="starttls",class="absent"} 2',
                     'tlspact_endpoint_failures{stage="verify",class="mismatch"} 1', 'tlspact_ending_soon{kind="list"} 1', 'tlspact_ending_soon{kind="mta_sts_policy"} 12',
                     'tlspact_entries_at_level{level="encrypt"} 8', 'tlspact_entries_at_level{level="dane_only"} 0'):
            self.assertIn(line + "\n", metrics)

    def test_a_diff_is_there_both_ways(self):
        numbers = [each["number"] for each in self.fits("/api/generations", "")["generations"]]
        self.assertGreaterEqual(len(numbers), 2)
        there = self.fits("/api/changes", f"?number={numbers[-1]}&since={numbers[0]}")["maps"][0]
        back = self.fits("/api/changes", f"?number={numbers[0]}&since={numbers[-1]}")["maps"][0]
        self.assertEqual((there["added"], there["removed"]), (back["removed"], back["added"]))

    def pages(self):
        number = self.fits("/api/generations", "")["generations"][-1]["number"]
        yield from ("/", "/explain?domain=railway.example", "/explain?domain=nobody.example",
                    "/explain?domain=%3Cscript%3Ealert(1)%3C/script%3E", f"/generation?number={number}")

    def test_pages_without_javascript(self):
        for path in self.pages():
            with self.subTest(path):
                status, kind, body = self.answer(path)
                self.assertEqual(kind, "text/html; charset=utf-8")
                self.assertIn(status, (200, 400))
                page = Reader(body)
                self.assertEqual(page.open, [])
                self.assertNotIn("script", page.tags)
                self.assertNotIn("style", page.tags)
                ids = [value for _, name, value in page.attributes if name == "id"]
                self.assertEqual(len(ids), len(set(ids)))
                for tag, name, value in page.attributes:
                    self.assertFalse(name.startswith("on") or name == "style", (tag, name))
                    if name in ("href", "src", "action"): self.assertRegex(value, "^[/#]")
                    if name in ("aria-labelledby", "for"): self.assertIn(value, ids)

    def test_hostile_texts_stay_texts(self):
        for path in ("/", "/explain?domain=gateway.example"):
            page = Reader(self.answer(path)[2])
            self.assertTrue(HOSTILE in "".join(page.text), "it is there as a text")
            self.assertNotIn(("img", "src", "x"), page.attributes)
        asked = '"><script>x</script>'
        page = Reader(self.answer("/explain?domain=" + urllib.parse.quote(asked))[2])
        self.assertIn(("input", "value", asked), page.attributes)

    def test_an_idn_and_a_next_hop_are_found(self):
        self.assertEqual(self.fits("/api/explain", "?domain=M%C3%BCnchen.example")["next_hop"],
                         "xn--mnchen-3ya.example")
        self.assertEqual(self.fits("/api/explain", "?domain=+%5Brelay.provider.example%5D:587+")["next_hop"],
                         "[relay.provider.example]:587")


if __name__ == "__main__":
    unittest.main()
