#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Other people's programs read our heap dumps: the loader of Chrome's DevTools, in Node; Python and jq.

First of a random graph, where the library itself knows what each object would take with it; then of a real server.

Usage: check.py BUILD    BUILD is the build's folder. Needs node and npm; 77 where npm reaches nothing."""

import collections
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from transcript import PATIENCE, Server  # noqa: E402

PACKAGES = ["chrome-devtools-frontend@1.0.1705227", "esbuild@0.25.12"]
FOLDER = HERE.parent.parent / "build/heapsnapshot"
LOCALES = """export const BUNDLED_LOCALES = ["en-US"], LOCALES = ["en-US"], DEFAULT_LOCALE = "en-US";
export const REMOTE_FETCH_PATTERN = "", LOCAL_FETCH_PATTERN = "";
"""
SKIPPED, SEEDS, SESSIONS = 77, 5, 60


def expect(condition, sentence):
    if not condition:
        sys.exit(sentence)


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600, **options)
    expect(done.returncode == 0, f"{' '.join(map(str, command))} failed:\n{done.stderr}")
    return done.stdout


# --- DevTools --------------------------------------------------------------------------------------


def install():
    """The packages, once; then the loader in one file."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "package.json").write_text('{"private": true, "type": "module"}\n')
    modules = FOLDER / "node_modules"
    if not (modules / "chrome-devtools-frontend").exists() or not (modules / "esbuild").exists():
        done = subprocess.run(["npm", "install", "--silent", "--no-save", "--prefix", str(FOLDER), *PACKAGES])
        if done.returncode:
            print("npm reaches nothing.")
            sys.exit(SKIPPED)
    # Their own build generates this one, from translations.
    (modules / "chrome-devtools-frontend/front_end/core/i18n/locales.js").write_text(LOCALES)
    loader = FOLDER / "loader.js"
    devtools = modules / "chrome-devtools-frontend/front_end/entrypoints/heap_snapshot_worker"
    run(modules / ".bin/esbuild", HERE / "load.js", "--bundle", "--platform=node", "--format=esm",
        "--log-level=error", f"--alias:devtools={devtools}", f"--outfile={loader}", cwd=FOLDER)
    return loader


def load(loader, path):
    found = json.loads(run("node", "--max-old-space-size=4096", loader, path))
    expect(not found["problems"], f"DevTools complains: {found['problems']}")
    return found


# --- A graph that is known -------------------------------------------------------------------------


def check_devtools(found, expected):
    nodes = {node["id"]: node for node in found["nodes"]}
    expect(len(nodes) == expected["objects"] + 3, f"{len(nodes)} nodes instead of {expected['objects'] + 3}")
    objects = [node for node in found["nodes"] if node["id"] > 0x10000]
    edges = sum(len(node["edges"]) for node in objects)
    expect(edges == expected["edges"], f"{edges} references instead of {expected['edges']}")
    expect(sum(node["self"] for node in found["nodes"]) == expected["bytes"], "the sizes do not add up")
    for tracked in expected["tracked"]:
        node = nodes[tracked["id"]]
        expect(node["self"] == tracked["bytes"], f"{node} has another size than {tracked}")
        expect(node["retained"] == tracked["exclusive"], f"{node} retains something else than {tracked}")
        expect(node["distance"] < 1000, f"{node} is not below a root of ours")
    heap = found["nodes"][2]
    expect((heap["name"], heap["distance"], heap["retained"]) == ("heap", 1, expected["bytes"]), f"the heap is {heap}")


def check_rows(found, lines):
    counts = collections.Counter(line["type"] for line in lines)
    rows = found["rows"]
    for type_, row in (("Node", "Node"), ("list", "list"), ("weakref", "weakref"), ("str", "(string)")):
        expect(rows[row]["count"] == counts[type_], f"{rows[row]} in the row of {type_} instead of {counts[type_]}")


def check_weak(found):
    """A weak reference leads to its target and retains nothing of it."""
    weak = [node for node in found["nodes"] if node["className"] == "weakref"]
    expect(any(node["edges"] for node in weak), "no weak reference leads anywhere")
    for node in weak:
        expect(all(edge["type"] == "weak" for edge in node["edges"]), f"{node} holds something")
        expect(node["retained"] == node["self"], f"{node} retains its target")


def check_stacks(found):
    nodes = [node for node in found["nodes"] if node["className"] == "Node"]
    for node in nodes:
        top = node["stack"][0]
        expect(top["name"] == "build" and top["script"].endswith("heapsnapshot/graph.c"), f"{node} was made elsewhere")
        expect(any(frame["name"] == "main" for frame in node["stack"]), f"nobody called {node['stack']}")
    tops = {row["name"]: row for row in found["traced"]}
    expect(tops["build"]["liveCount"] == len(nodes), f"{tops['build']} instead of {len(nodes)} nodes")


def read_lines(text):
    lines = [json.loads(line) for line in text.splitlines()]
    ids = {line["id"] for line in lines}
    expect(len(ids) == len(lines), "an id stands there twice")
    for line in lines:
        expect(all(child in ids for child in line["refs"] + line["weak"]), f"{line} refers to nobody")
    return lines


def read_collapsed(text):
    """Flame graphs: frames by semicolons, the outermost first, a space, a number."""
    stacks = {}
    for line in text.splitlines():
        frames, _, size = line.rpartition(" ")
        expect(frames and size.isdigit() and " " not in frames, f"this is no stack: {line}")
        stacks[tuple(frames.split(";"))] = int(size)
    return stacks


def check_jq(path, lines):
    if shutil.which("jq") is None:
        return
    total = run("jq", "-s", "map(.bytes) | add", path)
    expect(int(total) == sum(line["bytes"] for line in lines), f"jq adds up to {total}")


def check_graph(build, loader, seed):
    with tempfile.TemporaryDirectory(prefix="tenure-dump-") as folder:
        run(pathlib.Path(build, "tests/heapsnapshot_graph"), folder, seed)
        folder = pathlib.Path(folder)
        expected = json.loads((folder / "graph.expected").read_text())
        lines = read_lines((folder / "graph.ndjson").read_text())
        stacks = read_collapsed((folder / "graph.collapsed").read_text())
        found = load(loader, folder / "graph.heapsnapshot")
        check_devtools(found, expected)
        check_rows(found, lines)
        check_weak(found)
        check_stacks(found)
        check_jq(folder / "graph.ndjson", lines)
        expect(sum(stacks.values()) == expected["bytes"], "the stacks do not add up")
        expect(any("main(" in stack[0] and stack[-1] == "Node" for stack in stacks), f"no stack from main: {stacks}")
        return len(lines), expected["edges"]


# --- A real server ---------------------------------------------------------------------------------


def call(port, method, path, body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), method=method)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
        return reply.headers, reply.read()


def dump(port, form):
    headers, body = call(port, "POST", "/v1/heap/dump", {"format": form})
    counts = dict(pair.split("=") for pair in headers["X-Tenured-Dump"].split(","))
    return body.decode(), int(counts["objects"])


def fill(ports):
    call(ports["admin"], "PATCH", "/v1/memory/tracing", {"mode": "exact", "frames": 8})
    call(ports["data"], "PUT", "/v1/users/ada", {"name": "Ada"})
    for _ in range(SESSIONS):
        call(ports["data"], "POST", "/v1/sessions", {"user_id": "ada"})


def check_server(loader):
    with Server() as server, tempfile.TemporaryDirectory(prefix="tenure-dump-") as folder:
        fill(server.ports)
        text, objects = dump(server.ports["admin"], "heapsnapshot")
        path = pathlib.Path(folder, "server.heapsnapshot")
        path.write_text(text)
        found = load(loader, path)
        expect(found["rows"]["session"]["count"] == SESSIONS, f"the sessions are {found['rows'].get('session')}")
        lines, counted = dump(server.ports["admin"], "ndjson")
        expect(len(read_lines(lines)) == counted == objects, "the forms differ")
        check_holders(found)
        read_collapsed(dump(server.ports["admin"], "collapsed")[0])


def check_holders(found):
    session = next(node for node in found["nodes"] if node["className"] == "session")
    map_ = [node for node in found["nodes"] if node["className"] == "weakmap" and node["edges"]]
    user = next(node for node in found["nodes"] if node["className"] == "user")
    expect(session["distance"] == 2, f"a session is not held by its shard: {session}")
    expect({"type": "property", "name": "user", "to": user["id"]} in session["edges"], f"whose is {session}?")
    expect(session["stack"][0]["script"].endswith("server/domain/session.c"), f"who made {session['stack']}?")
    expect(any(edge["type"] == "weak" and edge["to"] == user["id"] for node in map_ for edge in node["edges"]),
           "no map knows the user")
    expect(all(node["retained"] < user["retained"] + node["self"] for node in map_), "the map retains its users")


def main():
    loader = install()
    for seed in range(1, SEEDS + 1):
        objects, edges = check_graph(sys.argv[1], loader, seed)
        print(f"graph {seed}: {objects} objects, {edges} references: as the library says")
    check_server(loader)
    print(f"a server with {SESSIONS} sessions: as it should be")


if __name__ == "__main__":
    main()
