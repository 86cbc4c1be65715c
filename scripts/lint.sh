#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Formatters and linters, Rust and SystemVerilog. All run even if one finds something; exit 1 then.
set -uo pipefail
. "$(dirname "$0")/env.sh"
scripts/setup.sh test || exit
verilator_need
failed=()
run() { # what it is, command
    note "$1"
    "${@:2}" || failed+=("$1")
}

run "rustfmt" cargo fmt --all --check
run "rustfmt, fuzzer" cargo fmt --manifest-path testbench/fuzz/Cargo.toml --check
# Release, like the tests: the Verilated models are then built once for both.
run "clippy" cargo clippy --release --locked -j "$JOBS" --workspace --all-targets -- -D warnings

deny=$tools/cargo/bin/cargo-deny
[ -x "$deny" ] || deny=$(command -v cargo-deny || true)
if [ -n "$deny" ]; then
    run "cargo-deny" "$deny" --log-level error --locked check licenses bans sources
else
    skipped "cargo-deny is not installed ('make setup-dev' does it)"
fi

if [ -e rtl/ipsec_offload.f ]; then
    run "Verilator -Wall" verilator_lint "$VERILATOR"
    experiments_lint() {
        local variant bad=0
        for variant in {0..13}; do
            "$VERILATOR" --lint-only -Wall --assert -F rtl/experiments/adr_bench.f --top-module adr_bench \
                "-GVariant=$variant" | { grep -v '^- ' || true; }
            [ "${PIPESTATUS[0]}" -eq 0 ] || bad=1
        done
        return $bad
    }
    run "Verilator -Wall, experiments" experiments_lint
else
    skipped "Verilator -Wall: rtl/ipsec_offload.f is missing"
fi

mapfile -t sources < <(systemverilog_sources)
if [ ${#sources[@]} -eq 0 ]; then
    skipped "Verible: no SystemVerilog files"
elif lint=$(verible verible-verilog-lint) && format=$(verible verible-verilog-format); then
    options=()
    [ -e rtl/verible.waiver ] && options+=(--waiver_files rtl/verible.waiver)
    run "verible-verilog-lint" "$lint" --rules_config_search "${options[@]}" "${sources[@]}"
    verible_format() {
        local file bad=0
        for file in "${sources[@]}"; do
            "$format" "${format_flags[@]}" --verify "$file" >/dev/null 2>&1 ||
                { bad=1; echo "$file: not as verible-verilog-format writes it ('make format')"; }
        done
        return $bad
    }
    run "verible-verilog-format" verible_format
else
    skipped "Verible is not to be had for this machine: put verible-verilog-lint and verible-verilog-format on PATH"
fi

if [ ${#failed[@]} -gt 0 ]; then
    printf 'lint: failed: %s\n' "${failed[@]}" >&2
    exit 1
fi
note "clean"
