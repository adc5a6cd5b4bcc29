#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""config/tenured.json is valid by config/tenured.schema.json, and what the program refuses is not.

Needs jsonschema (Debian: python3-jsonschema); without it this says so and ends with 77. That the schema says what the
program does, key by key, is unit.keys."""
import copy
import json
import pathlib
import sys

CONFIG = pathlib.Path(__file__).resolve().parent.parent / "config"
SKIPPED = 77
TOKEN = "0123456789abcdef0123456789abcdef"
FULL = {"name": "full", "when": {"every": "60s"}, "action": "collect"}

ACCEPTED = {
    "auth.data": [TOKEN, TOKEN[::-1]],
    "http.hosts": ["api.example.org", "10.0.0.1"],
    "listen.admin": "[::1]:0",
    "gc.share": 1,
    "gc.schedules": [{"name": "a", "when": {when: amount}, "action": action, "min_interval": "1s", "jitter": "1s",
                      "max_defer": "1h"}
                     for when, amount in [("every", "1s"), ("every_requests", 1), ("idle_for", "1m"), ("memory_above", 1),
                                          ("memory_above", "100%"), ("allocations_above", 700)]
                     for action in ["collect", "freeze", "refreeze"]],
    "gc.thresholds": [0, 0, 2147483647],
    "sessions.idle_ttl": "90s",
    "sessions.jitter": 0.5,
    "shards": 1024,
}
REFUSED = {
    "auth.data": [["short"], TOKEN, [TOKEN + " "], [1], [TOKEN] * 17],
    "auth.any": [[TOKEN]],
    "http.hosts": ["api.example.org", [""]],
    "listen.admin": ["8080", 8080],
    "gc.schedules": [{}, [{"name": "full"}], [{**FULL, "generation": 3}], [{**FULL, "budget_ms": -1}], [{**FULL, "any": 1}],
                     [{**FULL, "when": {"every": "often"}}], [{**FULL, "when": {}}], [{**FULL, "when": {"memory_above": "0%"}}],
                     [{**FULL, "when": {"every": "1s", "idle_for": "1s"}}], [{**FULL, "when": {"every_requests": 0}}],
                     [{**FULL, "jitter": 1}], [{**FULL, "action": "thaw"}]],
    "gc.share": [0, 1.5, "0.25"],
    "gc.thresholds": [[700, 10], [700, 10, 10, 10], [700, 10, -1], [700, 10, 1.5], 700],
    "sessions.idle_ttl": [60, "60", "1 s"],
    "sessions.jitter": [-0.1, 0.6, "10%"],
    "shards": ["1", 1.5, -1, 1025],
    "store.kind": ["redis", ""],
    "store.path": [""],
    "log": ["info"],
    "any": [1],
}


def changed(document, path, value):
    """A copy of [document] with [value] at [path]."""
    document = copy.deepcopy(document)
    *sections, name = path.split(".")
    part = document
    for section in sections:
        part = part[section]
    part[name] = value
    return document


def main():
    try:
        import jsonschema
    except ImportError:
        print("jsonschema is not installed (Debian: python3-jsonschema), so the schema was not tried.")
        return SKIPPED
    schema = json.loads((CONFIG / "tenured.schema.json").read_text())
    shipped = json.loads((CONFIG / "tenured.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(shipped)
    validator.validate({})
    for path, value in ACCEPTED.items():
        validator.validate(changed(shipped, path, value))
    for path, values in REFUSED.items():
        for value in values:
            if validator.is_valid(changed(shipped, path, value)):
                sys.exit(f"the schema accepts {path} = {value}")
    print(f"tenured.json is valid; {sum(map(len, REFUSED.values()))} wrong ones are not")
    return 0


if __name__ == "__main__":
    sys.exit(main())
