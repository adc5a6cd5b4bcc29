#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What objects occupy here and in CPython, side by side.

sizes.py BUILD            prints the table, and fails unless lib/docs/sizes.md has it
sizes.py BUILD --write    writes it there instead
sizes.py BUILD --million  a million instances with slots and with a dictionary, as the process grows by them

Our side is tests/lib/examples/sizes.c and million_instances.c; CPython's is whatever runs this. Under another version
than the page names, only our side is compared."""
import pathlib
import re
import subprocess
import sys
from sys import getsizeof

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "lib/docs/sizes.md"
TABLE = re.compile(r"^\| \| libtenure \| CPython.*?(?=\n\n)", re.M | re.S)
MILLION = 1_000_000


class UserNormal:
    def __init__(self, name, age, email):
        self.name, self.age, self.email = name, age, email


class UserSlots:
    __slots__ = ("name", "age", "email")

    def __init__(self, name, age, email):
        self.name, self.age, self.email = name, age, email


def deep_getsizeof(obj, seen=None):
    """As Python's users write it."""
    seen = set() if seen is None else seen
    if id(obj) in seen:
        return 0
    seen.add(id(obj))
    size = getsizeof(obj)
    if isinstance(obj, dict):
        size += sum(deep_getsizeof(k, seen) + deep_getsizeof(v, seen) for k, v in obj.items())
    elif isinstance(obj, (list, tuple, set, frozenset)):
        size += sum(deep_getsizeof(item, seen) for item in obj)
    return size


def size_in_python(expression):
    user = "Sid", 25, "sid@example.com"
    if expression == "normal":  # Python leaves its dictionary out
        normal = UserNormal(*user)
        return getsizeof(normal) + getsizeof(normal.__dict__)
    if expression == "slotted":
        return getsizeof(UserSlots(*user))
    if deep := re.fullmatch(r"deep\((.*)\)", expression):
        return deep_getsizeof(eval(deep[1]))
    return getsizeof(eval(expression))


NAMES = {"normal": "an instance with a dictionary and three attributes", "slotted": "the same with slots"}


def name_of(expression):
    if deep := re.fullmatch(r"deep\((.*)\)", expression):
        return "all that it reaches"
    return NAMES.get(expression, f"`{expression}`")


def rows_of(text):
    return [tuple(line.split("\t")) for line in text.splitlines()]


def table_of(rows):
    version = ".".join(map(str, sys.version_info[:2]))
    lines = [f"| | libtenure | CPython {version} |", "|---|---|---|"]
    lines += [f"| {name_of(expression)} | {ours} | {size_in_python(expression)} |" for expression, ours in rows]
    return "\n".join(lines)


def without_python(table):
    return [line.rsplit("|", 2)[0] for line in table.splitlines()[1:]]


def is_same(table, kept):
    if table.splitlines()[0] != kept.splitlines()[0]:
        return without_python(table) == without_python(kept)
    return table == kept


def self_test():
    table = table_of([("0", "0"), ("deep([])", "32")])
    assert is_same(table, table)
    assert not is_same(table, table.replace("| 32 |", "| 33 |"))
    older = table.replace("CPython 3", "CPython 2").replace(f"{getsizeof([])} |", "1 |")
    assert is_same(table, older) and not is_same(table, older.replace("| 32 |", "| 33 |"))


def resident():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * 4096


def million_in_python(cls):
    keep, before = [None] * MILLION, resident()
    for i in range(MILLION):
        keep[i] = cls("Sid", 25, "sid@example.com")
    return (resident() - before) / MILLION


def measure_million(build):
    print(subprocess.run([build / "tests/test_examples.million_instances"], check=True, capture_output=True, text=True).stdout, end="")
    for cls in "UserSlots", "UserNormal":
        code = f"import sizes; print(sizes.million_in_python(sizes.{cls}))"
        grown = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "tests", check=True, capture_output=True, text=True)
        print(f"CPython, {cls}: {float(grown.stdout):.1f} bytes each in the process")


def main():
    self_test()
    build, options = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    if options == ["--million"]:
        return measure_million(build)
    ours = subprocess.run([build / "tests/test_examples.sizes"], check=True, capture_output=True, text=True).stdout
    table = table_of(rows_of(ours))
    print(table)
    page = PAGE.read_text()
    if options == ["--write"]:
        PAGE.write_text(TABLE.sub(lambda _: table, page))
        return 0
    if is_same(table, TABLE.search(page)[0]):
        return 0
    print(f"{PAGE.relative_to(ROOT)} has another table; tests/sizes.py BUILD --write writes this one there")
    return 1


if __name__ == "__main__":
    sys.exit(main())
