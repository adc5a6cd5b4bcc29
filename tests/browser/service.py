# SPDX-License-Identifier: MIT
"""The real program on free ports, HTTP to it, and a load of users who come, go and come back."""

import http.client
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("TENURED", str(ROOT / "build/asan/server/tenured"))
PATIENCE = 30  # seconds, for anything


def call(port, method, path, body=None, token=None):
    """(status, document) of one call."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        return exchange(connection, method, path, body, headers)
    finally:
        connection.close()


def exchange(connection, method, path, body=None, headers={}):
    data = None if body is None else json.dumps(body)
    connection.request(method, path, data, {**headers, "Content-Type": "application/json"} if data else headers)
    reply = connection.getresponse()
    text = reply.read()
    is_json = "json" in reply.getheader("Content-Type", "")
    return reply.status, json.loads(text) if is_json else text.decode()


class Service:
    """It can be killed and started again where it was."""

    def __init__(self, *settings):
        self.settings, self.data, self.admin, self.process = settings, 0, 0, None

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tenure-browser-")
        self.log = open(pathlib.Path(self.folder.name, "log"), "w+")
        self.start()
        return self

    def __exit__(self, *failure):
        self.resume()
        self.process.terminate()
        status = self.process.wait(PATIENCE)
        self.log.seek(0)
        said = self.log.read()
        self.log.close()
        self.folder.cleanup()
        if status not in (0, -signal.SIGKILL):
            raise AssertionError(f"The service ended with {status}:\n{said}")

    def start(self):
        ports = pathlib.Path(self.folder.name, "ports")
        ports.unlink(missing_ok=True)
        settings = [f"listen.data=127.0.0.1:{self.data}", f"listen.admin=127.0.0.1:{self.admin}",
                    f"store.path={self.folder.name}/tenured.db", "drain.timeout=1s", *self.settings]
        arguments = [word for setting in settings for word in ("--set", setting)]
        self.process = subprocess.Popen([PROGRAM, "--ports-file", str(ports), *arguments],
                                        stdout=self.log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + PATIENCE
        while not ports.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.log.seek(0)
                raise AssertionError(f"The service did not start:\n{self.log.read()}")
            time.sleep(0.02)
        found = dict(line.split() for line in ports.read_text().splitlines())
        self.data, self.admin = int(found["data"]), int(found["admin"])

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def halt(self):
        """It is there and does not answer, until resume."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)

    @property
    def page(self):
        return f"http://127.0.0.1:{self.admin}/"

    def ask(self, path, token=None):
        status, document = call(self.admin, "GET", path, token=token)
        assert status == 200, f"GET {path}: {status}"
        return document

    def rule(self, name):
        """The rule of this name; None: there is none."""
        return next((rule for rule in self.ask("/v1/gc/schedules")["items"] if rule["name"] == name), None)

    def asked(self, route):
        """How many requests for this route of the admin plane were answered."""
        start = f'tenured_http_requests_total{{plane="admin",route="{route}"'
        return sum(float(line.split()[-1]) for line in self.ask("/metrics").splitlines() if line.startswith(start))


class Load:
    """[users] log in and out one after the other, so that each is away for about [away] seconds; every second login is
    by one of a tenth of them, who are away for a tenth of that. Ends by itself after [most] seconds."""

    def __init__(self, service, users=1500, away=20, workers=3, most=300):
        self.port, self.users, self.away, self.workers = service.data, users, away, workers
        self.until, self.ended, self.failures = time.monotonic() + most, threading.Event(), []

    def __enter__(self):
        self.threads = [threading.Thread(target=self.work, args=(number,)) for number in range(self.workers)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *failure):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def work(self, number):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        own = [f"user-{i}" for i in range(number, self.users, self.workers)]
        try:
            for user in own:
                exchange(connection, "PUT", f"/v1/users/{user}", {"name": user, "attributes": {"notes": "n" * 2000}})
            self.visit(connection, own)
        except OSError as error:
            self.failures.append(error)
        finally:
            connection.close()

    def visit(self, connection, own):
        pause, due, turn = self.away / 2 / len(own), time.monotonic(), 0
        while not self.ended.is_set() and time.monotonic() < self.until:
            user = own[turn // 2 % len(own)] if turn % 2 else own[turn // 2 % (len(own) // 10)]
            _, session = exchange(connection, "POST", "/v1/sessions", {"user_id": user})
            exchange(connection, "DELETE", f"/v1/sessions/{session['id']}")
            turn += 1
            due = max(due + pause, time.monotonic() - 1)  # does not run after what it missed
            time.sleep(max(0, due - time.monotonic()))
