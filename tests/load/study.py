#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""study.py NAME... [--size small|middle|full] [--build FOLDER] [--out FOLDER]: one question about the cache, one run a setting.

Prints Markdown and leaves a plot, NAME.svg, and each run's report as a page, NAME-SETTING.html, in FOLDER. `all` is every study."""
import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import page
from svg import Line, plot

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SIZES = ["small", "middle", "full"]
PATIENCE = 120  # seconds, for a start or an end


def rule(action, every, **more):
    return json.dumps([{"name": "study", "when": {"every": every}, "action": action, **more}] if every else [])


class Service:
    """The real program on free ports; its store outlives it within [folder]."""

    def __init__(self, build, folder, settings):
        self.folder, self.ports_file = folder, folder / "ports"
        self.ports_file.unlink(missing_ok=True)
        command = [str(build / "server/tenured"), "--ports-file", str(self.ports_file)]
        for name, value in {"listen.data": "127.0.0.1:0", "listen.admin": "127.0.0.1:0", "limits.orders": "0",
                            "store.path": str(folder / "store.db"), "log.level": "warn", **settings}.items():
            command += ["--set", f"{name}={value}"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while not (self.ports_file.exists() and self.ports_file.read_text().count("\n") >= 2):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                sys.exit("The service did not start.")
            time.sleep(0.02)
        self.ports = dict(line.split() for line in self.ports_file.read_text().splitlines())

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE)

    def admin(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports['admin']}{path}", method=method)
        request.add_header("Content-Type", "application/json")
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(request, data, timeout=PATIENCE) as reply:
            text = reply.read()
        return json.loads(text) if text else None


class Lab:
    """Where programs are, and how a run is made of them."""

    def __init__(self, build, out, size):
        self.build, self.out, self.size = build, out, size
        self.folder = None

    def pick(self, small, middle, full):
        return {"small": small, "middle": middle, "full": full}[self.size]

    @contextlib.contextmanager
    def service(self, **settings):
        """A service with a fresh store."""
        with tempfile.TemporaryDirectory(prefix="tenure-study-") as folder:
            self.folder = pathlib.Path(folder)
            service = self.start(**settings)
            try:
                yield service
            finally:
                service.stop()

    def start(self, **settings):
        """Again, on the store of the service before."""
        return Service(self.build, self.folder, {name.replace("__", "."): value for name, value in settings.items()})

    def load(self, service, name, **options):
        """One run; its report. A generator that lagged is asked once more."""
        report = self.folder / "run.json"
        command = [str(self.build / "tests/load/tenure-load"), "--ports", str(service.ports_file), "--quiet",
                   "--json", str(report)]
        for option, value in {"lag": self.pick(5000, 20, 20), **options}.items():
            command += [f"--{option}", str(value)]
        for tries in (2, 1):
            done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if done.returncode == 0:
                run = json.loads(report.read_text())
                (self.out / f"{name}.html").write_text("\n".join(page.page([run], [name])))
                return run
            if tries == 1 or done.returncode != 3:
                sys.exit(f"{' '.join(command)}\n{done.stderr}")


def last(run, name):
    return run["samples"][-1][name] if run["samples"] else 0


def mean(run, name):
    values = [s[name] for s in run["samples"] if s["t"] >= run["options"]["warmup"]]
    return sum(values) / len(values) if values else 0


def longest_pause(run):
    return max((c["pause_ms"] for c in run["collections"]), default=0)


# Column of a table: title, format, and how it is read from a run.
HITS = ("hits, %", "{:.1f}", lambda r: 100 * (r["cache"]["ratio"] or 0))
LOADS = ("loads/s", "{:.0f}", lambda r: r["cache"]["loads"] / (r["options"]["warmup"] + r["options"]["duration"]))
RESIDENT = ("users in the cache, mean", "{:.0f}", lambda r: mean(r, "resident"))
HEAP = ("heaps, MB, mean", "{:.2f}", lambda r: mean(r, "traced") / 1e6)
RSS = ("process, MB", "{:.1f}", lambda r: last(r, "rss") / 1e6)
COLLECTIONS = ("collections", "{:.0f}", lambda r: sum(c["operation"] == "collect" for c in r["collections"]))
PAUSE = ("longest pause, ms", "{:.3f}", longest_pause)
LAG = ("our lag, p99, ms", "{:.3f}", lambda r: r["lag_ms"]["p99"])


def latency(ask, quantile):
    def read(run):
        kinds = run["by_ask_ms"]
        return run["latency_ms"][quantile] if ask == "all" else kinds[ask][quantile] if ask in kinds else 0
    return (f"{ask} {quantile}, ms", "{:.3f}", read)


# --- The studies: each yields (setting, run) ----------------------------------------------------------------------

INTERVALS = [("1 s", 1000), ("2 s", 2000), ("4 s", 4000), ("8 s", 8000), ("16 s", 16000), ("never", 0)]
SMALL_INTERVALS = [("0.2 s", 200), ("1 s", 1000), ("never", 0)]


def interval(lab, **traffic):
    """Hit ratio and memory against the interval of the full collection."""
    for label, ms in lab.pick(SMALL_INTERVALS, INTERVALS, INTERVALS):
        with lab.service(gc__schedules=rule("collect", f"{ms}ms" if ms else None)) as service:
            yield label, lab.load(service, f"{traffic['name']}-{label.replace(' ', '')}",
                                  duration=lab.pick(2, 16, 32), warmup=lab.pick(0.5, 4, 4),
                                  **{k: v for k, v in traffic.items() if k != "name"})


def interval_regulars(lab):
    """Regulars: by Zipf, so that a few come back all the time and most seldom."""
    yield from interval(lab, name="interval-regulars", scenario="churn", keys="zipf", rate=lab.pick(300, 1500, 2000),
                        users=lab.pick(300, 5000, 10000))


def interval_strangers(lab):
    """Strangers: everybody alike, so that nobody is back soon."""
    yield from interval(lab, name="interval-strangers", scenario="churn", keys="uniform",
                        rate=lab.pick(300, 1500, 2000), users=lab.pick(300, 5000, 20000))


def interval_residents(lab):
    """Residents: everybody stays logged in."""
    yield from interval(lab, name="interval-residents", scenario="steady", keys="zipf",
                        rate=lab.pick(300, 1500, 2000), users=lab.pick(300, 5000, 10000))


@contextlib.contextmanager
def collecting(service, budget_ms, every):
    """Makes everything suspect and collects it, again and again; not at all without a budget."""
    enough = threading.Event()

    def collect():
        while not enough.wait(every):
            service.admin("POST", "/v1/gc/freeze", {"collect_first": False})
            service.admin("POST", "/v1/gc/unfreeze")
            service.admin("POST", "/v1/gc/collect", {"generation": 2, "budget_ms": budget_ms})

    thread = threading.Thread(target=collect)
    if budget_ms is not None:
        thread.start()
    yield
    enough.set()
    if budget_ms is not None:
        thread.join()


def budget(lab):
    """The slowest reads against the budget of a slice, while everything that lives is looked at again and again."""
    # Whatever was frozen and is no longer is suspect, and freezing and unfreezing take less than a millisecond.
    settings = lab.pick([1, 0], [1, 5, 0], [1, 2, 5, 10, 20, 0])
    sessions = lab.pick(500, 100000, 1000000)
    traffic = {"scenario": "steady", "mix": "verify=70,session=30", "users": sessions // 2, "sessions": 2,
               "rate": lab.pick(200, 3000, 4000), "duration": lab.pick(2, 10, 15), "warmup": lab.pick(0, 1, 2)}
    with lab.service(store__kind="memory", gc__schedules="[]") as service:
        lab.load(service, "budget-filling", people=lab.folder / "people", **{**traffic, "duration": 1, "warmup": 0})
        for label, ms in [("no collection", None)] + [(f"{ms} ms" if ms else "all at once", ms) for ms in settings]:
            with collecting(service, ms, lab.pick(0.5, 1, 2)):
                yield label, lab.load(service, f"budget-{label.replace(' ', '-')}", people=lab.folder / "people", **traffic)


def every_second(lab):
    """Reads with a full collection every second and without, in turn."""
    sessions = lab.pick(500, 100000, 1000000)
    traffic = {"scenario": "steady", "mix": "session=95,turn=5", "users": sessions // 2, "sessions": 2, "keys": "uniform",
               "rate": lab.pick(200, 5000, 10000), "duration": lab.pick(2, 5, 10), "warmup": lab.pick(0, 1, 1)}
    with lab.service(store__kind="memory", gc__schedules="[]") as service:
        lab.load(service, "every-second-filling", people=lab.folder / "people",
                 **{**traffic, "mix": "session=1", "rate": 200, "duration": 1, "warmup": 0})
        for n in range(1, 1 + lab.pick(1, 3, 5)):
            yield f"without, {n}", lab.load(service, f"every-second-without-{n}", people=lab.folder / "people", **traffic)
            service.admin("PUT", "/v1/gc/schedules/study",
                          {"when": {"every": lab.pick("300ms", "1s", "1s")}, "action": "collect", "generation": 2})
            yield f"with, {n}", lab.load(service, f"every-second-with-{n}", people=lab.folder / "people", **traffic)
            service.admin("DELETE", "/v1/gc/schedules/study")


def freeze(lab):
    """A start that freezes what it loaded, against one that does not."""
    sessions = lab.pick(300, 20000, 200000)
    traffic = {"scenario": "churn", "users": sessions, "rate": lab.pick(200, 1500, 2000),
               "duration": lab.pick(2, 10, 20), "warmup": lab.pick(0, 1, 2)}
    with lab.service(gc__schedules="[]") as service:
        lab.load(service, "freeze-filling", people=lab.folder / "people", **{**traffic, "duration": 1, "warmup": 0})
        service.stop()
        filled = shutil.copy(lab.folder / "store.db", lab.folder / "filled.db")
        people = (lab.folder / "people").read_text()
        for label, value in (("frozen", "true"), ("not frozen", "false")):
            shutil.copy(filled, lab.folder / "store.db")
            (lab.folder / "people").write_text(people)
            again = lab.start(gc__freeze_at_start=value, gc__schedules=rule("collect", lab.pick("300ms", "1s", "1s")))
            try:
                yield label, lab.load(again, f"freeze-{label.replace(' ', '-')}", people=lab.folder / "people", **traffic)
            finally:
                again.stop()


def kept(lab):
    """How many users the cache keeps for their own sake, with a collection every second."""
    users = lab.pick(300, 5000, 10000)
    for share in lab.pick([0, 100], [0, 10, 50, 100], [0, 5, 10, 25, 50, 100]):
        with lab.service(cache__keep=users * share // 100,
                         gc__schedules=rule("collect", lab.pick("200ms", "1s", "1s"))) as service:
            yield f"{share} %", lab.load(service, f"kept-{share}", scenario="churn", users=users,
                                         rate=lab.pick(300, 1500, 2000), duration=lab.pick(2, 10, 20),
                                         warmup=lab.pick(0.5, 2, 4))


def store(lab):
    """A store on disk, where a write is acknowledged after its sync, against one in memory."""
    for label, kind in (("sqlite", "sqlite"), ("memory", "memory")):
        for rate in lab.pick([200], [500, 2000], [500, 1000, 2000, 4000]):
            with lab.service(store__kind=kind, gc__schedules=rule("collect", lab.pick("300ms", "1s", "1s"))) as service:
                yield f"{label}, {rate}/s", lab.load(
                    service, f"store-{label}-{rate}", scenario="churn", users=lab.pick(300, 5000, 10000), rate=rate,
                    duration=lab.pick(2, 10, 15), warmup=lab.pick(0, 1, 2))


def tracing(lab):
    """Call sites of allocations not traced, sampled, and exact with one and eight frames."""
    modes = [("off", {"mode": "off"}), ("sampled", {"mode": "sampled"}), ("exact", {"mode": "exact", "frames": 1}),
             ("exact, 8 frames", {"mode": "exact", "frames": 8})]
    for label, mode in lab.pick(modes[:3], modes, modes):
        with lab.service(store__kind="memory", gc__schedules=rule("collect", lab.pick("300ms", "1s", "1s"))) as service:
            service.admin("PATCH", "/v1/memory/tracing", mode)
            yield label, lab.load(service, f"tracing-{label.replace(', ', '-').replace(' ', '-')}", scenario="churn",
                                  users=lab.pick(300, 5000, 10000), rate=lab.pick(200, 2000, 4000),
                                  duration=lab.pick(2, 10, 15), warmup=lab.pick(0, 1, 2))


# Name: what makes the runs, the columns, and the columns that are drawn on the left and the right axis.
STUDIES = {
    "interval-regulars": (interval_regulars, [HITS, LOADS, RESIDENT, HEAP, COLLECTIONS, PAUSE, LAG],
                          [HITS], [HEAP]),
    "interval-strangers": (interval_strangers, [HITS, LOADS, RESIDENT, HEAP, COLLECTIONS, PAUSE, LAG],
                           [HITS], [HEAP]),
    "interval-residents": (interval_residents, [HITS, LOADS, RESIDENT, HEAP, COLLECTIONS, PAUSE, LAG],
                           [HITS], [HEAP]),
    "budget": (budget, [latency("all", "p50"), latency("all", "p99"), latency("all", "p99.9"), latency("all", "max"),
                        PAUSE, COLLECTIONS, LAG],
               [latency("all", "p99.9"), PAUSE], []),
    "every-second": (every_second, [latency("session", "p50"), latency("session", "p99"), latency("session", "p99.9"), PAUSE,
                                    COLLECTIONS, LAG],
                     [latency("session", "p99.9"), PAUSE], []),
    "freeze": (freeze, [latency("all", "p50"), latency("all", "p99"), latency("all", "p99.9"), HITS, PAUSE, RESIDENT, HEAP,
                        COLLECTIONS, LAG],
               [latency("all", "p99.9"), PAUSE], []),
    "kept": (kept, [HITS, LOADS, RESIDENT, HEAP, RSS, LAG], [HITS], [HEAP]),
    "tracing": (tracing, [latency("all", "p50"), latency("all", "p99"), latency("all", "p99.9"), latency("login", "p50"),
                          HEAP, RSS, LAG],
                [latency("all", "p50"), latency("login", "p50")], [RSS]),
    "store": (store, [latency("login", "p50"), latency("login", "p99"), latency("verify", "p50"), latency("verify", "p99"),
                      latency("user", "p99"), HITS, LAG],
              [latency("login", "p50"), latency("login", "p99"), latency("verify", "p99")], []),
}


def draw(title, runs, left, right):
    lines = [Line(name, [(i, read(run)) for i, (_, run) in enumerate(runs)], right=False) for name, _, read in left]
    lines += [Line(name, [(i, read(run)) for i, (_, run) in enumerate(runs)], right=True) for name, _, read in right]
    values = [y for line in lines if not line.right for _, y in line.points if y > 0]
    log = bool(values) and not right and max(values) > 20 * min(values)
    return plot(title.split(":")[0].split(",")[0], lines, x_label="", log=log, names={i: label for i, (label, _) in enumerate(runs)})


def run_study(lab, name):
    settings, columns, left, right = STUDIES[name]
    title = settings.__doc__.rstrip(".")
    runs = list(settings(lab))
    (lab.out / f"{name}.svg").write_text(draw(title, runs, left, right))
    o = runs[-1][1]["options"]
    print(f"{title}: {o['scenario']}, {o['users']} users, keys {o['keys']}, {o['rate']:g}/s, {o['duration']:g} s a run.\n")
    print("| | " + " | ".join(c[0] for c in columns) + " |\n|---|" + "---|" * len(columns))
    for label, run in runs:
        print(f"| {label} | " + " | ".join(form.format(read(run)) for _, form, read in columns) + " |")
    print(f"\n![{title}](results/{name}.svg)\n", flush=True)
    return runs


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=[*STUDIES, "all"])
    parser.add_argument("--size", choices=SIZES, default="middle")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/load")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "var/studies")
    a = parser.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    for name in STUDIES if "all" in a.names else a.names:
        run_study(Lab(a.build.resolve(), a.out, a.size), name)


if __name__ == "__main__":
    os.umask(0o077)
    main()
