#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Arguments go to `ipsec-cosim bench`.
set -euo pipefail
. "$(dirname "$0")/env.sh"
scripts/setup.sh core
verilator_need
cargo build --release --locked -j "$JOBS" -p ipsec-testbench --bin ipsec-cosim
target/release/ipsec-cosim bench "$@"
