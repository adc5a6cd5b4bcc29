#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check.py BUILD: every plot that README.md shows is made again at small scale, by the command above it, and says the same:
more users stay and are hits the more seldom they are collected. Two runs make one page."""
import os
import pathlib
import re
import sys
import tempfile
import xml.etree.ElementTree as xml

import page
import study

HERE = pathlib.Path(__file__).resolve().parent


def must(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


def hits(run):
    return 100 * run["cache"]["ratio"]


def expect_intervals(runs):
    seldom = [hits(run) for _, run in runs]
    must(seldom[-1] == 100, f"never collected, all are hits: {seldom}")
    must(seldom[0] < 95 and seldom[0] <= seldom[-1], f"collected often, some are misses: {seldom}")
    must(study.mean(runs[0][1], "resident") < study.mean(runs[-1][1], "resident"), "collected seldom, more users stay")


def expect_residents(runs):
    must(all(hits(run) == 100 for _, run in runs), "who is logged in is a hit whatever is collected")


def expect_budgets(runs):
    must(not runs[0][1]["collections"], "without a rule nothing is collected")
    must(all(run["collections"] for _, run in runs[1:]), "with one something is")


def expect_turns(runs):
    for label, run in runs:
        must(bool(run["collections"]) == label.startswith("with,"), f"{label}: collected or not")


def expect_kept(runs):
    must(hits(runs[0][1]) < 95, "kept by nobody, some are misses")
    must(hits(runs[-1][1]) > 95, "kept by the cache, nearly all are hits: each shard keeps its own share")
    must(study.last(runs[-1][1], "kept") > 0, "the cache says whom it keeps")


def expect_collections(runs):
    must(all(run["collections"] for _, run in runs), "both are collected")
    must(all(run["by_ask_ms"]["login"]["count"] for _, run in runs), "both have logins")


EXPECTED = {"interval-regulars": expect_intervals, "interval-strangers": expect_intervals,
            "interval-residents": expect_residents, "budget": expect_budgets, "every-second": expect_turns,
            "freeze": expect_collections, "kept": expect_kept, "tracing": expect_collections, "store": expect_collections}


def check_plot(path, runs):
    root = xml.parse(path).getroot()
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    must(all(label in words for label, _ in runs), f"{path.name} names every setting")
    points = len(list(root.iter("{http://www.w3.org/2000/svg}circle")))
    must(points >= len(runs), f"{path.name} has a point for every setting")


def check_page(runs):
    text = "\n".join(page.page([run for _, run in runs], [label for label, _ in runs]))
    plots = re.findall(r"<svg.*?</svg>", text, re.S)
    must(len(plots) == len(runs) * len(page.PLOTS), "a page has every plot of every run")
    for svg in plots:
        xml.fromstring(svg)
    must(not re.search(r"(src|href)=|@import|url\(", text), "a page needs nothing else")
    if len(runs) == 2:
        frames = [re.findall(r'text-anchor="end" >([^<]*)<', svg) for svg in plots]
        must(all(frames[i] == frames[i + 1] for i in range(0, len(frames), 2)), "two runs share their axes")


def check_readme():
    text = (HERE / "README.md").read_text()
    for name in study.STUDIES:
        must(re.search(rf"^tests/load/study\.py {name}\b", text, re.M), f"README.md has the command of {name}")
        must(f"results/{name}.svg" in text and (HERE / "results" / f"{name}.svg").exists(), f"README.md shows {name}")


def main():
    must(set(EXPECTED) == set(study.STUDIES), "every study is expected to say something")
    with tempfile.TemporaryDirectory(prefix="tenure-load-") as folder:
        lab = study.Lab(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(folder), "small")
        for name, expect in EXPECTED.items():
            runs = study.run_study(lab, name)
            expect(runs)
            check_plot(pathlib.Path(folder, f"{name}.svg"), runs)
            must(all(code.startswith("2") for _, run in runs for code in run["statuses"]), f"{name} has no errors")
            check_page(runs[:1])
            check_page([runs[0], runs[-1]])
    check_readme()
    print(f"{len(EXPECTED)} studies say what they should.")


if __name__ == "__main__":
    os.umask(0o077)
    main()
