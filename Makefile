# SPDX-License-Identifier: Apache-2.0
# The front door. Each target is a script under scripts/, so that it works without make too.

SHELL := /bin/bash
# Arguments for the command behind cosim, regress and bench: make bench ARGS="--json"
ARGS ?=
# Jobs of a build or test run
JOBS ?= $(shell nproc)
export JOBS
# The recipes run in order; cargo and the scripts parallelise inside.
.NOTPARALLEL:

.DEFAULT_GOAL := help

.PHONY: help setup setup-dev cosim test regress bugs bench lint format regs regs-check waves yosys iverilog formal kat clean distclean

help: ## this list
	@echo 'make TARGET [ARGS="..."] [JOBS=N] [VERILATOR=/path/to/verilator]'; echo
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' Makefile | expand -t 14

setup: ## install what cosim needs: C++ compiler and libraries, Verilator (pinned)
	@scripts/setup.sh core

setup-dev: ## install everything, also for tests, lints, generators, and cargo-deny
	@scripts/setup.sh dev

cosim: ## run the default regression, RTL and model in lockstep, on real traffic
	@scripts/cosim.sh $(ARGS)

test: ## all tests, the lints and the generated-files check
	@scripts/test.sh

regress: ## the long campaigns: full plan, all configurations, Yosys, Icarus, the oldest Verilator
	@scripts/regress.sh $(ARGS)

bugs: ## show that the default regression catches every seeded bug of testbench/bugs
	@scripts/seeded_bugs.py $(ARGS)

bench: ## measure: lockstep against RTL, model against RTL, Rust against C++, clocks per frame
	@scripts/bench.sh $(ARGS)

lint: ## rustfmt, clippy, cargo-deny, Verilator -Wall, Verible
	@scripts/lint.sh

format: ## write Rust and SystemVerilog as rustfmt and Verible do
	@scripts/format.sh

regs: ## make the register block, Rust, C header and document from rtl/regs/ipsec_offload.rdl
	@scripts/regs.sh

waves: ## draw the timing diagrams of the guide (docs/waves) as SVG
	@scripts/waves.sh

regs-check: ## fail if one of those differs from what the description gives
	@scripts/regs.sh --check

yosys: ## elaborate and check the RTL with Yosys, write it as Verilog into out/yosys
	@scripts/yosys.sh

iverilog: ## run the smoke test on that Verilog with Icarus
	@scripts/iverilog.sh

formal: ## prove the properties of docs/formal.md, and that each fails on a broken design
	@scripts/formal.sh $(ARGS)
	@scripts/formal.sh --broken $(ARGS)

kat: ## make the packaged known-answer files again from their published packages
	@scripts/make_kat.py

clean: ## remove what was built and written
	@cargo clean
	@rm -rf out

distclean: clean ## also remove the installed tools
	@rm -rf .tools
