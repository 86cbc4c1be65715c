#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Proves the properties of rtl/formal (docs/formal.md); scripts/formal.sh --help tells the arguments.
set -euo pipefail
. "$(dirname "$0")/env.sh"
scripts/setup.sh formal
exec "$tools/venv/bin/python" scripts/formal.py "$@"
