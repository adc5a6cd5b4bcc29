#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a user of Python's gc, weakref, sys, tracemalloc, memory_profiler and __slots__ expects, line by line.

behaviours.py BUILD           runs the tests of tests/lib/behaviours, prints the table, compares it with lib/BEHAVIOURS.md
behaviours.py BUILD --write   writes lib/BEHAVIOURS.md instead

A section is a file whose name begins with the section's: 1a_counts.c. A test's name ends with the number of the
behaviour that it shows; a number may have several tests. What has none is a comment of the section's file:

    // 114, not in C: a proxy forwards what is looked up in it, because C looks nothing up.

Fails when a test fails, when a number has neither, when it has both, or stands in another section; and when a section
that is not covered yet (OPEN) has all that it needs."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "lib/BEHAVIOURS.md"
SECTIONS = {
    "1A": (1, 14, "Counts, death at once, the order of destruction"),
    "1B": (15, 20, "Death without recursion"),
    "1C": (21, 32, "What is tracked"),
    "1D": (33, 48, "Generations, thresholds, collections by themselves"),
    "1E": (49, 61, "A collection and its result"),
    "1F": (62, 75, "Statistics, introspection, freezing"),
    "1G": (76, 86, "Debug flags, the garbage list, callbacks"),
    "1H": (87, 94, "Finalizers"),
    "1I": (95, 115, "Weak references"),
    "1J": (116, 130, "Weak containers and finalizers that can be detached"),
    "1K": (131, 157, "Tracing of allocations"),
    "1L": (158, 172, "Memory by line"),
    "1M": (173, 177, "Sizes"),
    "1N": (178, 190, "Slots and dictionaries"),
}
# A line a section that has no complete file yet; whoever completes one takes its line away.
OPEN = set()
TEST = re.compile(r"^(\w+?)_(\d+)\(void \*\*state\)", re.M)
EXCUSE = re.compile(r"^// (\d+), (not in C): ((?:[^\n]|\n// (?!\d+, )(?! *$))+)\n", re.M)
OUTCOME = re.compile(r"^\[ *(OK|FAILED|SKIPPED) *\] (\w+)", re.M)
HEAD = """# Behaviours

What is expected of this library by those who know Python's modules, by number, and the test of `tests/lib/behaviours/`
that shows it. Made by `tests/behaviours.py`, which fails when this page is not what it would make.
"""


class Section:
    """What one section's file says: {number: [test]} and {number: excuse}."""

    def __init__(self, name, text):
        self.name = name
        self.tests, self.excuses = {}, {}
        for test, number in TEST.findall(text):
            self.tests.setdefault(int(number), []).append(f"{test}_{number}")
        for number, kind, words in EXCUSE.findall(text):
            self.excuses[int(number)] = kind, " ".join(re.sub(r"\n// *", " ", words).rstrip(".").split())

    def numbers(self):
        first, last, _ = SECTIONS[self.name]
        return range(first, last + 1)

    def missing(self):
        return [n for n in self.numbers() if n not in self.tests and n not in self.excuses]

    def faults(self):
        for number in sorted({*self.tests, *self.excuses} - {*self.numbers()}):
            yield f"{number} does not belong to section {self.name}"
        for number in sorted({*self.tests} & {*self.excuses}):
            yield f"{number} has a test and says that it has none"
        for number, (kind, words) in self.excuses.items():
            if kind == "not in C" and ", because " not in words:
                yield f"{number} is not in C and does not say why"
        if self.name in OPEN and not self.missing():
            yield f"section {self.name} is complete, and OPEN says that it is not"
        if self.name not in OPEN:
            for number in self.missing():
                yield f"{number} of section {self.name} has no test and no reason why"


def sections_in(folder):
    texts = dict.fromkeys(SECTIONS, "")
    for path in sorted(folder.glob("*.c")):
        name = path.name[:2].upper()
        if name not in SECTIONS:
            sys.exit(f"{path.relative_to(ROOT)}: its name does not begin with a section's")
        texts[name] += path.read_text()
    return [Section(name, text) for name, text in texts.items()]


def outcomes(build):
    """{test: OK, FAILED or SKIPPED} of all programs, whose words are shown when one fails."""
    result = {}
    for program in sorted(build.glob("tests/test_behaviours.*")):
        run = subprocess.run([program.resolve()], cwd=ROOT / "tests", capture_output=True, text=True, timeout=300)
        words = run.stdout + run.stderr
        found = dict((test, outcome) for outcome, test in OUTCOME.findall(words))
        if run.returncode or "FAILED" in found.values():
            print(words)
            found.setdefault(program.name, "FAILED")
        result.update(found)
    return result


def name_of(test):
    return test.rsplit("_", 1)[0].replace("_", " ")


def result_of(tests, results):
    states = {results.get(test, "did not run") for test in tests}
    return "passed" if states == {"OK"} else ", ".join(sorted(states - {"OK"})).lower()


def row(section, number, results):
    if number in section.tests:
        tests = section.tests[number]
        return f"| {number} | {'; '.join(map(name_of, tests))} | {result_of(tests, results)} |"
    if number not in section.excuses:
        return f"| {number} | | open |"
    kind, words = section.excuses[number]
    name, _, why = words.partition(", because ")
    return f"| {number} | {name} | {kind}{', because ' + why if why else ''} |"


def table_of(sections, results):
    lines = [HEAD]
    for section in sections:
        first, last, title = SECTIONS[section.name]
        lines += [f"## {section.name}: {title}", ""]
        if not section.tests and not section.excuses:
            lines += [f"{first} to {last}: not covered yet.", ""]
            continue
        lines += ["| | behaviour | |", "|---|---|---|"]
        lines += [row(section, number, results) for number in section.numbers()] + [""]
    return "\n".join(lines)


def all_faults(sections, results, table, kept):
    for section in sections:
        yield from section.faults()
    for test, outcome in results.items():
        if outcome != "OK":
            yield f"{test}: {outcome.lower()}"
    for test in (test for s in sections for tests in s.tests.values() for test in tests):
        if test not in results:
            yield f"{test}: did not run"
    if table != kept:
        yield f"{TABLE.relative_to(ROOT)} is not what was made now; tests/behaviours.py BUILD --write writes it"


def self_test():
    sound = "void\na_b_21(void **state)\n\n// 22, not in C: x, because\n// of y.\n// 23, not in C: z, because w.\n"
    section = Section("1C", sound)
    assert section.tests == {21: ["a_b_21"]}, section.tests
    assert section.excuses == {22: ("not in C", "x, because of y"), 23: ("not in C", "z, because w")}, section.excuses
    assert section.missing() == list(range(24, 33))
    planted = {"a_14(void **state)": "does not belong", "a_22(void **state)": "says that it has none",
               "// 24, not in C: x.": "does not say why"}
    for text, words in planted.items():
        assert any(words in fault for fault in Section("1C", f"{sound}{text}\n").faults()), text
    assert "| 21 | a b | passed |" in table_of([section], {"a_b_21": "OK"})
    assert "| 21 | a b | skipped |" in table_of([section], {"a_b_21": "SKIPPED"})
    assert "| 22 | x | not in C, because of y |" in table_of([section], {})


def main():
    self_test()
    build, write = pathlib.Path(sys.argv[1]), sys.argv[2:] == ["--write"]
    sections = sections_in(ROOT / "tests/lib/behaviours")
    results = outcomes(build)
    table = table_of(sections, results)
    print(table)
    if write:
        TABLE.write_text(table)
    kept = TABLE.read_text() if TABLE.exists() else ""
    faults = list(all_faults(sections, results, table, kept))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
