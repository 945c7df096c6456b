# SPDX-License-Identifier: MIT
"""Chromium without a screen, driven through chromedriver (W3C WebDriver), with the standard library alone."""
import base64
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
ENTER, TAB = "\ue007", "\ue004"
DEADLINE = 60
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--disable-dev-shm-usage", "--hide-scrollbars", "--force-prefers-reduced-motion"]


def chromium():
    return shutil.which("chromium") or shutil.which("chromium-browser")


def chromedriver():
    return shutil.which("chromedriver")


class WebDriverError(Exception):
    pass


class Browser:
    """Use as a context manager."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="tlspact-chromium-")
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]
        self.log = open(pathlib.Path(self.profile) / "chromedriver.log", "w+", encoding="utf-8")
        self.driver = subprocess.Popen([chromedriver(), f"--port={self.port}"], stdout=self.log, stderr=self.log,
                                       env=dict(os.environ, HOME=self.profile))
        self.session = None

    def __enter__(self):
        try:
            self.wait_for_driver()
            made = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {
                "goog:loggingPrefs": {"browser": "ALL"},
                "goog:chromeOptions": {"binary": chromium(),
                                       "args": [*ARGUMENTS, f"--user-data-dir={self.profile}/data"]}}}})
            self.session = f"/session/{made['sessionId']}"
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.session is not None:
            with contextlib.suppress(WebDriverError, OSError):
                self.ask("DELETE", self.session)
        self.driver.terminate()
        self.driver.wait()
        self.log.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def wait_for_driver(self):
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end and self.driver.poll() is None:
            with contextlib.suppress(OSError):
                if self.ask("GET", "/status")["ready"]: return
            time.sleep(0.05)
        self.log.seek(0)
        raise WebDriverError("chromedriver does not begin: " + self.log.read())

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            with error: raise WebDriverError(json.load(error)["value"]["message"]) from None

    def do(self, command, body):
        return self.ask("POST", self.session + command, body)

    # -- what a person does -----------------------------------------------------------------------

    def open(self, url):
        self.do("/url", {"url": url})

    def url(self):
        return self.ask("GET", self.session + "/url")

    def title(self):
        return self.ask("GET", self.session + "/title")

    def find(self, selector):
        return self.do("/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.do(f"/element/{self.find(selector)}/click", {})

    def follow(self, act):
        """Does what leads to another page, and waits for that."""
        self.run("window.before = true")
        act()
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            with contextlib.suppress(WebDriverError):   # between two pages
                if self.run("return !window.before && document.readyState == 'complete'"): return
            time.sleep(0.02)
        raise WebDriverError("it leads to no other page")

    def write(self, selector, text):
        self.do(f"/element/{self.find(selector)}/value", {"text": text})

    def press(self, *keys):
        """On the keyboard, wherever the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.do("/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    # -- what is looked at ------------------------------------------------------------------------

    def run(self, script, *arguments):
        return self.do("/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script, *arguments):
        return self.do("/execute/async", {"script": script, "args": list(arguments)})

    def text(self, selector="body"):
        return self.ask("GET", self.session + f"/element/{self.find(selector)}/text")

    def console(self):
        """What was said there since the last call."""
        return self.do("/se/log", {"type": "browser"})

    def devtools(self, command, **parameters):
        return self.do("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def look(self, width, height=900, scheme="light"):
        """As on a screen of that width that prefers `scheme`."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                      mobile=width < 600)
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path, height=None):
        """Of the whole page, or of its first `height` pixels, as PNG."""
        size = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], height or size["height"]), "scale": 1}
        shot = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))
