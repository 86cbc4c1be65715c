#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Draws docs/waves/*.json (WaveDrom) as SVG beside them. The drawings are kept in the repository, so that nobody needs
# this to build; the renderer goes into a folder of its own that is removed again.
set -euo pipefail
. "$(dirname "$0")/env.sh"
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q --disable-pip-version-check wavedrom==2.0.3.post3
for wave in docs/waves/*.json; do
    "$place/venv/bin/wavedrompy" --input "$wave" --svg "${wave%.json}.svg"
    note "wrote ${wave%.json}.svg"
done
