"""As much of W3C WebDriver as the tests of the page need, spoken to chromedriver."""

import base64
import json
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request

from fleet_under_test import end_with_parent, free_port, wait_until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """A headless Chromium with a profile of its own."""

    def __init__(self, dark=False, width=1280, height=1040, phone=False):
        self.profile = tempfile.mkdtemp(prefix="kollect-chromium-")
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        self.driver = subprocess.Popen([shutil.which("chromedriver"), f"--port={port}", "--silent"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       preexec_fn=end_with_parent)
        self.session = None
        try:
            if not wait_until(self.answers, 60):
                raise RuntimeError("chromedriver does not answer")
            arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                         "--no-first-run", "--disable-background-networking", "--disable-component-update",
                         "--no-proxy-server", f"--user-data-dir={self.profile}", f"--window-size={width},{height}",
                         "--hide-scrollbars"]
            options = {"args": arguments + (["--force-dark-mode"] if dark else [])}
            if phone:
                options["mobileEmulation"] = {"deviceMetrics": {"width": width, "height": height, "pixelRatio": 2}}
            made = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
                "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})
            self.session = made["sessionId"]
            if dark:
                self.devtools("Emulation.setEmulatedMedia",
                              {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
        except BaseException:
            self.close()
            raise

    def answers(self):
        try:
            return self.call("GET", "/status")["ready"]
        except (urllib.error.URLError, OSError):
            return False

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as refused:
            raise RuntimeError(json.load(refused)["value"]["message"]) from None

    def command(self, method, path, body=None):
        return self.call(method, f"/session/{self.session}{path}", body)

    def devtools(self, name, parameters):
        return self.command("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def open(self, url):
        self.command("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self.command("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def run_later(self, script, *arguments):
        """A script that calls its last argument when it is done."""
        return self.command("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def back(self):
        self.command("POST", "/back", {})

    def drag(self, selector, begin, end):
        """Over an element, from one part of its width to another."""
        left, top, width, height = self.run(
            "const box = document.querySelector(arguments[0]).getBoundingClientRect();"
            "return [box.left, box.top, box.width, box.height]", selector)
        places = [{"type": "pointerMove", "duration": 0, "x": round(left + width * part), "y": round(top + height / 2)}
                  for part in (begin, end)]
        actions = [places[0], {"type": "pointerDown", "button": 0}, places[1], {"type": "pointerUp", "button": 0}]
        self.command("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": actions}]})

    def find(self, selector):
        return self.command("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        """Finds it again where the page has replaced it meanwhile."""
        for left in (2, 1, 0):
            try:
                return self.command("POST", f"/element/{self.find(selector)}/click", {})
            except RuntimeError as refused:
                if "stale element" not in str(refused) or left == 0:
                    raise

    def type(self, selector, text):
        self.command("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def press(self, *keys):
        """Keys for whatever has the focus."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.command("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def texts(self, selector):
        return self.run("return [...document.querySelectorAll(arguments[0])].map(one => one.textContent)", selector)

    def problems(self):
        """What the browser complains of: scripts that fail, and what the page's policy has kept out."""
        return [entry["message"] for entry in self.command("POST", "/se/log", {"type": "browser"})
                if entry["level"] in ("SEVERE", "WARNING")]

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.command("GET", "/screenshot")))

    def close(self):
        if self.session:
            try:
                self.command("DELETE", "")
            except (RuntimeError, OSError):
                pass  # it has gone already
        self.driver.terminate()
        self.driver.wait()
        shutil.rmtree(self.profile, ignore_errors=True)
