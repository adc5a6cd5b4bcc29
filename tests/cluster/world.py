# SPDX-License-Identifier: MIT
"""PostgreSQL servers, a proxy before them, instances of the service, and a client that keeps a record."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
SCRIPT = HERE.parent / "support" / "postgres.sh"
PROGRAM = os.environ.get("TENURED", str(HERE.parent.parent / "build" / "asan" / "server" / "tenured"))
PATIENCE = 30


def script(*arguments):
    return subprocess.run([str(SCRIPT), *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


class Postgres:
    """A primary, or with [of] the standby of one."""

    def __init__(self, of=None):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="tenure-pg-"))
        self.root.chmod(0o711)
        self.folder = self.root / "p"
        if of:
            self.port = int(script("standby", self.folder, of.folder))
        else:
            self.port = int(script("start", self.folder))

    def sql(self, text):
        return script("sql", self.folder, text)

    def do(self, what):
        return script(what, self.folder)

    def close(self):
        subprocess.run([str(SCRIPT), "kill", str(self.folder)], check=False)
        shutil.rmtree(self.root, ignore_errors=True)


class Proxy:
    """Passes bytes on to a port, later, not at all, or ends what it carries."""

    def __init__(self, target):
        self.target, self.delay, self.cut, self.pairs = target, 0.0, False, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            self.pairs.append((client, server))
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=self.carry, args=(a, b), daemon=True).start()

    def carry(self, source, sink):
        try:
            while data := source.recv(65536):
                if self.delay:
                    time.sleep(self.delay)
                while self.cut:
                    time.sleep(0.01)
                sink.sendall(data)
        except OSError:
            pass
        for s in (source, sink):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def reset(self):
        for pair in self.pairs:
            for s in pair:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.pairs = []

    def close(self):
        self.cut = False
        self.listener.close()
        self.reset()


def conninfo(*ports):
    hosts, numbers = ",".join("127.0.0.1" for _ in ports), ",".join(map(str, ports))
    return f"host={hosts} port={numbers} user=tenured dbname=postgres sslmode=disable"


class Instance:
    def __init__(self, *ports, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tenure-instance-"))
        self.settings = {"store.kind": "postgres", "listen.data": "127.0.0.1:0", "listen.admin": "127.0.0.1:0", "shards": "2",
                         "store.conninfo": conninfo(*ports),
                         **{name.replace("__", "."): value for name, value in settings.items()}}
        self.start()

    def start(self):
        ports = self.folder / "ports"
        ports.unlink(missing_ok=True)
        flags = [x for name, value in self.settings.items() for x in ("--set", f"{name}={value}")]
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([PROGRAM, "--ports-file", str(ports), *flags], stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + PATIENCE
        while not ports.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"no instance: {self.said()}")
            time.sleep(0.02)
        self.port = int(ports.read_text().split()[1])
        self.admin = int(ports.read_text().split()[3])

    def said(self):
        return (self.folder / "log").read_text(errors="replace")[-3000:]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        status = self.process.returncode
        said = self.said()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        assert status in (0, -signal.SIGKILL), (status, said)
        assert "Sanitizer" not in said, said


class Client:
    """One connection to one instance at a time. Status 0: no answer came."""

    def __init__(self, instance, timeout=12):
        self.instance, self.timeout, self.link = instance, timeout, None
        self.headers = {}

    def call(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if body is not None:
            body = json.dumps(body)
            headers["Content-Type"] = "application/json"
        try:
            if self.link is None:
                self.link = http.client.HTTPConnection("127.0.0.1", self.instance.port, timeout=self.timeout)
            self.link.request(method, path, body, headers)
            reply = self.link.getresponse()
            text = reply.read()
            self.headers = {k.lower(): v for k, v in reply.getheaders()}
            return reply.status, json.loads(text) if text else None
        except (OSError, http.client.HTTPException):
            if self.link:
                self.link.close()
            self.link = None
            return 0, None

    def admin(self, path):
        """What the admin plane answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.instance.admin}{path}", timeout=self.timeout) as reply:
            text = reply.read().decode()
        return text if path == "/metrics" else json.loads(text)

    def put_user(self, user, **fields):
        return self.call("PUT", f"/v1/users/{user}", {"name": user, **fields})

    def login(self, user, **fields):
        return self.call("POST", "/v1/sessions", {"user_id": user, **fields})

    def verify(self, token):
        return self.call("POST", "/v1/sessions/verify", {"token": token, "touch": False})[0]


def figures(instance):
    """The metrics of one instance, by name and labels."""
    lines = Client(instance).admin("/metrics").splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line and line[0] != "#"}


def figure(instance, name):
    return figures(instance)[name]


def expect(condition, *what):
    if not condition:
        raise AssertionError(what)


def eventually(seconds, question, what):
    deadline = time.monotonic() + seconds
    while not question():
        expect(time.monotonic() < deadline, what)
        time.sleep(0.005)
