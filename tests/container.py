#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds the image with docker/Dockerfile, runs it as docker/compose.yaml does, and tries what docker/README.md promises.

Needs podman, runc and root; where debian:bookworm-slim cannot be had, debootstrap makes a base of the same name. Ends
with 77 where one of these is missing. Every line that it prints is one thing that held."""
import base64
import concurrent.futures
import http.client
import itertools
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCKER = ROOT / "docker"
BASE = "debian:bookworm-slim"
NAME = f"tenure-proof-{os.getpid()}"
PODMAN = ["podman", "--runtime", "runc", "--cgroup-manager", "cgroupfs"]
BUILD = ["build", "--format", "docker", "--isolation=chroot", "--network=host", "--pull=never"]
RUN = ["--network=host", "--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--no-healthcheck",
       "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000"]
SKIPPED = 77
PATIENCE = 60  # seconds, for anything
CLIENTS = 16
MIB = 1 << 20


def held(sentence):
    print(f"ok: {sentence}", flush=True)


def check(condition, sentence):
    if not condition:
        sys.exit(f"NOT SO: {sentence}")
    held(sentence)


def podman(*arguments, **options):
    done = subprocess.run([*PODMAN, *arguments], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"podman {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout.strip()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# --- The image -------------------------------------------------------------------------------------------------------


def has_image(name):
    return subprocess.run([*PODMAN, "image", "exists", name]).returncode == 0


def make_base():
    """With debootstrap, from where this machine has its own packages."""
    sources = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages",
                              "Codename: bookworm"], capture_output=True, text=True, check=True).stdout.split()
    folder = ROOT / "build/container/base"
    if not (folder / "etc/debian_version").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["debootstrap", "--variant=minbase", "bookworm", folder, sources[0]], check=True,
                       stdout=subprocess.DEVNULL)
    with subprocess.Popen(["tar", "-C", folder, "-c", "."], stdout=subprocess.PIPE) as tar:
        podman("import", "-", BASE, stdin=tar.stdout)


def find_base():
    if has_image(BASE):
        return
    pulled = subprocess.run(["timeout", "120", *PODMAN, "pull", BASE], capture_output=True)
    if pulled.returncode != 0:
        make_base()
        print("No registry could be reached: debootstrap made the base image.")


def build(tag, dockerfile, context, *arguments):
    podman(*BUILD, "-f", str(dockerfile), "-t", tag, *arguments, str(context))


def try_image():
    revision = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--abbrev=12", "--exclude=*"],
                              capture_output=True, text=True).stdout.strip() or "unknown"
    began = time.monotonic()
    build("tenured", DOCKER / "Dockerfile", ROOT, "--build-arg", f"REVISION={revision}")
    image = json.loads(podman("image", "inspect", "tenured"))[0]
    config = image["Config"]
    held(f"docker/Dockerfile builds the image in {time.monotonic() - began:.0f} s")
    check(image["Size"] < 32 * MIB, f"it has {image['Size'] / MIB:.1f} MiB, which is less than 32")
    check(config["User"] == "65532:65532" and config["Volumes"] == {"/data": {}} and config["StopSignal"] == "SIGTERM"
          and config["Entrypoint"] == ["tenured"], "user 65532, one volume /data, SIGTERM, an entry point in exec form")
    health = image.get("HealthCheck") or image.get("Healthcheck") or config["Healthcheck"]
    check(health["Test"] == ["CMD", "tenured", "healthcheck"], "its health check is the program itself")
    version = podman("run", "--rm", *RUN, "tenured", "--version").split()[1]
    check(config["Labels"]["org.opencontainers.image.version"] == version
          and config["Labels"]["org.opencontainers.image.revision"] == revision,
          f"its labels say version {version} and the revision that was built")
    return version, revision


# --- A container -----------------------------------------------------------------------------------------------------


class Container:
    """The service on the volume of this proof, on free ports."""

    def __init__(self, memory="256m", limits=(), **variables):
        self.ports = {"data": free_port(), "admin": free_port()}
        self.variables = {"TENURED_AUTH__GENERATE": "1", "TENURED_DRAIN__DELAY": "1s",
                          "TENURED_LISTEN__DATA": f"0.0.0.0:{self.ports['data']}",
                          "TENURED_LISTEN__ADMIN": f"0.0.0.0:{self.ports['admin']}", **variables}
        self.limits = ["--memory", memory, "--memory-swap", memory, *limits]

    def __enter__(self):
        environment = [f"--env={name}={value}" for name, value in self.variables.items()]
        self.began = time.monotonic()
        podman("run", "--detach", "--name", NAME, "--volume", f"{NAME}:/data", *self.limits, *RUN, *environment,
               "tenured")
        while subprocess.run([*PODMAN, "exec", NAME, "tenured", "healthcheck"], capture_output=True).returncode != 0:
            if not self.state()["Running"] or time.monotonic() - self.began > PATIENCE:
                sys.exit(f"The container did not become healthy:\n{self.log()}")
            time.sleep(0.1)
        self.tokens = {scope: self.show(scope) for scope in ("data", "read", "operate", "dump")}
        return self

    def __exit__(self, *failure):
        subprocess.run([*PODMAN, "rm", "--force", "--time", "30", NAME], capture_output=True)

    def show(self, scope):
        return podman("exec", NAME, "tenured", "token", "show", scope)

    def state(self):
        return json.loads(podman("inspect", NAME))[0]["State"]

    def log(self):
        done = subprocess.run([*PODMAN, "logs", NAME], capture_output=True, text=True)
        return done.stdout + done.stderr

    def events(self, name):
        lines = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == name]

    def stop(self):
        """SIGTERM; what it exits with."""
        podman("kill", "--signal", "TERM", NAME)
        return int(podman("wait", NAME))

    def client(self, plane="data", scope=None):
        return Client(self.ports[plane], self.tokens[scope or plane])


class Client:
    """One connection that stays open. A call is (status, document)."""

    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.token = token

    def call(self, method, path, body=None, **headers):
        headers["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        self.connection.request(method, path, body and json.dumps(body), headers)
        reply = self.connection.getresponse()
        text = reply.read()
        return reply.status, json.loads(text) if text.startswith((b"{", b"[")) else text.decode()

    def expect(self, status, method, path, body=None, **headers):
        got, document = self.call(method, path, body, **headers)
        if got != status:
            sys.exit(f"{method} {path}: {got} instead of {status}: {document}")
        return document


def in_parallel(work, arguments):
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(work, arguments))


def share(items, i):
    return items[i::CLIENTS]


# --- What it does ----------------------------------------------------------------------------------------------------


def try_first_start(container, version, revision):
    made = container.events("tokens")[0]
    check(made["made"] == 4 and made["folder"] == "/data/tokens" and
          not any(token in container.log() for token in container.tokens.values()),
          "the first start makes four files of tokens, and the log names their folder only")
    volume = pathlib.Path(json.loads(podman("volume", "inspect", NAME))[0]["Mountpoint"])
    modes = {path.name: path.stat().st_mode & 0o777 for path in (volume / "tokens").iterdir()}
    check(modes == dict.fromkeys(container.tokens, 0o600), "they are for their owner alone")
    fewer = container.events("fewer-connections")[0]
    check(fewer["allowed"] == 768, f"with {fewer['descriptors']} descriptors there are 768 connections, and the log says so")
    info = container.client("admin", "read").expect(200, "GET", "/v1/info")
    check(info["version"] == version and info["revision"] == revision, "/v1/info tells version and revision")
    metrics = container.client("admin", "read").expect(200, "GET", "/metrics")
    check(f'tenured_build_info{{version="{version}",revision="{revision}"}} 1' in metrics and
          "tenured_memory_limit_bytes 268435456" in metrics, "the metrics tell both, and the memory limit of 256 MiB")


def smoke(container):
    """Each call of the data plane once."""
    c, stranger = container.client(), Client(container.ports["data"], "x" * 43)
    stranger.expect(401, "GET", "/v1/users/ada")
    c.expect(200, "GET", "/livez")
    c.expect(200, "GET", "/readyz")
    c.expect(200, "GET", "/openapi.json")
    c.expect(201, "PUT", "/v1/users/ada", {"name": "Ada", "attributes": {"admin": True}})
    c.expect(200, "PATCH", "/v1/users/ada", {"email": "ada@example.org"})
    one = c.expect(201, "POST", "/v1/sessions", {"user_id": "ada", "data": {"cart": ["tea"]}})
    two = c.expect(201, "POST", "/v1/sessions", {"user_id": "ada"})
    at = f"/v1/sessions/{one['id']}"
    found = c.expect(200, "POST", "/v1/sessions/verify", {"token": one["token"], "expand": ["user"]})
    check(found["user"]["email"] == "ada@example.org" and found["data"] == {"cart": ["tea"]},
          "a session is created and verified, with its data and its user")
    c.expect(200, "PUT", f"{at}/data", {"cart": []}, **{"If-Match": "*"})
    c.expect(200, "PATCH", f"{at}/data", {"cart": None, "seen": 1}, **{"If-Match": "*"})
    c.expect(204, "POST", f"{at}/touch")
    token = c.expect(200, "POST", f"{at}/rotate")["token"]
    c.expect(401, "POST", "/v1/sessions/verify", {"token": one["token"]})
    c.expect(200, "POST", "/v1/sessions/verify", {"token": token})
    check(c.expect(200, "GET", at)["data"] == {"seen": 1}, "its data change, and its token")
    items = c.expect(200, "POST", "/v1/sessions/batch", {"op": "get", "ids": [one["id"], two["id"]]})["items"]
    listed = c.expect(200, "GET", "/v1/users/ada/sessions")["items"]
    check(len(items) == len(listed) == 2 and len(c.expect(200, "GET", "/v1/users")["items"]) == 1, "lists and batches")
    c.expect(204, "DELETE", at)
    c.expect(200, "DELETE", "/v1/users/ada/sessions")
    c.expect(404, "GET", at)
    c.expect(204, "DELETE", "/v1/users/ada")
    c.expect(404, "GET", "/v1/users/ada")
    held("they end, and so does the user")


def try_readme(container):
    """What README.md tells a reader with Docker alone, behind the start, in a container that runs already."""
    block = next(b for b in re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.S) if "docker" in b)
    script = block.split("\n", 1)[1].replace("docker compose -f docker/compose.yaml exec -T tenured",
                                             " ".join([*PODMAN, "exec", NAME]))
    script = script.replace("localhost:8080", f"127.0.0.1:{container.ports['data']}")
    said = subprocess.run(["bash", "-eu"], input=script, capture_output=True, text=True).stdout
    check('"token":"tn1_' in said and "docker" not in script, "README.md's commands end with a session")


def make_sessions(container, count):
    """[(path, token)], for as many users as there are clients."""

    def work(i):
        c = container.client()
        made = []
        for n in range(count // CLIENTS):
            if n % 50 == 0:
                c.expect(201, "PUT", f"/v1/users/u{i}.{n}", {"name": f"Number {i}"})
                user = f"u{i}.{n}"
            s = c.expect(201, "POST", "/v1/sessions", {"user_id": user, "data": {"n": n}})
            made.append((f"/v1/sessions/{s['id']}", s["token"]))
        return made

    return [session for made in in_parallel(work, range(CLIENTS)) for session in made]


def count_alive(container, sessions):
    """How many are verified, by their tokens."""

    def work(i):
        c = container.client()
        return sum(c.call("POST", "/v1/sessions/verify", {"token": token, "touch": False})[0] == 200
                   for _, token in share(sessions, i))

    return sum(in_parallel(work, range(CLIENTS)))


class Load:
    """Clients that read, write and create, and that come again as often as they are sent away. A client that does not
    get in once the end has begun goes home; a request that was sent must be answered."""

    def __init__(self, container):
        self.container, self.stopping = container, False
        self.sent = self.answered = self.connections = 0
        self.lock = threading.Lock()
        self.created = []

    def requests(self, i):
        for n in itertools.count():
            user = f"load{i}.{n // 50}"
            yield "PUT", f"/v1/users/{user}", {"name": "Somebody"}
            yield "POST", "/v1/sessions", {"user_id": user, "data": {"n": n}}
            for _ in range(5):
                yield "GET", f"/v1/users/{user}", None

    def knock(self, client):
        while True:
            client.connection.timeout = 0.3
            try:
                client.connection.connect()
                client.connection.sock.settimeout(PATIENCE)
                self.connections += 1
                return True
            except OSError:
                client.connection.close()
                if self.stopping:
                    return False

    def work(self, i):
        client = self.container.client()
        client.connection.auto_open = 0
        for method, path, body in self.requests(i):
            if client.connection.sock is None and not self.knock(client):
                return
            with self.lock:
                self.sent += 1
            try:
                status, document = client.call(method, path, body)
            except (OSError, http.client.HTTPException) as failure:
                print(f"{method} {path}: {failure!r}")
                client.connection.close()
                continue
            with self.lock:
                self.answered += status in (200, 201)
                if status == 201 and method == "POST":
                    self.created.append((f"/v1/sessions/{document['id']}", document["token"]))

    def __enter__(self):
        self.threads = [threading.Thread(target=self.work, args=(i,)) for i in range(CLIENTS)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *failure):
        self.stopping = True
        for thread in self.threads:
            thread.join()


def stop_under_load(container):
    with Load(container) as load:
        time.sleep(2)
        before, load.stopping = load.sent, True
        status = container.stop()
    check(status == 0, "SIGTERM under load ends the service with 0")
    check(load.sent > before and load.sent == load.answered,
          f"of {load.sent} requests, {load.sent - before} of them after the signal, on {load.connections} connections, "
          f"{load.sent - load.answered} failed")
    return load.created


# --- A limit that is too small ---------------------------------------------------------------------------------------

LIMIT_MIB = 256
DATA = {f"part{i}": base64.b64encode(os.urandom(3000)).decode() for i in range(8)}  # 32 KB


class Flood:
    """Sessions of 32 KB until twice the limit was sent."""

    def __init__(self, container):
        self.container = container
        self.attempts = 2 * LIMIT_MIB * MIB // len(json.dumps(DATA)) // CLIENTS

    def work(self, i):
        c = self.container.client()
        statuses, made, user = {}, [], None
        for n in range(self.attempts):
            if n % 50 == 0:
                user = f"flood{i}.{n}"
                if self.note(statuses, c.call("PUT", f"/v1/users/{user}", {"name": "Somebody"})) != 201:
                    user = f"flood{i}.0"
            reply = c.call("POST", "/v1/sessions", {"user_id": user, "data": DATA})
            if self.note(statuses, reply) == 201:
                made.append((f"/v1/sessions/{reply[1]['id']}", reply[1]["token"]))
        return statuses, made

    def note(self, statuses, reply):
        status, document = reply
        key = status if status < 400 else f"{status} {document['type'].rsplit(':', 1)[-1]}"
        statuses[key] = statuses.get(key, 0) + 1
        return status

    def run(self):
        statuses, sessions = {}, []
        for some, made in in_parallel(self.work, range(CLIENTS)):
            sessions += made
            for key, count in some.items():
                statuses[key] = statuses.get(key, 0) + count
        return statuses, sessions


def delete(container, sessions):
    in_parallel(lambda i: [container.client().expect(204, "DELETE", path) for path, _ in share(sessions, i)],
                range(CLIENTS))


def wait_for_room(container):
    """How long until a session is made again."""
    c, began = container.client(), time.monotonic()
    while c.call("POST", "/v1/sessions", {"user_id": "flood0.0", "data": DATA})[0] != 201:
        if time.monotonic() - began > PATIENCE:
            sys.exit("NOT SO: there is room again once sessions ended")
        time.sleep(0.1)
    return time.monotonic() - began


def exceed_memory():
    with Container(memory=f"{LIMIT_MIB}m") as container:
        statuses, sessions = Flood(container).run()
        check(set(statuses) == {201, "503 memory-short"},
              f"{2 * LIMIT_MIB} MiB of sessions under a limit of {LIMIT_MIB} MiB: {statuses[201]} created, "
              f"{statuses['503 memory-short']} refused as memory-short, nothing else")
        state = container.state()
        check(state["Running"] and not state["OOMKilled"], "the system did not kill it")
        memory = container.client("admin", "read").expect(200, "GET", "/v1/memory")
        print(f"    traced {memory['traced']['current'] / MIB:.0f} MiB, resident {memory['rss'] / MIB:.0f} MiB, "
              f"group {memory['cgroup']['current'] / MIB:.0f} of {memory['cgroup']['max'] / MIB:.0f} MiB with cached files")
        causes = [e["rule"] for e in container.events("collection")]
        check("memory" in causes, f"the rule memory collected, {causes.count('memory')} times")
        alive = count_alive(container, sessions)
        check(alive == len(sessions), f"all {alive} sessions that were acknowledged are served meanwhile")
        half, rest = sessions[::2], sessions[1::2]
        delete(container, half)
        held(f"half of them ended; {wait_for_room(container):.1f} s later sessions are made again")
        check(container.stop() == 0, "SIGTERM ends it with 0")
    with Container(memory=f"{LIMIT_MIB}m", limits=["--cpus", "1"]) as container:
        info = container.client("admin", "read").expect(200, "GET", "/v1/info")
        check(info["shards"] == 1 and info["threads"] == 2, "with a quota of one processor there are one shard and two threads")
        alive = count_alive(container, rest)
        check(alive == len(rest), f"the next start under the same limit finds all {alive} others")
        container.stop()


# --- Behind nginx, and watched ---------------------------------------------------------------------------------------


def changed(path, *replacements):
    """A copy with this proof's ports in it."""
    text = path.read_text()
    for old, new in replacements:
        assert old in text, (path, old)
        text = text.replace(old, new)
    copy = ROOT / "build/container" / path.name
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(text)
    copy.chmod(0o644)
    return copy


class Beside:
    """Another container of the compose file, with a volume of its own."""

    def __init__(self, service, config, place, volume, *arguments):
        self.name = f"{NAME}-{service}"
        self.arguments = ["--volume", f"{config}:{place}:ro", "--volume", f"{self.name}:{volume}", "--tmpfs", "/tmp",
                          *arguments, service]

    def __enter__(self):
        podman("run", "--detach", "--name", self.name, *RUN, *self.arguments)
        return self

    def __exit__(self, *failure):
        subprocess.run([*PODMAN, "rm", "--force", "--time", "5", self.name], capture_output=True)
        subprocess.run([*PODMAN, "volume", "rm", "--force", self.name], capture_output=True)


def until(answer, sentence):
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            value = answer()
        except (OSError, http.client.HTTPException, ValueError):
            value = None
        if value or time.monotonic() > deadline:
            check(value, sentence)
            return value
        time.sleep(0.2)


def try_nginx(container):
    port = free_port()
    config = changed(DOCKER / "nginx/nginx.conf", ("tenured:8080", f"127.0.0.1:{container.ports['data']}"),
                     ("listen 8443", f"listen 127.0.0.1:{port}"))
    build("tenured-nginx", DOCKER / "nginx/Dockerfile", DOCKER / "nginx")

    def ask():
        context = ssl.create_default_context()
        context.load_verify_locations(cadata=podman("exec", f"{NAME}-tenured-nginx", "cat", "/certificate/certificate.pem"))
        c = http.client.HTTPSConnection("localhost", port, timeout=5, context=context)
        c.request("POST", "/v1/sessions/verify", '{"token":"tn1_0"}', {"Content-Type": "application/json",
                                                                       "Authorization": f"Bearer {container.tokens['data']}"})
        reply = c.getresponse()
        return reply.status == 401 and "invalid-token" in reply.read().decode() and c.sock is not None

    with Beside("tenured-nginx", config, "/etc/nginx/nginx.conf", "/certificate"):
        until(lambda: subprocess.run([*PODMAN, "exec", f"{NAME}-tenured-nginx", "test", "-s", "/certificate/certificate.pem"],
                                     capture_output=True).returncode == 0, "nginx makes a certificate")
        until(ask, "behind nginx the data plane speaks TLS, and the certificate holds for localhost")


def try_prometheus(container):
    port = free_port()
    config = changed(DOCKER / "prometheus/prometheus.yaml", ("tenured:8081", f"127.0.0.1:{container.ports['admin']}"))
    build("tenured-prometheus", DOCKER / "prometheus/Dockerfile", DOCKER / "prometheus")
    rules = podman("run", "--rm", "--entrypoint", "promtool", "--volume", f"{NAME}:/data:ro", *RUN, "tenured-prometheus", "check", "config",
                   "/etc/tenured/prometheus.yaml")
    check("SUCCESS" in rules, f"promtool: {rules.splitlines()[-1].strip()}")

    def ask(query):
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        c.request("GET", "/api/v1/query?" + urllib.parse.urlencode({"query": query}))
        return json.loads(c.getresponse().read())["data"]["result"]

    # The entry point's last word is the address, which is another one here.
    with Beside("tenured-prometheus", config, "/etc/tenured/prometheus.yaml", "/metrics", "--volume", f"{NAME}:/data:ro",
                "--entrypoint", json.dumps(["prometheus", "--config.file=/etc/tenured/prometheus.yaml",
                                            "--storage.tsdb.path=/metrics", f"--web.listen-address=127.0.0.1:{port}"])):
        until(lambda: any(row["value"][1] == "1" for row in ask('up{job="tenured"}')),
              "Prometheus scrapes it with the token of the file")


# --- The proof -------------------------------------------------------------------------------------------------------


def prove():
    version, revision = try_image()
    refused = subprocess.run([*PODMAN, "run", "--rm", *RUN, "tenured"], capture_output=True, text=True)
    check(refused.returncode == 1 and "needs a token" in refused.stderr, "without a token it does not start")
    with Container() as container:
        try_first_start(container, version, revision)
        smoke(container)
        try_readme(container)
        sessions = make_sessions(container, 4000)
        sessions += stop_under_load(container)
        tokens = container.tokens
    with Container() as container:
        check(container.tokens == tokens and container.events("tokens")[0]["made"] == 0, "the next start has the same tokens")
        alive = count_alive(container, sessions)
        check(alive == len(sessions), f"it finds all {alive} sessions on the volume")
        try_nginx(container)
        try_prometheus(container)
        check(container.stop() == 0, "SIGTERM ends it with 0")
    podman("volume", "rm", "--force", NAME)
    exceed_memory()


def main():
    lacking = [tool for tool in ("podman", "runc", "debootstrap") if shutil.which(tool) is None]
    if lacking or os.geteuid() != 0:
        print(f"Not tried: {', '.join(lacking) or 'root'} is missing.")
        return SKIPPED
    print(f"{time.strftime('%Y-%m-%d', time.gmtime())}, {podman('--version')}, {os.cpu_count()} cores")
    find_base()
    try:
        prove()
    finally:
        subprocess.run([*PODMAN, "volume", "rm", "--force", NAME], capture_output=True)
    return 0


sys.exit(main())
