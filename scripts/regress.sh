#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The long campaigns. Arguments go to `ipsec-cosim regress`.
set -euo pipefail
. "$(dirname "$0")/env.sh"
scripts/setup.sh test
verilator_need
export PATH=$tools/venv/bin:$PATH IPSEC_PYTHON=$tools/venv/bin/python

note "full plan"
cargo build --release --locked -j "$JOBS" -p ipsec-testbench --bin ipsec-cosim
target/release/ipsec-cosim regress --plan full --out "$root/out/regress" "$@"

note "tests that 'make test' leaves out"
cargo test --release --locked -j "$JOBS" --workspace -- --ignored

scripts/yosys.sh
scripts/iverilog.sh

note "golden exports, replayed by the tools that they are for"
golden=$root/out/golden-exports
rm -rf "$golden"
# All modes where the device is Verilated; the smallest one where it is slow, under Icarus (half an hour).
for config in 16x4 16x1; do
    target/release/ipsec-cosim golden generate --plan default --config $config --seed 1 --out "$golden/pack-$config"
    target/release/ipsec-cosim golden export "$golden/pack-$config" --format all --out "$golden/$config"
done
scripts/golden_consumers.sh "$golden/16x4" pcapng c openocd pdl csv
scripts/golden_consumers.sh "$golden/16x1" readmemh
IPSEC_GOLDEN_EXPORTS=$golden/16x4 cargo test --release --locked -j "$JOBS" -p ipsec-testbench --test golden_exports \
    -- --ignored --exact --nocapture pins_of_a_pack

# The oldest Verilator kept working is the one of Debian 12.
old=${VERILATOR_OLD:-/usr/bin/verilator}
if [ -x "$old" ] && version=$(verilator_version "$old") && [ "$version" != "$(verilator_version "$VERILATOR")" ]; then
    verilator_lint "$old"
    note "default plan with Verilator $version"
    VERILATOR=$old cargo build --release --locked -j "$JOBS" --target-dir target/verilator-old -p ipsec-testbench --bin ipsec-cosim
    VERILATOR=$old target/verilator-old/release/ipsec-cosim regress --plan default --out "$root/out/regress-verilator-$version"
else
    skipped "no second Verilator: install Debian's 'verilator' package, or name one with VERILATOR_OLD="
fi
