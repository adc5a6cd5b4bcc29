#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs what README.md shows against a real server and compares.

The transcript (the ```console block) is a shell session: lines that start with "$ " are typed, the
lines that follow are what the server said, compared after times, ids, tokens and measured sizes and
durations have been replaced by their names. The last ```sh and ```python blocks are run as they stand,
on a server with the token that the ```sh block before them makes; what they print must be what the
comments at the ends of their lines say. The ```bash block, the loop that finds an interval, runs eight
times as fast while users come and go, and must come to an end as the one shown did.

Usage: transcript.py [--print]    TENURED names the program, else build/asan/server/tenured
--print shows the transcript of a real run, to be pasted into README.md.
"""

import http.client
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("TENURED", str(ROOT / "build/asan/server/tenured"))
PATIENCE = 30  # seconds, for anything
END = "--- end of command ---"

# What differs from run to run. Ids and tokens are numbered, so that a line which shows the same one as
# an earlier line still must; times and measures are not.
NUMBERED = {
    "SESSION": r"s_[0-9a-f]{4}[A-Za-z0-9_-]{22}",
    "TOKEN": r"tn1_[0-9a-f]{4}[A-Za-z0-9_-]{43}",
}
MEASURED = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "TIME"),
    (r'("[a-z_]*(?:seconds|bytes|bytes_freed|slices)":)[0-9.e+-]+', r"\1N"),
]


class Normaliser:
    """Gives each id the number of its first appearance."""

    def __init__(self):
        self.known = {name: {} for name in NUMBERED}

    def lines(self, text):
        for name, pattern in NUMBERED.items():
            known = self.known[name]
            text = re.sub(pattern, lambda m: f"{name}{known.setdefault(m[0], len(known) + 1)}", text)
        for pattern, name in MEASURED:
            text = re.sub(pattern, name, text)
        return [line.rstrip() for line in text.splitlines()]


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", (ROOT / "README.md").read_text(), re.S)


class Server:
    """The real program on free ports, with a store that goes with it."""

    def __init__(self, **variables):
        self.variables = variables

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tenure-transcript-")
        ports = pathlib.Path(self.folder.name, "ports")
        self.log = open(pathlib.Path(self.folder.name, "log"), "w+")
        self.process = subprocess.Popen(
            [PROGRAM, "--config", str(ROOT / "config/tenured.json"), "--ports-file", str(ports),
             "--set", "listen.data=127.0.0.1:0", "--set", "listen.admin=127.0.0.1:0",
             "--set", f"store.path={self.folder.name}/tenured.db"],
            stdout=self.log, stderr=subprocess.STDOUT, env=os.environ | self.variables)
        deadline = time.monotonic() + PATIENCE
        while not ports.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"The server did not start:\n{self.said()}")
            time.sleep(0.01)
        self.ports = dict(line.split() for line in ports.read_text().splitlines())
        return self

    def __exit__(self, *failure):
        self.process.terminate()
        status = self.process.wait(PATIENCE)
        if status != 0:
            sys.exit(f"The server ended with {status}:\n{self.said()}")
        self.log.close()
        self.folder.cleanup()

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def localised(self, text):
        return text.replace(":8080", f":{self.ports['data']}").replace(":8081", f":{self.ports['admin']}")


def steps(transcript):
    """[(command, expected lines)]; a command may go on after a backslash."""
    found = []
    for line in transcript.splitlines():
        if line.startswith("$ "):
            found.append(([line[2:]], []))
        elif found[-1][0][-1].endswith("\\"):
            found[-1][0].append(line)
        else:
            found[-1][1].append(line)
    return [("\n".join(command), expected) for command, expected in found]


def typed(server, commands):
    """What each command printed, all of them typed into one shell."""
    script = "".join(server.localised(f"{command}\necho\necho '{END}'\n") for command in commands)
    shell = subprocess.run(["bash"], input=script, capture_output=True, text=True,
                           timeout=PATIENCE, cwd=server.folder.name)
    return [said.strip("\n") for said in shell.stdout.split(END + "\n")], shell.stderr


def check_transcript(server, transcript):
    wanted = steps(transcript)
    said, errors = typed(server, [command for command, _ in wanted])
    shown, real = Normaliser(), Normaliser()
    for (command, expected), got in zip(wanted, said):
        if real.lines(got) != shown.lines("\n".join(expected)):
            sys.exit(f"README.md shows\n$ {command}\n" + "\n".join(expected) +
                     f"\nbut the server said\n{got}\n{errors}")
    return len(wanted)


def make_token():
    """The token as README.md makes it, and the variable by which it reaches the server."""
    make, start = blocks("sh")[-2].splitlines()
    token = subprocess.run(["bash", "-c", f'{make}\nprintf %s "$TOKEN"'], capture_output=True, text=True).stdout
    return token, re.fullmatch(r"(\w+)=\$TOKEN \./server/run\.sh", start)[1]


def check_closed(server):
    url = server.localised("http://localhost:8080/v1/users/grace")
    run = subprocess.run(["curl", "-s", "-o", os.devnull, "-w", "%{http_code}", url], capture_output=True, text=True)
    if run.stdout != "401":
        sys.exit(f"Without a token the answer is {run.stdout}, not 401")


def check_example(server, name, program, text, token):
    expected = re.findall(r"#\s+(\S.*)$", text, re.M)
    run = subprocess.run(program, input=server.localised(text), capture_output=True, text=True,
                         timeout=PATIENCE, cwd=server.folder.name, env=os.environ | {"TOKEN": token})
    if run.returncode != 0 or run.stdout.splitlines() != expected:
        sys.exit(f"README.md's {name} example should print {expected}, but it printed\n{run.stdout}{run.stderr}")


# --- The loop ----------------------------------------------------------------------------------------

FASTER = 8  # than README.md's
USERS = 8
AWAY = (0.1 / FASTER, 0.5 / FASTER)  # seconds between a user's sessions
LINE = re.compile(r"every (\d+) ms: \d+ residents, a pause of [0-9.e-]+ s, (\d+) % hits")
LAST = re.compile(r"every (\d+) ms it is")


def call(connection, method, path, body=None):
    connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
    return json.loads(connection.getresponse().read() or "null")


def come_and_go(port, name, over):
    """A user whose sessions never overlap: between two of them only their own past holds them."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    call(connection, "PUT", f"/v1/users/{name}", {"name": name})
    while not over.is_set():
        session = call(connection, "POST", "/v1/sessions", {"user_id": name})
        call(connection, "GET", f"/v1/users/{name}")
        call(connection, "DELETE", f"/v1/sessions/{session['id']}")
        time.sleep(random.uniform(*AWAY))


def run_loop(server, loop):
    over = threading.Event()
    users = [threading.Thread(target=come_and_go, args=(server.ports["data"], f"u{i}", over)) for i in range(USERS)]
    for user in users:
        user.start()
    run = subprocess.run(["bash"], input=server.localised(loop), capture_output=True, text=True, timeout=4 * PATIENCE)
    over.set()
    for user in users:
        user.join()
    return run.stdout


def what_it_found(printed):
    """The intervals in ms with their shares of hits, and the one that was chosen."""
    *lines, last = printed.splitlines()
    found = [LINE.fullmatch(line) for line in lines]
    chosen = LAST.fullmatch(last)
    if len(found) < 2 or not all(found) or not chosen:
        sys.exit(f"This is not what the loop of README.md prints:\n{printed}")
    return [(int(match[1]), int(match[2])) for match in found], int(chosen[1])


def check_findings(start, printed):
    found, chosen = what_it_found(printed)
    intervals = [start >> (i + 1) for i in range(len(found))]
    enough = [percent >= 90 for _, percent in found]
    if [ms for ms, _ in found] != intervals or enough != [True] * (len(found) - 1) + [False] or chosen != 2 * intervals[-1]:
        sys.exit(f"The loop of README.md does not end where it should:\n{printed}")


def check_loop(server):
    text = (ROOT / "README.md").read_text()
    loop = blocks("bash")[0]
    start, pause = int(re.search(r" ms=(\d+)", loop)[1]), int(re.search(r"sleep (\d+)", loop)[1])
    check_findings(start, re.search(r"it printed:\n\n```\n(.*?)```", text, re.S)[1])
    quick = loop.replace(f"ms={start}", f"ms={start // FASTER}").replace(f"sleep {pause}", f"sleep {pause / FASTER}")
    check_findings(start // FASTER, run_loop(server, quick))


def print_transcript(server, transcript):
    commands = [command for command, _ in steps(transcript)]
    said, errors = typed(server, commands)
    for command, got in zip(commands, said):
        print(f"$ {command}" + (f"\n{got}" if got else ""))
    sys.stderr.write(errors)


def main():
    transcript = blocks("console")[0]
    with Server() as server:
        if "--print" in sys.argv:
            return print_transcript(server, transcript)
        count = check_transcript(server, transcript)
    with Server() as server:
        check_loop(server)
    token, variable = make_token()
    with Server(**{variable: token}) as server:
        check_closed(server)
        check_example(server, "curl", ["bash", "-eu"], blocks("sh")[-1], token)
        check_example(server, "Python", [sys.executable, "-"], blocks("python")[-1], token)
    print(f"{count} commands, a loop and two examples of README.md do what it shows")


if __name__ == "__main__":
    main()
