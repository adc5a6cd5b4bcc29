#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""page.py RUN.json [OTHER.json] > page.html: a report of tenure-load as one page that needs nothing else; two side by side,
on the same axes."""
import html
import json
import sys

from svg import Line, plot

QUANTILES = ["mean", "p50", "p90", "p99", "p99.9", "p99.99", "max"]
STYLE = """body{font:14px sans-serif;margin:24px;color:#222}table{border-collapse:collapse;margin:12px 0}
td,th{padding:2px 10px;text-align:right;border-bottom:1px solid #ddd}th:first-child,td:first-child{text-align:left}
.plots{display:grid;grid-template-columns:repeat(COLUMNS,max-content);gap:14px}"""


def seconds(run, name, factor=1):
    return [(s["t"] + 0.5, s[name] * factor if s[name] is not None else None) for s in run["seconds"]]


def samples(run, name, factor=1):
    return [(s["t"], s[name] * factor) for s in run["samples"]]


def growth(run, name):
    """What a counter of the admin plane grew by from one look to the next."""
    return [(b["t"], max(0, b[name] - a[name])) for a, b in zip(run["samples"], run["samples"][1:])]


def starts(run):
    return [c["t"] for c in run["collections"]]


# Title, lines of a run, and whether the axis is logarithmic.
PLOTS = [
    ("latency from the intended start, ms",
     lambda r: [Line(name, seconds(r, name)) for name in ("p50", "p99", "max")], True),
    ("hits of the cache, %", lambda r: [Line("hits", seconds(r, "ratio", 100))], False),
    ("pauses of collections, ms",
     lambda r: [Line("longest hold of a shard", [(c["t"], c["pause_ms"]) for c in r["collections"]], dots=True)], True),
    ("loads a second", lambda r: [Line("loads", growth(r, "loads")), Line("coalesced", growth(r, "coalesced"))], False),
    ("errors a second", lambda r: [Line("errors", seconds(r, "errors"))], False),
    ("users in the cache", lambda r: [Line("resident", samples(r, "resident")), Line("kept", samples(r, "kept"))], False),
    ("memory, MB",
     lambda r: [Line("process", samples(r, "rss", 1e-6)), Line("heaps", samples(r, "traced", 1e-6))], False),
    ("requests a second", lambda r: [Line("due", seconds(r, "due"))], False),
]


def common_bounds(runs, lines_of, log):
    """The same for all of them; a logarithmic axis finds round ones itself."""
    values = [y for run in runs for line in lines_of(run) for _, y in line.points]
    if log:
        values = [v for v in values if v > 0] or [1]
        return min(values), max(values)
    return 0, max(values, default=0) * 1.05 or 1


def draw(runs):
    last = max(max(len(run["seconds"]), *(s["t"] for s in run["samples"]), 1) for run in runs)
    for title, lines_of, log in PLOTS:
        bounds = common_bounds(runs, lines_of, log)
        for run in runs:
            yield plot(title, lines_of(run), log=log, marks=starts(run), x_bounds=(0, last), y_bounds=bounds)


def row(name, cells):
    return f"<tr><td>{html.escape(name)}</td>" + "".join(f"<td>{html.escape(c)}</td>" for c in cells) + "</tr>"


def figures(run):
    """Name and value of what can be said in one number."""
    cache = run["cache"]
    yield from ((f"{q}, ms", f"{run['latency_ms'][q]:.3f}") for q in QUANTILES)
    yield "our lag, p99, ms", f"{run['lag_ms']['p99']:.3f}"
    yield "requests", f"{run['latency_ms']['count']}"
    yield "hits, %", "-" if cache["ratio"] is None else f"{100 * cache['ratio']:.2f}"
    yield "loads, coalesced", f"{cache['loads']:.0f}, {cache['coalesced']:.0f}"
    yield "statuses", ", ".join(f"{code}: {n}" for code, n in run["statuses"].items())
    yield "collections", f"{len(run['collections'])}"
    yield "longest pause, ms", f"{max((c['pause_ms'] for c in run['collections']), default=0):.3f}"
    yield "resident, MB", f"{run['samples'][-1]['rss'] / 1e6:.1f}" if run["samples"] else "-"


def kinds(run):
    yield "<table><tr><th>ms</th><th>requests</th>" + "".join(f"<th>{q}</th>" for q in QUANTILES) + "</tr>"
    for name, latency in run["by_ask_ms"].items():
        yield row(name, [str(latency["count"])] + [f"{latency[q]:.3f}" for q in QUANTILES])
    yield "</table>"


def title_of(run):
    o = run["options"]
    return (f"{o['scenario']}, {o['users']} users of {o['sessions']} sessions, keys {o['keys']}, "
            f"{o['rate']:g}/s {o['arrivals']}, seed {o['seed']}")


def page(runs, names):
    columns = list(zip(*(figures(run) for run in runs)))
    yield f"<!doctype html><html><head><meta charset='utf-8'><title>{html.escape(' | '.join(names))}</title>"
    yield f"<style>{STYLE.replace('COLUMNS', str(len(runs)))}</style></head><body><h1>Load on the cache</h1>"
    yield "<table>" + row("", names) + row("run", [title_of(run) for run in runs])
    yield row("began", [run["started_at"] for run in runs])
    yield from (row(cells[0][0], [value for _, value in cells]) for cells in columns)
    yield "</table><div class='plots'>"
    yield from (f"<div>{svg}</div>" for svg in draw(runs))
    yield from ("<div>" + "".join(kinds(run)) + "</div>" for run in runs)
    yield "</div><p>Dashed vertical lines are the ends of collections.</p></body></html>"


def main():
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    runs = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as f:
            runs.append(json.load(f))
    print("\n".join(page(runs, sys.argv[1:])))


if __name__ == "__main__":
    main()
