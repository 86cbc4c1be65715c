#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From a fresh checkout to the RTL and the model in lockstep on real traffic.
# Arguments go to `ipsec-cosim regress`.
set -euo pipefail
. "$(dirname "$0")/env.sh"
scripts/setup.sh core
verilator_need
out=$root/out/cosim
note "building (a change of the RTL takes a minute or two, no change none)"
cargo build --release --locked -j "$JOBS" -p ipsec-testbench --bin ipsec-cosim
status=0
target/release/ipsec-cosim regress --plan default --out "$out" "$@" || status=$?
note "outputs: $out"
exit $status
