#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a STIL file with an independent parser (Semi-ATE-STIL) and writes its vectors, one clock a line.

    stil_vectors.py FILE.stil OUT

The first line of OUT names the signal groups and single signals in the order of the file; each further line holds
the waveform characters that they have in that clock. Loops are unrolled. Exit status 1 if the parser refuses the file.
"""

import sys

from Semi_ATE.STIL.parsers.STILParser import STILParser


def find(tree, name):
    return [node for node in tree.iter_subtrees_topdown() if node.data.split("__")[-1] == name]


def tokens(node, name):
    return [str(t) for t in node.scan_values(lambda t: t.type.split("__")[-1] == name)]


def main(path, out):
    parser = STILParser(path)
    tree = parser.parse_syntax()
    if tree is None:
        sys.exit(f"{path}: {parser.err_msg.strip()}")
    parser.parse_semantic()
    if not parser.is_parsing_done:
        sys.exit(f"{path}: {parser.err_msg.strip()}")

    # Groups of bits of a bus, and signals that stand alone
    signals = [name for node in find(tree, "signals_list") for name in tokens(node, "SIGNAL_NAME")]
    groups = {}
    for node in find(tree, "signal_groups_list"):
        groups[tokens(node, "SIGNAL_GROUP_NAME")[0]] = tokens(node, "SIGREF_NAME")
    buses = {name: bits for name, bits in groups.items() if all(bit.startswith(name + "[") for bit in bits)}
    alone = [name for name in signals if "[" not in name]
    names = alone + list(buses)
    now = {}
    lines = 0

    with open(out, "w", encoding="ascii") as sink:
        print(*names, file=sink)

        def vector(node):
            nonlocal lines
            for data in find(node, "vec_data_block"):
                (name,) = tokens(data, "SIGREF_EXPR")
                (wfcs,) = tokens(data, "VEC_DATA_STRING")
                now[name] = wfcs.strip()
            print(*(now[name] for name in names), file=sink)
            lines += 1

        def statements(node):
            for statement in node.children:
                kind = getattr(statement, "data", "").split("__")[-1]
                if kind == "pattern_statement":
                    statements(statement)
                elif kind == "v_stmt":
                    vector(statement)
                elif kind == "l_stmt":
                    for _ in range(int(tokens(statement, "LOOP_COUNT")[0])):
                        statements(statement)

        for pattern in find(tree, "pattern_block"):
            statements(pattern)
    print(f"{path}: {len(signals)} signals, {len(groups)} groups, {lines} vectors")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
