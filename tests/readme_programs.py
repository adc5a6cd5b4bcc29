#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Takes the programs out of a page: each ```c block with a main becomes readmeN.c, and the block that follows it, what
it prints, readmeN.txt. readme_programs.py PAGE FOLDER; fails when there is none."""
import pathlib
import re
import sys

page, folder = map(pathlib.Path, sys.argv[1:])
blocks = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), re.M | re.S)
programs = [i for i, (kind, text) in enumerate(blocks) if kind == "c" and "\nmain(" in text]
assert programs, f"{page} has no program"
for number, i in enumerate(programs):
    (folder / f"readme{number}.c").write_text(blocks[i][1])
    (folder / f"readme{number}.txt").write_text(blocks[i + 1][1])
