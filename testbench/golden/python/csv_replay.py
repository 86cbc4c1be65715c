#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replays the CSV of a golden pack on a board.

    csv_replay.py golden.csv HOST:PORT [--smoke | --case NAME]

Prints PASS or FAIL of each case; exit status 1 if one failed.
"""

import argparse
import csv
import itertools
import re
import sys

from board import Board


def play(board, step):
    """What is wrong, if anything is."""
    op, mask, clocks = step["op"], int(step["mask"] or "0", 16), int(step["timeout_clocks"] or "0")
    address, data = int(step["address"] or "0", 16), int(step["data"] or "0", 16)
    if op == "write":
        board.write32(address, data)
    elif op == "wait":
        board.wait(clocks)
    elif op in ("read", "poll"):
        # A read takes two clocks at least.
        for _ in range(1 if op == "read" else clocks // 2 + 2):
            value = board.read32(address)
            if (value ^ data) & mask == 0:
                return None
        return f"0x{address:04x} is 0x{value:08x}, expected 0x{data:08x} in 0x{mask:08x}"
    else:
        return f"unknown op '{op}'"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("board", metavar="HOST:PORT")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--case")
    arguments = parser.parse_args()
    with open(arguments.file, encoding="ascii", newline="") as file:
        head, rows = itertools.tee(file)
        smoke = next(int(m[1]) for line in head if (m := re.search(r"the first (\d+) are the smoke set", line)))
        steps = csv.DictReader(line for line in rows if not line.startswith("#"))
        cases = [(name, list(steps)) for name, steps in itertools.groupby(steps, lambda step: step["case"])]
    if arguments.smoke:
        cases = cases[:smoke]
    if arguments.case:
        cases = [case for case in cases if case[0] == arguments.case]
    board = Board(arguments.board)
    failed = 0
    accesses = 0
    for name, steps in cases:
        problem = None
        for step in steps:
            accesses += step["op"] != "wait"
            problem = play(board, step)
            if problem:
                problem = f"step {step['step']}: {step['op']} {problem} ({step['note']})"
                break
        print(f"FAIL {name}: {problem}" if problem else f"PASS {name}")
        failed += problem is not None
    print(f"golden: {len(cases)} cases, {failed} failed, {accesses} steps")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
