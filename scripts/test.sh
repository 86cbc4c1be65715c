#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every test that a change must pass: generated files, lints, tests of all crates.
set -euo pipefail
. "$(dirname "$0")/env.sh"
scripts/setup.sh test
verilator_need
# Before all else: it takes a second, and all the rest stands on it.
"$tools/venv/bin/python" scripts/gen_regs.py --check
scripts/lint.sh
# Tools that tests call by name (scapy's Python, Yosys) are found here.
export PATH=$tools/venv/bin:$PATH IPSEC_PYTHON=$tools/venv/bin/python
note "tests"
cargo test --release --locked -j "$JOBS" --workspace
note "proofs that take seconds ('make formal' has the others)"
if scripts/setup.sh formal; then
    scripts/formal.sh axil_front egress_rx egress_tx mailbox oid_engine portion_front portion_front_frames sa_mode sa_table
else
    skipped "proofs: their tools cannot be installed here"
fi
note "the golden smoke set, and all alignments, on the Verilog that Yosys writes, under Icarus"
golden=$root/out/test-golden
rm -rf "$golden"
target/release/ipsec-cosim golden generate --plan default --config 16x1 --seed 1 --out "$golden/pack"
target/release/ipsec-cosim golden export "$golden/pack" --format readmemh --out "$golden/exports"
scripts/golden_consumers.sh "$golden/exports" --smoke readmemh
# Lanes and their ends: an index behind a beat is one that Verilator may read otherwise than any other tool.
scripts/golden_consumers.sh "$golden/exports" --case frames-alignments readmemh
note "the kernel's IPsec stack through a virtual board"
scripts/kernel_ipsec.py --count 50
note "all passed in $((SECONDS / 60)) min $((SECONDS % 60)) s"
