#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Includes point down only: fails on an upward arrow, a cycle, or a second door to an outside library.

Reads each #include "..." of lib/ and server/. A folder stands on a floor; a file includes its own
folder, lower floors, and other folders of its floor as long as no circle of folders arises.
--self-test plants one fault of each kind in a small tree and expects it to be found."""
import pathlib
import re
import sys
import tempfile

FLOORS = {
    "lib/src": {"base.h": 0, "errors.c": 1, "trace": 1, "memory": 1, "object": 2, "gc": 3, "containers": 4,
                "inspect": 4, "heap.h": 5, "heap.c": 5},
    "server": {"base": 0, "http": 1, "store": 1, "domain": 2, "gc": 2, "api": 3, "admin": 3,
               "main.c": 4},
}
DOORS = ["microhttpd.h", "sqlite3.h", "libpq-fe.h", "sodium.h", "jansson.h", "gmp.h", "elfutils/libdwfl.h", "zlib.h"]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def sources(tree):
    return sorted(p for p in tree.rglob("*.[ch]") if p.is_file())


def includes(path):
    return INCLUDE.findall(path.read_text())


def folder_of(path, tree):
    return path.relative_to(tree).parts[0]


def target_of(path, name, tree):
    """The file that [path] means by [name], or None for a public or a system header."""
    for base in (path.parent, tree):
        if (base / name).is_file():
            return (base / name).resolve()
    return None


def upward_faults(root, tree, floors):
    for path in sources(tree):
        own = folder_of(path, tree)
        if own not in floors:
            yield f"{path.relative_to(root)}: {own} stands on no floor"
            continue
        for kind, name in includes(path):
            target = target_of(path, name, tree) if kind == '"' else None
            other = folder_of(target, tree) if target else own
            if floors.get(other, 99) > floors[own]:
                yield (f"{path.relative_to(root)}: includes {name}, which is above it "
                       f"(floor {floors.get(other)} over {floors[own]})")


def arrows(tree, node_of):
    graph = {}
    for path in sources(tree):
        for kind, name in includes(path):
            target = target_of(path, name, tree) if kind == '"' else None
            if target and node_of(target) != node_of(path):
                graph.setdefault(node_of(path), set()).add(node_of(target))
    return graph


def find_cycle(graph):
    done, trail = set(), []

    def visit(node):
        if node in trail:
            return trail[trail.index(node):] + [node]
        if node in done:
            return None
        trail.append(node)
        for target in sorted(graph.get(node, ())):
            cycle = visit(target)
            if cycle:
                return cycle
        trail.pop()
        done.add(node)
        return None

    for node in sorted(graph):
        cycle = visit(node)
        if cycle:
            return cycle
    return None


def cycle_faults(root, tree):
    for node_of in (lambda p: str(p.relative_to(root)), lambda p: folder_of(p, tree)):
        cycle = find_cycle(arrows(tree, node_of))
        if cycle:
            yield f"{tree.relative_to(root)}: a circle of includes: {' -> '.join(cycle)}"


def door_faults(root):
    for door in DOORS:
        users = [p for tree in FLOORS for p in sources(root / tree)
                 if any(name == door for _, name in includes(p))]
        for extra in users[1:]:
            yield f"{extra.relative_to(root)}: includes {door}, whose door is {users[0].relative_to(root)}"


def all_faults(root):
    root = root.resolve()
    for name, floors in FLOORS.items():
        yield from upward_faults(root, root / name, floors)
        yield from cycle_faults(root, root / name)
    yield from door_faults(root)


PLANTED = {
    "an upward include": {"server/base/log.h": "", "server/base/log.c": '#include "http/reply.h"\n',
                          "server/http/reply.h": ""},
    "a circle of files": {"lib/src/gc/a.h": '#include "gc/b.h"\n', "lib/src/gc/b.h": '#include "a.h"\n'},
    "a circle of folders": {"server/http/a.h": '#include "store/b.h"\n', "server/store/b.h": "",
                            "server/store/c.h": '#include "http/d.h"\n', "server/http/d.h": ""},
    "a second door": {"server/store/a.c": "#include <sqlite3.h>\n", "server/admin/b.c": "# include <sqlite3.h>\n"},
    "a folder without a floor": {"server/attic/a.c": ""},
}
SOUND = {"lib/src/gc/a.c": '#include "gc/a.h"\n#include "base.h"\n', "lib/src/gc/a.h": "",
         "lib/src/base.h": "", "server/gc/jobs.c": '#include "domain/x.h"\n', "server/domain/x.h": ""}


def faults_in(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return list(all_faults(pathlib.Path(folder)))


def self_test():
    assert not faults_in(SOUND), faults_in(SOUND)
    for what, files in PLANTED.items():
        assert len(faults_in(files)) == 1, (what, faults_in(files))
        assert len(faults_in({**SOUND, **files})) == 1, what


def main():
    self_test()
    if sys.argv[1:] == ["--self-test"]:
        return 0
    faults = list(all_faults(pathlib.Path(__file__).resolve().parent.parent))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
