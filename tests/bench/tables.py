#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes one Markdown table of the figures of several rounds.

Usage: tables.py pairs|social|operations|memory|slices, with lines on stdin as run.sh writes them:

    GRAPH SIDE ROUND NAME VALUE UNIT

A figure is the median of its rounds; a ratio is the median of the rounds' ratios, so that a minute in
which everything was slow counts on both sides. What a bar needs and nobody measured is left open."""
import collections
import statistics
import sys

OURS = "tenure"
SCALES = {"ns": (("ns", 1), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)), "B": (("B", 1),)}


class Ratio:
    """At most [limit] times what [side] takes; without a limit the ratio is only shown."""

    def __init__(self, side, limit=None, graph=None):
        self.side, self.limit, self.graph = side, limit, graph
        self.whom = f"{side} on {graph}" if graph else side

    def measure(self, figures, row):
        pairs = figures.pairs(row, self.graph or row.graph, self.side)
        return statistics.median(a / b for a, b in pairs) if pairs else None

    def shown(self, value):
        return f"{value:.3g} × {self.whom}"

    def wanted(self):
        return self.limit and f"≤ {self.limit:.3g} × {self.whom}"


class Most:
    """At most [limit], in the unit of the figure."""

    def __init__(self, limit, unit):
        self.limit, self.unit = limit, unit

    def measure(self, figures, row):
        return figures.median(row.graph, OURS, row.name)

    def shown(self, value):
        return None

    def wanted(self):
        return f"≤ {scaled(self.limit, self.unit)}"


class Above:
    """At most [limit] ns more than [side] takes."""

    def __init__(self, side, limit):
        self.side, self.limit = side, limit

    def measure(self, figures, row):
        pairs = figures.pairs(row, row.graph, self.side)
        return statistics.median(a - b for a, b in pairs) if pairs else None

    def shown(self, value):
        return f"{self.side} {value:+.1f} ns"

    def wanted(self):
        return f"≤ {self.side} + {self.limit} ns"


class Times:
    """At most [limit] times our own row [name]."""

    def __init__(self, name, limit):
        self.name, self.limit = name, limit

    def measure(self, figures, row):
        ours, other = (figures.rounds(row.graph, OURS, name) for name in (row.name, self.name))
        ratios = [ours[number] / other[number] for number in ours if number in other]
        return statistics.median(ratios) if ratios else None

    def shown(self, value):
        return f"{value:.3g} × untraced"

    def wanted(self):
        return f"≤ {self.limit:.3g} × untraced"


class Row:
    def __init__(self, graph, name, label, *bars):
        self.graph, self.name, self.label, self.bars = graph, name, label, bars


# For each part the peers, in the order of their columns, and the rows.
TABLES = {
    "pairs": (("CPython", "PHP", "Boehm"), (
        Row("pairs", "build", "build, a pair", Ratio("CPython", 1 / 4), Ratio("Boehm", 1.4)),
        Row("random", "build", "build with random keys, a pair", Ratio("CPython")),
        Row("pairs", "memory", "memory, a pair", Ratio("CPython", 0.46)),
        Row("pairs", "first", "first full collection, all live", Ratio("CPython", 1 / 16), Ratio("Boehm", 0.9)),
        Row("pairs", "again", "the next one, nothing changed", Most(5e3, "ns")),
        Row("pairs", "ended", "after ending 1 % of the sessions", Ratio("PHP", 0.4)),
        Row("random", "ended", "the same with random keys", Ratio("PHP")),
        Row("tenfold", "ended", "after ending as many of ten times the pairs", Ratio(OURS, 2, "pairs")),
        Row("pairs", "all", "all ended, everything freed", Ratio("CPython", 1 / 9), Ratio("PHP", 0.4)),
        Row("random", "all", "the same with random keys", Ratio("CPython"), Ratio("PHP")),
        Row("pairs", "freeze", "freeze", Most(2e6, "ns")),
        Row("pairs", "frozen", "a collection after it", Most(5e3, "ns")),
    )),
    "social": (("CPython", "PHP", "Boehm"), (
        Row("social", "build", "build, a pair", Ratio("CPython")),
        Row("social", "first", "first full collection, all live", Ratio("CPython", 1 / 5), Ratio("Boehm", 0.6)),
        Row("social", "ended", "after ending 1 % of the sessions", Ratio("PHP", 0.6)),
        Row("social", "all", "all ended, everything freed", Ratio("CPython", 1 / 9), Ratio("PHP", 0.2)),
        Row("hub", "first", "unprotected hub: first full collection", Ratio(OURS, None, "pairs")),
        Row("hub", "ended", "unprotected hub: 1 % ended", Ratio(OURS, None, "pairs")),
        Row("hub", "all", "unprotected hub: all ended", Ratio(OURS, None, "pairs")),
        Row("pinned", "first", "pinned hub: first full collection", Ratio(OURS, 1.1, "pairs")),
        Row("pinned", "ended", "pinned hub: 1 % ended", Ratio(OURS, 1.1, "pairs")),
    )),
    "operations": (("CPython", "mimalloc"), (
        Row("operations", "create", "create, set 3 slots, drop", Most(9, "ns"), Above("mimalloc", 3)),
        Row("operations", "create_in_flight", "the same with 1 000 in flight", Most(11, "ns"), Above("mimalloc", 6)),
        Row("operations", "create_sampled", "the first with sampled tracing (512 KiB)", Times("create_again", 1.05)),
        Row("operations", "create_exact", "the first with exact tracing", Times("create_again", 2)),
        Row("operations", "read_weak", "weak reference, read and drop", Most(1.5, "ns")),
        Row("operations", "hit_map", "weak-value map, hit", Most(5, "ns")),
        Row("operations", "insert_and_die", "weak-value map, insert, then the value dies", Most(25, "ns")),
    )),
    "slices": ((), (
        Row("slices", "cpu_p50", "a slice of 1 ms, time of the processor, p50"),
        Row("slices", "cpu_p99.9", "p99.9", Most(1.1e6, "ns")),
        Row("slices", "cpu_most", "the longest of 10 000", Most(2e6, "ns")),
        Row("slices", "wall_p50", "the same, time on the wall, p50"),
        Row("slices", "wall_p99.9", "p99.9"),
        Row("slices", "wall_most", "the longest"),
    )),
    "memory": (("CPython", "PHP", "Boehm"), (
        Row("pairs", "memory", "a pair", Ratio("CPython", 0.46)),
        Row("random", "memory", "a pair with random keys", Ratio("CPython")),
        Row("social", "memory", "a social pair", Ratio("CPython")),
        Row("operations", "instance", "an instance with 3 slots", Most(40, "B")),
        Row("operations", "instance_dict", "an instance with 3 attributes in a dictionary", Most(80, "B")),
    )),
}


class Figures:
    def __init__(self, lines):
        self.values = collections.defaultdict(dict)
        self.units = {}
        for line in lines:
            graph, side, number, name, value, unit = line.split()
            self.values[graph, side, name][number] = float(value)
            self.units[name] = unit

    def rounds(self, graph, side, name):
        return self.values.get((graph, side, name), {})

    def median(self, graph, side, name):
        values = self.rounds(graph, side, name).values()
        return statistics.median(values) if values else None

    def pairs(self, row, graph, side):
        """What [row] took and what [side] took on [graph], round by round."""
        ours, theirs = self.rounds(row.graph, OURS, row.name), self.rounds(graph, side, row.name)
        return [(ours[number], theirs[number]) for number in ours if number in theirs]


def scaled(value, unit):
    """The value in the largest unit that leaves at least one."""
    name, scale = [s for s in SCALES[unit] if value >= s[1] or s[1] == 1][-1]
    return f"{value / scale:.0f} {name}" if value / scale >= 100 else f"{value / scale:.3g} {name}"


def cell(figures, row, side):
    value = figures.median(row.graph, side, row.name)
    if value is None:
        return "–"
    text = scaled(value, figures.units[row.name])
    found = figures.median(row.graph, side, row.name + "_found")
    return text if found is None else text + f"; {found:,.0f} found".replace(",", " ")


def verdict(bar, value):
    return "–" if value is None else "yes" if value <= bar.limit else "no"


def cells(figures, row, peers):
    values = [(bar, bar.measure(figures, row)) for bar in row.bars]
    ratios = [bar.shown(value) for bar, value in values if value is not None]
    wanted = [(bar.wanted(), verdict(bar, value)) for bar, value in values if bar.limit is not None]
    yield row.label
    yield from (cell(figures, row, side) for side in (OURS, *peers))
    yield ", ".join(filter(None, ratios))
    yield ", ".join(bar for bar, _ in wanted)
    yield ", ".join(reached for _, reached in wanted)


def print_row(texts):
    print("|", " | ".join(texts), "|")


def main():
    peers, rows = TABLES[sys.argv[1]]
    figures = Figures(sys.stdin)
    heads = ("", OURS, *peers, "ratio", "to reach", "reached")
    print_row(heads)
    print_row("---" for _ in heads)
    for row in rows:
        print_row(cells(figures, row, peers))


if __name__ == "__main__":
    main()
