# SPDX-License-Identifier: MIT
"""A headless Chromium and its tabs, by the DevTools protocol; what is done to a tab is done as by mouse and keyboard.

Needs Debian's chromium and python3-websocket."""

import base64
import json
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

import websocket

PATIENCE = 30  # seconds, for anything
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--force-color-profile=srgb",
         "--remote-debugging-port=0", "about:blank"]
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, "Space": 32}


def program():
    """Chromium; None where it is absent."""
    return shutil.which("chromium")


class Chromium:
    """One browser with a profile that goes with it."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tenure-chromium-", ignore_cleanup_errors=True)
        self.process = subprocess.Popen([program(), f"--user-data-dir={self.folder.name}", *FLAGS],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self.port = self.wait_for_port()
        return self

    def wait_for_port(self):
        file, deadline = pathlib.Path(self.folder.name, "DevToolsActivePort"), time.monotonic() + PATIENCE
        while not file.exists() or "\n" not in file.read_text():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("Chromium did not start.")
            time.sleep(0.05)
        return int(file.read_text().splitlines()[0])

    def __exit__(self, *failure):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()

    def ask(self, path):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/json/{path}", method="PUT")
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            return reply.read()

    def open(self, width=1280, height=800, dark=False):
        """A new tab, empty, in front of the others."""
        return Tab(self, json.loads(self.ask("new?about:blank")), width, height, dark)


class Tab:
    def __init__(self, browser, target, width, height, dark):
        self.browser, self.id, self.number, self.errors = browser, target["id"], 0, []
        self.socket = websocket.create_connection(target["webSocketDebuggerUrl"], timeout=PATIENCE, suppress_origin=True)
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.resize(width, height)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def close(self):
        self.socket.close()
        self.browser.ask(f"close/{self.id}")

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()

    # --- The protocol ---------------------------------------------------------------------------

    def call(self, method, **parameters):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']['message']}")
                return message["result"]
            self.note(message)

    def note(self, event):
        """Keeps what a console would show in red."""
        of = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            thrown = of["exceptionDetails"]
            self.errors.append(thrown.get("exception", {}).get("description", thrown["text"]))
        elif event.get("method") == "Log.entryAdded" and of["entry"]["level"] in ("error", "warning"):
            self.errors.append(of["entry"]["text"])
        elif event.get("method") == "Runtime.consoleAPICalled" and of["type"] in ("error", "warning", "assert"):
            self.errors.append(str(of["args"]))

    def evaluate(self, expression):
        """The value of a JavaScript expression; a promise is awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"].get("exception", {}).get("description", expression))
        return answer["result"].get("value")

    def wait_for(self, expression, seconds=PATIENCE):
        """Until the expression is true."""
        deadline = time.monotonic() + seconds
        while not self.evaluate(f"!!({expression})"):
            if time.monotonic() > deadline:
                raise AssertionError(f"never true: {expression}")
            time.sleep(0.1)

    # --- Looking --------------------------------------------------------------------------------

    def resize(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def go(self, url):
        self.call("Page.navigate", url=url)
        self.wait_for(f"location.href.startsWith({json.dumps(url)}) && document.readyState === 'complete'")

    def text(self, selector):
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).textContent")

    def is_in_view(self, selector):
        """Whether all of the element is on the screen, without scrolling, and nothing lies over its middle."""
        return self.evaluate(f"""(() => {{
            const element = document.querySelector({json.dumps(selector)}), box = element.getBoundingClientRect();
            const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            return scrollY === 0 && box.width > 0 && box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight
                && box.right <= innerWidth && element.contains(top);
        }})()""")

    def screenshot(self, path, whole=False):
        """The screen, or the [whole] page, as a PNG."""
        if whole:
            height = self.evaluate("document.documentElement.scrollHeight")
            width = self.evaluate("innerWidth")
            self.resize(width, height)
            time.sleep(1.5)  # charts fit themselves
        shot = self.call("Page.captureScreenshot", format="png")["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(shot))

    # --- Doing ----------------------------------------------------------------------------------

    def click(self, selector):
        x, y = self.evaluate(f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            element.scrollIntoView({{block: "nearest"}});
            const box = element.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
        }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key, shift=False):
        text = {"Enter": "\r", "Space": " "}.get(key, "")
        named = {"key": " " if key == "Space" else key, "code": key, "windowsVirtualKeyCode": KEYS[key],
                 "modifiers": 8 if shift else 0}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **named)
        self.call("Input.dispatchKeyEvent", type="keyUp", **named)

    def type(self, text):
        """Into what has the focus, over what stands there."""
        self.evaluate("document.activeElement.select && document.activeElement.select()")
        self.call("Input.insertText", text=text)

    def choose(self, selector, value):
        """An option of a list, as a user's choice would say it."""
        self.evaluate(f"""(() => {{
            const list = document.querySelector({json.dumps(selector)});
            list.value = {json.dumps(value)};
            list.dispatchEvent(new Event("input", {{bubbles: true}}));
            list.dispatchEvent(new Event("change", {{bubbles: true}}));
        }})()""")

    def focused(self):
        """What the focus is on, as a selector or a word that tells it."""
        return self.evaluate("""(() => { const e = document.activeElement;
            return e.id ? "#" + e.id : e.dataset.order ? `[data-order=${e.dataset.order}]`
                : e.getAttribute("aria-label") || e.name || e.tagName; })()""")
