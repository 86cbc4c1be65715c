#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compiles the Verilog that Yosys wrote with Icarus and runs the smoke test on it, which must print SMOKE PASS.
#   scripts/iverilog.sh [NumSa [Stages]]     default 16 1
set -euo pipefail
. "$(dirname "$0")/env.sh"
command -v iverilog >/dev/null || die "iverilog is missing: run 'scripts/setup.sh test'"
sa=${1:-16}
stages=${2:-1}
bench=testbench/iverilog/smoke.v
netlist_need "$sa" "$stages"
out=out/iverilog
mkdir -p "$out"
note "$netlist under $(iverilog -V 2>/dev/null | head -n1)"
iverilog -g2012 -o "$out/smoke.vvp" -s smoke "$bench" "$netlist"
timeout 600 vvp -n "$out/smoke.vvp" | tee "$out/smoke.log"
if grep -q '^SMOKE FAIL' "$out/smoke.log" || ! grep -q '^SMOKE PASS' "$out/smoke.log"; then
    note "the smoke test did not pass (log: $out/smoke.log)" >&2
    exit 1
fi
