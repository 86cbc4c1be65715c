#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that the default regression catches the seeded bugs of testbench/bugs.

For each patch: copies rtl/, applies it, builds the smallest configuration that can show the bug, and runs
`ipsec-cosim regress --plan default` twice, with a fixed seed and with a drawn one. Both runs must fail; the
second ends with its first failures, made smaller, and counts the seconds to that. The RTL without any patch is the
control: it must pass both.

With --packs DIR, golden packs are replayed on each patched RTL as well: DIR/CONFIG is the pack for a
configuration (made with the control's program if it is not there). A bug that needs neither a race nor a
stall must fail a case.

    scripts/seeded_bugs.py                       all of them
    scripts/seeded_bugs.py --only tag-mask       some: every name that contains the text
    scripts/seeded_bugs.py --list                what there is, and run nothing

Writes DIR/results.json and DIR/results.md; a run with --only replaces its bugs' results and keeps the
others', one with --resume adds those that are missing. Exit status: 0 all caught, 1 one survived or the
control failed, 2 bad usage or no build.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import queue
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUGS = ROOT / "testbench/bugs"
CONTROL = "control"
FIELDS = ("Module", "Bug", "Class", "Config")
# A patched model may hang where the regression's own limits do not reach.
RUN_SECONDS = 3600


class Broken(Exception):
    """Not a result: the patch does not apply, the build fails."""


def die(text):
    print(f"seeded_bugs: {text}", file=sys.stderr)
    sys.exit(2)


def read_bugs():
    bugs = []
    for path in sorted(BUGS.glob("*.patch")):
        bug = {"name": path.stem, "path": path}
        for line in path.read_text().split("\ndiff --git ", 1)[0].splitlines():
            key, _, value = line.partition(": ")
            if key in FIELDS:
                bug[key.lower()] = value
        missing = [field for field in FIELDS if field.lower() not in bug]
        if missing:
            die(f"{path}: expected a line '{missing[0]}: ...' in front of the patch")
        bugs.append(bug)
    return bugs


class Worker:
    """A copy of the RTL and a target folder. Both keep their path, so that what a patch leaves alone is
    neither verilated nor compiled to anything else than before, and comes from the object cache."""

    def __init__(self, number, options):
        self.folder = options.out / f"worker-{number}"
        self.rtl = self.folder / "rtl"
        self.jobs = max(1, options.cpus // options.jobs)
        self.target = options.target or self.folder / "target"
        if options.target and options.jobs > 1:
            self.target = options.target / f"worker-{number}"
        self.folder.mkdir(parents=True, exist_ok=True)

    def prepare(self, patch):
        shutil.rmtree(self.rtl, ignore_errors=True)
        shutil.copytree(ROOT / "rtl", self.rtl)
        if patch is None:
            return
        # The ceiling hides the checkout: the patch is for the copy.
        env = dict(os.environ, GIT_CEILING_DIRECTORIES=str(self.folder.parent))
        done = subprocess.run(
            ["git", "apply", "--whitespace=nowarn", str(patch)],
            cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Broken(f"{patch.name} does not apply: {done.stderr.strip().splitlines()[0]}")

    def build(self, configs, options):
        env = dict(
            os.environ,
            CARGO_TARGET_DIR=str(self.target),
            CARGO_INCREMENTAL="1",
            IPSEC_RTL_DIR=os.path.relpath(self.rtl, ROOT),
            IPSEC_CONFIGS=",".join(configs),
            IPSEC_CXX_OPT=str(options.cxx_opt),
            IPSEC_CACHE=str(options.out / "cache"),
        )
        command = ["cargo", "build", "--release", "--locked", "-j", str(self.jobs),
                   "-p", "ipsec-testbench", "--bin", "ipsec-cosim"]
        log = self.folder / "build.log"
        with log.open("w") as out:
            status = subprocess.run(command, cwd=ROOT, env=env, stdout=out, stderr=out, check=False)
        if status.returncode:
            tail = [line for line in log.read_text().splitlines() if "error" in line.lower()]
            raise Broken(f"the build fails ({log}): {tail[0] if tail else 'see there'}")
        return self.target / "release/ipsec-cosim"

    def regress(self, program, configs, seed, out, options, shrink):
        shutil.rmtree(out, ignore_errors=True)
        command = [str(program), "regress", "--plan", "default", "--configs", ",".join(configs),
                   "--device", "lockstep", "--seed", str(seed), "--jobs", str(self.jobs), "--out", str(out)]
        # Known answers of the core are no scenario: the second failure is one, if the first is not.
        command += ["--stop-after", "2"] if shrink else ["--stop-after", str(options.stop_after), "--shrink", "0"]
        start = time.monotonic()
        first = []
        process = subprocess.Popen(command, cwd=ROOT, text=True, errors="replace",
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

        def read():
            for line in process.stdout:
                if line.startswith("FAILED ") and not first:
                    first.append(time.monotonic() - start)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            process.wait(RUN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        reader.join()
        seconds = time.monotonic() - start
        return outcome(out, seed, process.returncode, seconds, first[0] if first else None, shrink)

    def replay(self, program, config, options):
        """The first case of a golden pack that fails."""
        pack = options.packs / config
        command = [str(program), "replay", str(pack), "--target", "rtl", "--stop-on-first", "--json"]
        try:
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace",
                                  timeout=RUN_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return {"failed": ["(no end)"]}
        if done.returncode not in (0, 1):
            # Not even found to be the device that the pack is for. That the pack is good is what the control shows.
            return {"failed": [f"({(done.stderr.strip().splitlines() or ['no reason'])[-1]})"]}
        results = json.loads(done.stdout)["results"]
        return {"failed": [case["name"] for case in results if case["outcome"] == "failed"]}

    def generate(self, program, config, options):
        pack = options.packs / config
        if pack.exists():
            return
        pack.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [str(program), "golden", "generate", "--plan", "default", "--config", config, "--seed", "1",
             "--out", str(pack)], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Broken(f"golden generate --config {config}: {done.stderr.strip().splitlines()[-1:]}")


def outcome(out, seed, status, seconds, first_seconds, shrink):
    """What a regression found, from its summary and its failures' reports."""
    run = {"seed": seed, "failures": 0, "classes": {}, "first": None, "seconds": round(seconds, 1),
           "seconds_to_first": None if first_seconds is None else round(first_seconds, 1)}
    summary = out / "summary.json"
    if not summary.exists():
        if status == 2:
            raise Broken("the regression ends with status 2")
        # The program died, or was ended because it hung.
        run.update(failures=1, classes={"crash": [1, 1]},
                   first={"scenario": None, "clock": None, "message": f"ended with status {status}"})
        return run
    data = json.loads(summary.read_text())
    run["failures"] = data["failures"]
    run["scenarios"] = data["scenarios"]
    for name, counts in data["classes"].items():
        if counts["failures"]:
            run["classes"][name] = [counts["failures"], counts["scenarios"]]
    if shrink:
        sizes = [one["operations"] for one in data["outcomes"] if one["failure"] and one.get("operations")]
        run["shrunk"] = min(sizes, key=lambda size: size[1], default=None)
    found = []
    for one in data["outcomes"]:
        if not one["failure"]:
            continue
        path = out / "failures" / one["name"] / "report.json"
        report = json.loads(path.read_text()) if path.exists() else {}
        clock = report.get("clock", one["clocks"])
        found.append((not report, clock, one["name"], one["failure"], report))
    if found:
        _, clock, name, message, report = min(found, key=lambda f: f[:3])
        run["first"] = {
            "scenario": name, "clock": clock, "message": message,
            "pins": [pin["name"] for pin in report.get("pins", [])],
            "stage": report.get("first_difference"),
        }
    return run


def place(first):
    """In words, where a failure shows first."""
    if not first:
        return ""
    if first.get("pins"):
        text = ", ".join(first["pins"][:2]) + (", ..." if len(first["pins"]) > 2 else "")
    else:
        # Of an assertion what it says, without clock and places.
        text = first["message"].replace("the RTL failed an assertion in clock", "assertion")
        text = re.sub(r"^assertion .*?\): \S+: ", "assertion: ", text)
    where = (first.get("stage") or {}).get("boundary")
    if where:
        text += f" ({where['path']}, boundary {where['number']})"
    return text


def caught(result):
    return bool(result["runs"]) and all(run["failures"] for run in result["runs"])


def measure(worker, bug, seeds, options):
    name = bug["name"] if bug else CONTROL
    configs = bug["config"].split(",") if bug else options.configs
    result = {key: value for key, value in (bug or {}).items() if key != "path"}
    result.update(name=name, configs=configs, runs=[])
    worker.prepare(bug and bug["path"])
    start = time.monotonic()
    program = worker.build(configs, options)
    result["build_seconds"] = round(time.monotonic() - start, 1)
    for number, seed in enumerate(seeds):
        out = options.out / "runs" / name / f"{number}"
        result["runs"].append(worker.regress(program, configs, seed, out, options, bug and number == 1))
        if not options.keep and bug:
            shutil.rmtree(out)
    result["caught"] = caught(result)
    if options.packs:
        if not bug:
            for config in configs:
                worker.generate(program, config, options)
        result["replay"] = worker.replay(program, configs[0], options)
    return result


def line(result):
    first = result["runs"][0]["first"]
    failing = sum(run["failures"] for run in result["runs"])
    scenarios = sum(run.get("scenarios", 0) for run in result["runs"])
    if result["name"] == CONTROL:
        return f"{CONTROL}: {failing} failures in {scenarios} scenarios"
    verdict = "caught" if result["caught"] else "SURVIVES"
    spent = f"build {result['build_seconds']:.0f} s, run {result['runs'][0]['seconds']:.0f} s"
    last = result["runs"][-1]
    small = last.get("shrunk")
    if small:
        spent += f"; {small[0]} operations shrunk to {small[1]} in {last['seconds']:.0f} s"
    if result.get("replay"):
        spent += f"; pack: {', '.join(result['replay']['failed']) or 'ALL CASES PASS'}"
    return f"{result['name']}: {verdict}, {failing} of {scenarios} scenarios fail; {place(first)}; {spent}"


def table(results):
    rows = ["| patch | module | what is wrong | caught by scenarios of (the first failures of two runs) | seen first at "
            "| operations, shrunk to, in s | golden case |",
            "|---|---|---|---|---|---|---|"]
    for result in results:
        classes = {}
        for run in result["runs"]:
            for name, (bad, _) in run["classes"].items():
                classes[name] = classes.get(name, 0) + bad
        order = sorted(classes, key=lambda name: (-classes[name], name))
        most = ", ".join(order[:4]) + (f" and {len(order) - 4} more" if len(order) > 4 else "")
        runs = [run for run in result["runs"] if run["first"]]
        # Known answers of the core alone fail at a clock of the core: a scenario says more.
        first = min((run["first"] for run in runs), default=None,
                    key=lambda f: (not f.get("pins"), f["clock"] or 0))
        last = result["runs"][-1]
        small = last.get("shrunk")
        small = f"{small[0]}, {small[1]}, {last['seconds']:.0f}" if small else ""
        replay = result.get("replay")
        replay = (", ".join(replay["failed"]) or "none") if replay else ""
        rows.append(f"| {result['name']} | {result['module']} | {result['bug']} | "
                    f"{most if result['caught'] else '**survives** ' + most} | {place(first)} | {small} | {replay} |")
    return "\n".join(rows) + "\n"


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="TEXT", help="bugs with this in their name; repeatable")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="bugs at a time, each with a build of its own")
    parser.add_argument("--keep", action="store_true", help="keep scenarios, reports and waves of the failures")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the fixed seed")
    parser.add_argument("--drawn", type=int, metavar="N", help="the drawn seed, to run it again")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "out/bugs", metavar="DIR", help="folder for the results")
    parser.add_argument("--target", type=pathlib.Path, metavar="DIR", help="target folder of Cargo")
    parser.add_argument("--cxx-opt", type=int, default=1, choices=range(4), help="optimisation of the models")
    parser.add_argument("--stop-after", type=int, default=12, metavar="N",
                        help="failures that end a run; 0 runs all scenarios")
    parser.add_argument("--packs", type=pathlib.Path, metavar="DIR", help="replay the golden packs DIR/CONFIG as well")
    parser.add_argument("--no-control", action="store_true", help="leave the control out")
    parser.add_argument("--resume", action="store_true", help="only bugs that have no result in DIR yet")
    parser.add_argument("--list", action="store_true", help="show what there is and run nothing")
    options = parser.parse_args()
    if options.jobs < 1:
        die("--jobs: expected 1 or more")
    options.cpus = int(os.environ.get("JOBS") or os.cpu_count() or 1)
    options.out = options.out.resolve()
    if options.target:
        options.target = options.target.resolve()
    if options.packs:
        options.packs = options.packs.resolve()
    return options


def main():
    options = arguments()
    every = read_bugs()
    bugs = [bug for bug in every if not options.only or any(text in bug["name"] for text in options.only)]
    if not bugs:
        die(f"no patch in {BUGS} has that in its name: --list shows them all")
    if options.list:
        for bug in bugs:
            print(f"{bug['name']:<28} {bug['module']:<18} {bug['config']:<8} {bug['bug']}")
        return 0
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        die(f"{options.out} cannot be made: {error.strerror}")
    options.configs = sorted({config for bug in bugs for config in bug["config"].split(",")})
    seeds = [options.seed, secrets.randbelow(1 << 32) if options.drawn is None else options.drawn]
    print(f"seeded_bugs: {len(bugs)} bugs, seeds {seeds[0]} and {seeds[1]} (drawn)", flush=True)

    path = options.out / "results.json"
    known = {}
    if (options.only or options.resume) and path.exists():
        old = json.loads(path.read_text())
        known = {one["name"]: one for one in [*old["bugs"], *old["control"]]}
    if options.resume:
        bugs = [bug for bug in bugs if bug["name"] not in known]
        options.no_control = options.no_control or CONTROL in known
    workers = queue.Queue()
    for number in range(options.jobs):
        workers.put(Worker(number, options))
    broken = []
    lock = threading.Lock()

    def write():
        bugs_known = [known[bug["name"]] for bug in every if bug["name"] in known]
        control = [known[CONTROL]] if CONTROL in known else []
        body = {"seeds": seeds, "control": control, "bugs": bugs_known, "broken": broken}
        path.write_text(json.dumps(body, indent=2) + "\n")
        (options.out / "results.md").write_text(table(bugs_known))
        return bugs_known

    def work(bug):
        worker = workers.get()
        try:
            result = measure(worker, bug, seeds, options)
            with lock:
                known[result["name"]] = result
                print(line(result), flush=True)
                write()
        except Broken as error:
            with lock:
                name = bug["name"] if bug else CONTROL
                known.pop(name, None)
                broken.append(f"{name}: {error}")
                print(f"{name}: NO RESULT: {error}", flush=True)
        finally:
            workers.put(worker)

    # One configuration after the other: the next build has most of its objects in the cache then.
    order = sorted(bugs, key=lambda bug: (bug["config"], bug["name"]))
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(work, ([] if options.no_control else [None]) + order))
    done = write()
    if not options.keep:
        shutil.rmtree(options.out / "runs", ignore_errors=True)
        for number in range(options.jobs):
            shutil.rmtree(options.out / f"worker-{number}/rtl", ignore_errors=True)

    print("\n" + table(done))
    survivors = [bug["name"] for bug in bugs if bug["name"] in known and not known[bug["name"]]["caught"]]
    control = known.get(CONTROL, {"runs": []})
    failed = not options.no_control and (any(run["failures"] for run in control["runs"])
                                         or bool(control.get("replay", {}).get("failed")))
    print(f"{len(bugs) - len(survivors) - len(broken)} of {len(bugs)} caught in both runs"
          + (f"; survivors: {', '.join(survivors)}" if survivors else "")
          + ("; THE CONTROL FAILS: see " + str(options.out / "runs" / CONTROL) if failed else ""))
    print(f"results in {path}")
    if broken:
        return 2
    return 1 if survivors or failed else 0


if __name__ == "__main__":
    sys.exit(main())
