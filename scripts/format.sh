#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Formats what people write: Rust with rustfmt, SystemVerilog with Verible.
set -euo pipefail
. "$(dirname "$0")/env.sh"
scripts/setup.sh test
cargo fmt --all
mapfile -t sources < <(systemverilog_sources)
if format=$(verible verible-verilog-format); then
    [ ${#sources[@]} -eq 0 ] || "$format" "${format_flags[@]}" --inplace "${sources[@]}"
else
    skipped "Verible is not to be had for this machine: put verible-verilog-format on PATH"
fi
