#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""soak.py SECONDS BUILD: users come and go for so long, and nothing grows: resident memory after a collection, descriptors,
tables, and objects of any type; the hit ratio keeps its level.

The first quarter is warm-up; then the last third must not lie above the first one by more than noise. See FLAT."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import study

LOOKS = 36
# By how much the mean of the last third may exceed that of the first: a share, and a number.
FLAT = {"resident bytes": (0.03, 0), "bytes in the heaps": (0.03, 0), "bytes of the store": (0.03, 0), "descriptors": (0, 2),
        "stray connections": (0, 2), "users in the cache": (0.03, 20), "live sessions": (0.03, 20), "objects": (0.03, 60)}
# Each of them comes or goes every 10 s, so that within the first quarter everybody has a last session.
TRAFFIC = {"scenario": "churn", "users": 2000, "rate": 1000, "keys": "uniform", "connections": 64}


def series(text, name):
    """The value of a series without labels in Prometheus text."""
    for line in text.splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    sys.exit(f"/metrics has no {name}.")


def connections(text):
    """Open ones, of both planes: how many the load has depends on how busy the machine is."""
    return sum(float(line.split()[1]) for line in text.splitlines() if line.startswith("tenured_http_connections{"))


def look(service):
    """Every figure that must not grow, right behind a full collection."""
    service.admin("POST", "/v1/gc/collect", {"generation": 2})
    memory = service.admin("GET", "/v1/memory")
    with urllib.request.urlopen(f"http://127.0.0.1:{service.ports['admin']}/metrics", timeout=study.PATIENCE) as reply:
        text = reply.read().decode()
    domains = {domain["domain"]: domain["bytes"] for domain in memory["domains"]}
    seen = {"resident bytes": memory["rss"], "bytes in the heaps": memory["traced"]["current"], "bytes of the store": domains["store"],
            "descriptors": series(text, "process_open_fds") - connections(text),
            "stray connections": max(0, connections(text) - TRAFFIC["connections"]),
            "live sessions": series(text, "tenured_sessions_active"),
            "users in the cache": service.admin("GET", "/v1/cache")["resident"]}
    for kind in memory["types"]:
        seen[f"objects of {kind['name']}"] = kind["objects"]
    return seen


def thirds(values):
    """Means of the first and the last third of what follows the first quarter."""
    settled = values[len(values) // 4:]
    third = max(1, len(settled) // 3)
    return sum(settled[:third]) / third, sum(settled[-third:]) / third


def growth_fault(name, values):
    share, number = FLAT["objects" if name.startswith("objects of ") else name]
    first, last = thirds(values)
    if last > first * (1 + share) + number:
        return f"{name} grew from {first:.0f} to {last:.0f}"
    return None


def ratio_fault(ratios):
    first, last = thirds(ratios)
    if abs(last - first) > 0.03:
        return f"the hit ratio went from {first:.3f} to {last:.3f}"
    return None


def self_test():
    """A leak of a tenth within the time is found, noise is not."""
    flat = [1e8 + 1e6 * (i % 3) for i in range(LOOKS)]
    assert not growth_fault("resident bytes", flat)
    assert growth_fault("resident bytes", [v * (1 + 0.1 * i / LOOKS) for i, v in enumerate(flat)])
    assert not growth_fault("descriptors", [80 + i % 2 for i in range(LOOKS)])
    assert growth_fault("descriptors", [80 + i // 4 for i in range(LOOKS)])
    assert growth_fault("objects of User", [1000 + 10 * i for i in range(LOOKS)])
    assert not ratio_fault([0.9 + 0.01 * (i % 2) for i in range(LOOKS)])
    assert ratio_fault([0.9 - 0.1 * i / LOOKS for i in range(LOOKS)])


def start_load(build, service, seconds, report):
    command = [str(build / "tests/load/tenure-load"), "--ports", str(service.ports_file), "--quiet", "--lag", "60000",
               "--duration", str(seconds), "--json", str(report)]
    for option, value in TRAFFIC.items():
        command += [f"--{option}", str(value)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def watch(service, load, seconds):
    looks, step = [], seconds / LOOKS
    due = time.monotonic() + step
    while load.poll() is None:
        if time.monotonic() < due:
            time.sleep(0.05)
            continue
        looks.append(look(service))
        due += step
    return looks


def soak(seconds, build):
    with tempfile.TemporaryDirectory(prefix="tenure-soak-") as folder:
        settings = {"limits.orders": "0", "gc.schedules": study.rule("collect", "2s")}
        service = study.Service(build, pathlib.Path(folder), settings)
        try:
            report = pathlib.Path(folder, "report.json")
            load = start_load(build, service, seconds, report)
            # What it prints is read at once, so that it never waits for us.
            said = []
            reader = threading.Thread(target=lambda: said.append(load.stdout.read()))
            reader.start()
            looks = watch(service, load, seconds)
            reader.join()
            if load.returncode != 0:
                sys.exit(f"tenure-load ended with {load.returncode}.")
            print(said[0])
            return looks, json.loads(report.read_text())
        finally:
            service.stop()


def main():
    self_test()
    seconds, build = float(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    looks, run = soak(seconds, build)
    names = [name for name in looks[-1] if all(name in seen for seen in looks)]
    faults = [growth_fault(name, [seen[name] for seen in looks]) for name in names]
    faults.append(ratio_fault([s["ratio"] for s in run["seconds"] if s["ratio"] is not None]))
    faults += [f"{count} answers with {code}" for code, count in run["statuses"].items() if not code.startswith("2")]
    print(f"| in {seconds:g} s, {len(looks)} looks | first third | last third |\n|---|---|---|")
    for name in names:
        first, last = thirds([seen[name] for seen in looks])
        print(f"| {name} | {first:.0f} | {last:.0f} |")
    first, last = thirds([s["ratio"] for s in run["seconds"] if s["ratio"] is not None])
    print(f"| hits, % | {100 * first:.2f} | {100 * last:.2f} |")
    faults = [fault for fault in faults if fault]
    sys.exit("\n".join(faults) if faults else 0)


if __name__ == "__main__":
    os.umask(0o077)
    main()
