#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Rewrites requirements*.txt (every package and its hash) from requirements*.in.
set -euo pipefail
cd "$(dirname "$0")"
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools/venv"
"$tools/venv/bin/pip" install -q uv
for name in requirements requirements-dev requirements-stil requirements-formal requirements-kat; do
    "$tools/venv/bin/uv" pip compile -q --universal --python-version 3.10 --generate-hashes \
        --custom-compile-command scripts/lock-requirements.sh "$name.in" -o "$name.txt"
done
