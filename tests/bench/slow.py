#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""slow.py BUILD [ROUNDS]: what 1000 slow connections of six kinds do to the others, in a build of bench_slow and tenure-load.

Starts the service twice with short deadlines, and takes turns: steady reads at one of them with nobody else, with the
slow ones at the other, so that the processor that they take themselves is in it, and with the slow ones at the same. Each
slow connection must be over within its deadline and half a second; the p99 of the others must not rise by more than a
quarter above nobody's. What is measured begins when all slow ones are there, and ends before the first deadline.

Other programs of the machine are in the figures; as root, `chrt -f 10 tests/bench/slow.py BUILD` keeps them out."""
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

HEADER, BODY, IDLE = 5.0, 6.0, 7.0
LATE = 0.5
CONNECTIONS, ROUND, RATE = 1000, 3, 2000  # a second
BUILD = pathlib.Path(sys.argv[1])


def start(program, ports):
    settings = {"listen.data": "127.0.0.1:0", "listen.admin": "127.0.0.1:0", "store.kind": "memory", "gc.schedules": "[]",
                "http.header_timeout": f"{HEADER:.0f}s", "http.body_timeout": f"{BODY:.0f}s",
                "http.idle_timeout": f"{IDLE:.0f}s"}
    flags = [flag for name, value in settings.items() for flag in ("--set", f"{name}={value}")]
    server = subprocess.Popen([program, *flags, "--ports-file", ports], stdout=subprocess.DEVNULL)
    while not ports.exists() or not ports.read_text():
        time.sleep(0.05)
    return server, int(re.search(r"data (\d+)", ports.read_text())[1])


def p99(ports):
    """Milliseconds, over one round of reads at a rate that is a small part of what the service can do."""
    report = ports.with_suffix(".json")
    subprocess.run([BUILD / "tests/load/tenure-load", "--ports", ports, "--people", ports.with_suffix(".people"), "--json", report,
                    "--mix", "session=1", "--users", "100", "--rate", str(RATE), "--duration", str(ROUND), "--connections", "8",
                    "--threads", "1", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return json.loads(report.read_text())["latency_ms"]["p99"]


def p99_beside_slow(ports, slow_port):
    slow = subprocess.Popen([BUILD / "tests/bench/bench_slow", str(slow_port), str(HEADER), str(BODY), str(IDLE)], stdout=subprocess.PIPE, text=True)
    slow.stdout.readline()
    time.sleep(0.3)
    value = p99(ports)
    return value, read_late(slow.communicate()[0])


def read_late(text):
    return {name: float(late) for name, late in (line.rsplit(" ", 1) for line in text.splitlines())}


def main():
    program = BUILD / "server" / "tenured"
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    with tempfile.TemporaryDirectory() as folder:
        ports = pathlib.Path(folder, "ports")
        server, port = start(program, ports)
        other, other_port = start(program, pathlib.Path(folder, "other"))
        try:
            alone, elsewhere, beside, late = [], [], [], {}
            p99(ports)
            for _ in range(rounds):
                alone.append(p99(ports))
                elsewhere.append(p99_beside_slow(ports, other_port)[0])
                value, more = p99_beside_slow(ports, port)
                beside.append(value)
                late = {name: max(late.get(name, 0), more[name]) for name in more}
        finally:
            for process in (server, other):
                process.terminate()
                process.wait()
    base, other, here = (statistics.median(values) for values in (alone, elsewhere, beside))
    print(f"p99 of {rounds} rounds at {RATE} reads/s, ms: {base:.3f} alone, {other:.3f} with {CONNECTIONS} slow ones elsewhere, "
          f"{here:.3f} with them here: {here / base:.2f} (at most 1.25)")
    for name, over in late.items():
        print(f"{name}: {over:.2f} s behind the deadline at most ({LATE})")
    return 0 if here <= 1.25 * base and max(late.values()) <= LATE else 1


if __name__ == "__main__":
    sys.exit(main())
