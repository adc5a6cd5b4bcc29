#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""slow.py TENURED [ROUNDS]: what 1000 slow connections of six kinds do to the others.

Starts the service twice with short deadlines, and alternates rounds of wrk at one of them while the slow ones are at the
other and while they are at the same: so the processor that the slow client itself takes is in both. Each slow connection
must be over within its deadline and half a second; the p99 of the others must not rise by more than a quarter. What is measured begins when all slow ones are there, and ends before the first deadline."""
import pathlib
import re
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HEADER, BODY, IDLE = 5.0, 6.0, 7.0
LATE = 0.5
CONNECTIONS, ROUND, PARTS = 1000, 3, 20  # PARTS: a tenth of a second after the other, a part of all drips
HEAD = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"
# A name, what is sent at once, what then again and again, and the deadline.
KINDS = [
    ("silent", b"", b"", HEADER),
    ("drips a request line", b"GET /", b"x", HEADER),
    ("drips headers", HEAD, b"X: y\r\n", HEADER),
    ("drips a body", POST, b" ", BODY),
    ("idle", HEAD + b"\r\n", b"", IDLE),
    ("drips behind a reply", HEAD + b"\r\n", b"G", IDLE),
]


class Slow:
    def __init__(self, port, kind):
        self.kind, self.began = kind, time.monotonic()
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.send(kind[1])
        self.ended = None

    def send(self, data):
        try:
            self.socket.send(data)
        except OSError:
            pass

    def read(self):
        try:
            if self.socket.recv(4096):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.ended = time.monotonic()


def be_slow(port):
    """Opens all, drips until all are over, and returns how late the latest of each kind was."""
    selector = selectors.DefaultSelector()
    slow = [Slow(port, KINDS[i % len(KINDS)]) for i in range(CONNECTIONS)]
    for s in slow:
        selector.register(s.socket, selectors.EVENT_READ, s)
    print("open", flush=True)
    next_drip, part = time.monotonic(), 0
    while any(s.ended is None for s in slow) and time.monotonic() < slow[0].began + 20:
        for key, _ in selector.select(0.05):
            key.data.read()
            if key.data.ended:
                selector.unregister(key.data.socket)
                key.data.socket.close()
        if time.monotonic() >= next_drip:
            next_drip += 0.1
            part = (part + 1) % PARTS
            for s in slow[part::PARTS]:
                if s.ended is None:
                    s.send(s.kind[2])
    late = {}
    for s in slow:
        over = (s.ended or time.monotonic()) - s.began - s.kind[3]
        late[s.kind[0]] = max(late.get(s.kind[0], 0), over)
    return late


def start(program, ports):
    settings = {"listen.data": "127.0.0.1:0", "listen.admin": "127.0.0.1:0", "store.kind": "memory", "gc.schedules": "[]",
                "http.header_timeout": f"{HEADER:.0f}s", "http.body_timeout": f"{BODY:.0f}s",
                "http.idle_timeout": f"{IDLE:.0f}s"}
    flags = [flag for name, value in settings.items() for flag in ("--set", f"{name}={value}")]
    server = subprocess.Popen([program, *flags, "--ports-file", ports], stdout=subprocess.DEVNULL)
    while not ports.exists() or not ports.read_text():
        time.sleep(0.05)
    return server, int(re.search(r"data (\d+)", ports.read_text())[1])


def p99(port):
    """Milliseconds, over one round of reads by 8 connections that never pause."""
    out = subprocess.run(["wrk", "-t1", "-c8", f"-d{ROUND}s", "--latency", f"http://127.0.0.1:{port}/livez"],
                         capture_output=True, text=True, check=True).stdout
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    return float(value) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


def p99_beside_slow(port, slow_port):
    slow = subprocess.Popen(["nice", "-n", "19", sys.executable, __file__, "--slow", str(slow_port)], stdout=subprocess.PIPE, text=True)
    slow.stdout.readline()
    time.sleep(0.3)
    value = p99(port)
    return value, read_late(slow.communicate()[0])


def read_late(text):
    return {name: float(late) for name, late in (line.rsplit(" ", 1) for line in text.splitlines())}


def main():
    if sys.argv[1] == "--slow":
        for name, late in be_slow(int(sys.argv[2])).items():
            print(name, late)
        return 0
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    with tempfile.TemporaryDirectory() as folder:
        server, port = start(sys.argv[1], pathlib.Path(folder, "ports"))
        other, other_port = start(sys.argv[1], pathlib.Path(folder, "other"))
        try:
            elsewhere, beside, late = [], [], {}
            p99(port)
            for _ in range(rounds):
                elsewhere.append(p99_beside_slow(port, other_port)[0])
                value, more = p99_beside_slow(port, port)
                beside.append(value)
                late = {name: max(late.get(name, 0), more[name]) for name in more}
        finally:
            for process in (server, other):
                process.terminate()
                process.wait()
    before, after = statistics.median(elsewhere), statistics.median(beside)
    print(f"p99 of {rounds} alternating rounds, ms: {before:.3f} with {CONNECTIONS} slow ones elsewhere, {after:.3f} with them here:"
          f" {after / before:.2f} (at most 1.25)")
    for name, over in late.items():
        print(f"{name}: {over:.2f} s behind the deadline at most ({LATE})")
    return 0 if after <= 1.25 * before and max(late.values()) <= LATE else 1


if __name__ == "__main__":
    sys.exit(main())
