#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The fuzzer of malformed frames (docs/fuzzing.md).
#
#   scripts/fuzz.sh run [--frames N] [--device-frames N]   fuzz the untimed packet API, then the timed model, for so many
#                                                          frames (10,000,000 and 500,000); new inputs go to out/fuzz
#   scripts/fuzz.sh keep                                   add what run has found to the corpus, and minimise it
#   scripts/fuzz.sh replay [ARGS]                          play the corpus in lockstep on RTL and model;
#                                                          ARGS go to 'ipsec-cosim corpus'
#   scripts/fuzz.sh check                                  show that the fuzzer can fail: break the model, and fuzz that
set -euo pipefail
. "$(dirname "$0")/env.sh"
corpus=$root/testbench/fuzz/corpus
out=$root/out/fuzz
longest=512

# cargo-fuzz and instrumentation want a nightly compiler, or this.
build() { # folder of the checkout
    export RUSTC_BOOTSTRAP=1 CARGO_BUILD_JOBS=$JOBS
    local fuzz=cargo-fuzz
    if ! command -v cargo-fuzz >/dev/null; then
        fuzz=$tools/cargo/bin/cargo-fuzz
        if [ ! -x "$fuzz" ]; then
            note "will install with cargo into .tools/cargo: cargo-fuzz 0.13.2"
            cargo install --locked --quiet --root "$tools/cargo" cargo-fuzz@0.13.2
        fi
    fi
    # No sanitizer: there is no unsafe code in it that is ours.
    (cd "$1/testbench" && "$fuzz" build --sanitizer none --fuzz-dir fuzz --target-dir "$root/testbench/fuzz/target")
}

targets=$root/testbench/fuzz/target/$(rustc -vV | sed -n 's/^host: //p')/release

# Fuzzes until so many frames are done: target, frames, folders. Prints a summary; 1 if something was found.
fuzz() {
    local target=$1 frames=$2 pid status=0 cases=0 done=0 clocks=0 start=$SECONDS
    shift 2
    local log=$out/$target.log
    rm -f "$out/count"
    IPSEC_FUZZ_COUNT=$out/count IPSEC_FUZZ_OUT=$out "$targets/$target" "$@" -max_len=$longest -timeout=20 \
        -artifact_prefix="$out/found/$target-" >"$log" 2>&1 &
    pid=$!
    while kill -0 $pid 2>/dev/null; do
        sleep 0.5
        if [ -s "$out/count" ] && read -r cases done clocks <"$out/count" && [ "${done:-0}" -ge "$frames" ]; then
            # libFuzzer's signal for a good end.
            kill -USR1 $pid 2>/dev/null || true
            break
        fi
    done
    wait $pid || status=$?
    [ ! -s "$out/count" ] || read -r cases done clocks <"$out/count" || true
    local crashes hangs
    crashes=$(find "$out/found" -name "$target-crash-*" -o -name "$target-oom-*" | wc -l)
    hangs=$(find "$out/found" -name "$target-timeout-*" | wc -l)
    hangs=$((hangs + $(grep -c 'clocks without progress\|clocks from the first beat' "$log" || true)))
    note "$target: $cases executions, $done frames, $clocks clocks, $(find "$@" -type f | wc -l) inputs, $crashes crashes, $hangs hangs, $((SECONDS - start)) s"
    if [ "$crashes" -gt 0 ] || [ "$hangs" -gt 0 ] || [ "${done:-0}" -lt "$frames" ]; then
        tail -n 40 "$log" >&2
        local found
        for found in "$out/found/$target-"*; do
            [ -e "$found" ] || continue
            note "shown again by: $targets/$target $found"
            note "as a scenario: target/release/ipsec-cosim corpus --device model --scenarios --out $out $found"
        done
        return 1
    fi
}

run() {
    local frames=10000000 device_frames=500000
    while [ $# -gt 0 ]; do
        case $1 in
        --frames) frames=${2:?} ;;
        --device-frames) device_frames=${2:?} ;;
        *) die "unknown argument '$1': expected --frames N or --device-frames N" ;;
        esac
        shift 2
    done
    build "$root"
    mkdir -p "$out/new" "$out/found" "$corpus"
    rm -f "$out/found/"*
    local failed=0
    fuzz packets "$frames" "$out/new" "$corpus" || failed=1
    fuzz device "$device_frames" "$out/new" "$corpus" || failed=1
    return $failed
}

# What adds to the coverage of either target, smallest inputs first.
keep() {
    build "$root"
    local kept=$out/kept
    rm -rf "$kept"
    mkdir -p "$kept" "$out/new" "$corpus"
    for target in packets device; do
        "$targets/$target" -merge=1 -max_len=$longest "$kept" "$corpus" "$out/new" >"$out/keep-$target.log" 2>&1
    done
    rm -rf "$corpus" "$out/new"
    mv "$kept" "$corpus"
    note "corpus: $(find "$corpus" -type f | wc -l) inputs, $(cat "$corpus"/* | wc -c) bytes"
}

replay() {
    verilator_need
    cargo build --release --locked -j "$JOBS" -p ipsec-testbench --bin ipsec-cosim
    target/release/ipsec-cosim corpus "$@"
}

# Each breaks one rule of the model in a copy of the checkout; the fuzzer must find it.
check() {
    local copy=$out/broken failed=0 patch target
    for patch in "$root"/testbench/fuzz/broken/*.patch; do
        target=$(basename "$patch" | sed 's/-.*//')
        rm -rf "$copy"
        mkdir -p "$copy" "$out/found"
        rm -f "$out/found/"*
        git archive HEAD Cargo.toml Cargo.lock model cosim testbench | tar -x -C "$copy"
        patch -s -p1 -d "$copy" <"$patch"
        (cd "$copy" && build "$copy") >"$out/build.log" 2>&1 || die "cannot build $(basename "$patch"): see $out/build.log"
        mkdir -p "$out/check"
        if fuzz "$target" 300000 "$out/check" "$corpus" >/dev/null 2>&1; then
            note "NOT FOUND: $(basename "$patch")"
            failed=1
        else
            note "found: $(basename "$patch" .patch): $(grep -m1 -A1 'panicked at' "$out/$target.log" | tail -n 1)"
        fi
    done
    rm -rf "$copy" "$out/found" "$out/check"
    return $failed
}

mkdir -p "$out"
case ${1:-} in
run | keep | check)
    # keep takes the folder away that run writes to.
    exec 9>"$out/lock"
    flock -n 9 || die "another $(basename "$0") runs in $out: wait for its end"
    "$@"
    ;;
replay) "$@" ;;
*) die "expected run, keep, replay or check" ;;
esac
