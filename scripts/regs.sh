#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the register files from rtl/regs/ipsec_offload.rdl; --check compares instead (scripts/gen_regs.py --help).
set -euo pipefail
. "$(dirname "$0")/env.sh"
scripts/setup.sh test
"$tools/venv/bin/python" scripts/gen_regs.py "$@"
