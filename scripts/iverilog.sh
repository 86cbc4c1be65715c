#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compiles the Verilog that Yosys wrote with Icarus and runs the smoke test on it, which must print SMOKE PASS.
set -euo pipefail
. "$(dirname "$0")/env.sh"
command -v iverilog >/dev/null || die "iverilog is missing: run 'scripts/setup.sh test'"
netlist=out/yosys/sa16_stages2/ipsec_offload.v
bench=testbench/iverilog/smoke.v
[ -e "$netlist" ] || scripts/yosys.sh 16 2
out=out/iverilog
mkdir -p "$out"
if ! [ -e "$bench" ]; then
    iverilog -g2012 -o "$out/design.vvp" -s ipsec_offload "$netlist"
    skipped "Icarus smoke run: $bench is missing; the netlist compiles"
    exit 0
fi
iverilog -g2012 -o "$out/smoke.vvp" -s smoke "$bench" "$netlist"
timeout 300 vvp -n "$out/smoke.vvp" | tee "$out/smoke.log"
grep -q '^SMOKE PASS' "$out/smoke.log" || {
    note "the smoke test did not pass (log: $out/smoke.log)" >&2
    exit 1
}
