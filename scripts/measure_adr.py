#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The table of scripts/measure_adr.sh.

    measure_adr.py OUT_DIR NAME_OF_VARIANT...
"""

import json
import pathlib
import re
import statistics
import sys

from area import memory_cells, module_name


def cells(path, without):
    """(gates, flip-flops) of all modules but `without`."""
    gates = flops = 0
    for name, module in json.loads(path.read_text())["modules"].items():
        if module_name(name) == without:
            continue
        for cell, count in module["num_cells_by_type"].items():
            if cell.startswith("$_"):
                if "DFF" in cell:
                    flops += count
                else:
                    gates += count
    return gates, flops


def main():
    if len(sys.argv) < 3:
        sys.exit("measure_adr.py: usage: measure_adr.py OUT_DIR NAME...")
    out = pathlib.Path(sys.argv[1])
    print("| variant | ns/clock | range | gates | flip-flops | table bits | memory bits | depth |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for v, name in enumerate(sys.argv[2:]):
        runs = [float(line.split()[0]) for line in (out / f"run{v}.txt").read_text().splitlines()]
        depth = out / f"depth{v}.txt"
        # With a depth the variant was flattened into the bench, which adds its counter.
        gates, flops = cells(out / f"gates{v}.json", None if depth.exists() else "adr_bench")
        bits = []
        for kind in ("tables", "memories"):
            found = memory_cells(out / f"{kind}{v}.txt")
            bits.append(sum(m[2] * m[3] for m in found if m[0] != "adr_bench"))
        longest = "-"
        if depth.exists():
            longest = re.search(r"\(length=(\d+)\)", depth.read_text()).group(1)
        speed = f"{statistics.median(runs):.0f} | {min(runs):.0f} to {max(runs):.0f}"
        size = " | ".join(f"{n:,}" if n else "-" for n in (gates, flops, *bits))
        print(f"| {name} | {speed} | {size} | {longest} |")
    print()
    small, large = (cells(out / f"{t}.json", None)[0] for t in ("table8", "table32"))
    print(f"One table as logic: S-box {small:,} gates, S-box with MixColumns {large:,} gates.")


if __name__ == "__main__":
    main()
