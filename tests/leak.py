#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Follows README.md's way to a leak, in a service that leaks on purpose (server/leak/visits.c).

The second ```console block of README.md is typed into a shell, against the program with the leak; what it
says must be what README.md shows, but for numbers, other than those of lines, and times. Then the findings are held
against the source: the metrics grow, the difference names the line that makes what leaks, the census its
type, the roots the line that made what holds it, and so do the retainers in a dump for DevTools. The program as
it is shipped must not have the route.

Usage: leak.py [--print | --picture FILE]    LEAKING names the program, else build/asan/tests/tenured_leaking
--print shows the transcript of a real run, to be pasted into README.md; --picture draws memory over time (PNG or SVG;
needs gnuplot)."""

import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import transcript
from transcript import ROOT, Server

SHIPPED = transcript.PROGRAM
LEAKING = os.environ.get("LEAKING", str(ROOT / "build/asan/tests/tenured_leaking"))
SOURCE = ROOT / "tests/server/leak/visits.c"
MUST_GROW = 100000  # bytes between two readings of the metrics

MEASURED = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "TIME"),
    (r'(?<!"line":)(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?', "N"),
]


def normalised(text):
    for pattern, name in MEASURED:
        text = re.sub(pattern, name, text)
    return [line.rstrip() for line in text.splitlines()]


def check(holds, what, said):
    if not holds:
        sys.exit(f"{what}:\n{said}")


def line_of(words):
    """The number of the only line of the source that has [words]."""
    found = [i for i, line in enumerate(SOURCE.read_text().splitlines(), 1) if words in line]
    check(len(found) == 1, f"{SOURCE.name} should say {words} once", found)
    return found[0]


# --- The transcript ----------------------------------------------------------------------------------


def follow(server, commands):
    said, errors = transcript.typed(server, commands)
    check(len(said) > len(commands), "The shell ended early", errors)
    return said[:len(commands)]


def check_shown(steps, said):
    for (command, expected), got in zip(steps, said):
        check(normalised(got) == normalised("\n".join(expected)), f"README.md shows\n$ {command}\n"
              + "\n".join(expected) + "\nbut the service said", got)


def last_json(said, words):
    """The last answer that has [words]."""
    return json.loads([text for text in said if words in text][-1])


def is_at(row, words):
    return row["site"] and (row["site"]["file"], row["site"]["line"]) == ("tests/server/leak/visits.c", line_of(words))


def check_findings(said):
    readings = [int(number) for number in re.findall(r"^tenured_traced_memory_bytes (\d+)", "\n".join(said), re.M)]
    grows = len(readings) >= 3 and all(b - a > MUST_GROW for a, b in zip(readings, readings[1:]))
    check(grows, "The metrics should show that memory grows", readings)
    diff = last_json(said, '"size_diff"')["items"]
    check(is_at(diff[0], "tn_str_new"), "The difference should name first what the leak makes", diff)
    census = last_json(said, '"bytes_growth"')["items"]
    check("visit" in [row["type"] for row in census if row["count_growth"] > 0], "The census should have grown by visits", census)
    roots = last_json(said, '"held_by"')
    holder, leaked = roots["path"]
    check(leaked["type"] == "visit" and holder["type"] == "list" and is_at(holder, "tn_list_new"),
          "The roots should name what holds the visit", roots)
    check(roots["held_by"].startswith("no table of the service"), "Nothing of the service should hold it", roots)


def call(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=transcript.PATIENCE)
    connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    return reply.status, reply.read()


# --- The dump ----------------------------------------------------------------------------------------


class Dump:
    """A .heapsnapshot, as far as retainers and allocation stacks go."""

    def __init__(self, text):
        self.all = json.loads(text)
        self.strings = self.all["strings"]
        self.count = self.all["snapshot"]["node_count"]
        meta = self.all["snapshot"]["meta"]
        self.fields, self.weak = meta["node_fields"], meta["edge_types"][0].index("weak")
        self.holders = {}  # of a node: those who refer to it, but weakly
        edges = iter(zip(*[iter(self.all["edges"])] * len(meta["edge_fields"])))
        for node in range(self.count):
            for _ in range(self.field(node, "edge_count")):
                kind, _, to_node = next(edges)
                if kind != self.weak:
                    self.holders.setdefault(to_node // len(self.fields), []).append(node)

    def field(self, node, name):
        return self.all["nodes"][node * len(self.fields) + self.fields.index(name)]

    def name(self, node):
        return self.strings[self.field(node, "name")]

    def find(self, oid):
        return next(node for node in range(self.count) if self.field(node, "id") == oid)

    def way_to_root(self, node):
        """The nodes of a shortest way from [node] to node 0."""
        ways, known = [[node]], {node}
        for way in ways:
            if way[-1] == 0:
                return way
            for holder in self.holders.get(way[-1], []):
                if holder not in known:
                    known.add(holder)
                    ways.append(way + [holder])
        return sys.exit(f"Nothing retains a {self.name(node)} in the dump")

    def site(self, node):
        """File and line where a node was made."""
        functions, open_lists = self.all["trace_function_infos"], [self.all["trace_tree"]]
        while open_lists:
            children = open_lists.pop()
            for number, function, _, _, deeper in zip(*[iter(children)] * 5):
                if number == self.field(node, "trace_node_id"):
                    return self.strings[functions[6 * function + 2]], functions[6 * function + 4]
                open_lists.append(deeper)
        return None


def check_dump(server, oid):
    status, text = call(server.ports["admin"], "POST", "/v1/heap/dump", {"format": "heapsnapshot"})
    check(status == 200, "There should be a dump", text)
    dump = Dump(text)
    way = dump.way_to_root(dump.find(int(oid)))
    names = [dump.name(node) for node in way]
    check(names[:2] == ["visit", "list"] and names[2].startswith("shard "),
          "Its retainers should be a list, which nothing else of the heap holds", names)
    check(dump.site(way[1]) == ("tests/server/leak/visits.c", line_of("tn_list_new")),
          "The list should have its line", dump.site(way[1]))


# --- The program that users get ----------------------------------------------------------------------


def check_shipped():
    """What users get does not leak."""
    with Server() as server:
        status, _ = call(server.ports["data"], "POST", "/v1/users/ada/visits")
        check(status == 404, "The program as it is shipped has the route", status)


def main():
    steps = transcript.steps(transcript.blocks("console")[1])
    transcript.PROGRAM = LEAKING
    if "--picture" in sys.argv:
        return draw(sys.argv[sys.argv.index("--picture") + 1])
    with Server() as server:
        said = follow(server, [command for command, _ in steps])
        if "--print" in sys.argv:
            for (command, _), got in zip(steps, said):
                print(f"$ {command}" + (f"\n{got}" if got else ""))
            return None
        check_shown(steps, said)
        check_findings(said)
        check_dump(server, last_json(said, '"field_count"')["oid"])
    transcript.PROGRAM = SHIPPED
    check_shipped()
    print(f"{len(steps)} commands of README.md find the leak: its line, its type, and who holds it")


# --- The picture -------------------------------------------------------------------------------------

SECONDS, COLLECTIONS, SAMPLES = 12, 4, 20  # a second
VISITS, SESSIONS = 60, 12  # a sample


def traced(port):
    text = call(port, "GET", "/metrics")[1].decode()
    return int(float(re.search(r"^tenured_traced_memory_bytes (\S+)", text, re.M)[1]))


class Clients:
    """Users who log in and out, which a collection forgets, and one whose visits leak."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=transcript.PATIENCE)
        self.count = 0
        self.ask("PUT", "/v1/users/ada", {"name": "Ada"})
        self.ask("POST", "/v1/sessions", {"user_id": "ada"})

    def ask(self, method, path, body=None):
        self.connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        return self.connection.getresponse().read()

    def come_and_go(self):
        for _ in range(SESSIONS):
            self.count += 1
            name = f"u{self.count}"
            self.ask("PUT", f"/v1/users/{name}", {"name": "Somebody", "attributes": {"text": "x" * 800}})
            session = json.loads(self.ask("POST", "/v1/sessions", {"user_id": name}))
            self.ask("DELETE", f"/v1/sessions/{session['id']}")

    def visit(self):
        for _ in range(VISITS):
            self.ask("POST", "/v1/users/ada/visits")


def record(server, timeline):
    clients, admin, start = Clients(server.ports["data"]), server.ports["admin"], time.monotonic()
    leak = []  # from, to
    for sample in range(SECONDS * SAMPLES):
        now = time.monotonic() - start
        clients.come_and_go()
        if sample >= SECONDS * SAMPLES // 2:
            leak = [leak[0] if leak else (traced(admin), now), (traced(admin), now)]
            clients.visit()
        if (sample + 1) % (SECONDS * SAMPLES // (2 * COLLECTIONS)) == 0:
            call(admin, "POST", "/v1/gc/collect")
        timeline.write(f"MEM {traced(admin) / 2**20:.6f} {now:.4f}\n")
        time.sleep(max(0, (sample + 1) / SAMPLES - (time.monotonic() - start)))
    (low, begin), (high, end) = leak
    timeline.write(f"FUNC visits {low / 2**20:.6f} {begin:.4f} {high / 2**20:.6f} {end:.4f}\n")


def draw(picture):
    with Server() as server, tempfile.NamedTemporaryFile("w", suffix=".timeline") as timeline:
        record(server, timeline)
        timeline.flush()
        subprocess.run([ROOT / "lib/tools/timeline.sh", timeline.name, picture], check=True)


if __name__ == "__main__":
    main()
