# The two commands are `make serve` and `make test`; `make help` lists the others. Each installs what it needs first.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export PATH := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)
# Property tests draw the same cases on every machine; another number draws others.
export PROPTEST_RNG_SEED ?= 20261127
# Absolute, since the journeys run in another folder.
target := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
address ?= 127.0.0.1:8080
actions ?= 2000
wasm := --target wasm32-unknown-unknown -p action-center

.PHONY: help serve test dist bench soak tools-build tools-test format lint native wasm page journeys

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

serve: dist ## build everything and serve the page with sample data (address=, actions=)
	@echo "==> building the backend"
	cargo build --release -p action-center-backend
	@echo "==> starting; the page is at the address below, Ctrl-C ends it"
	exec $(target)/release/action-center-backend --address $(address) --actions $(actions) --dist dist

test: tools-build tools-test format lint native wasm dist journeys ## every test, browsers included
	@echo "==> all passed"

dist: tools-build page ## the static folder dist/, precompressed, with its size table
	@node .ci/pack.mjs dist

page:
	@echo "==> building the page"
	trunk build --release

format:
	@echo "==> formatting"
	cargo fmt --all --check || { echo 'error: run `cargo fmt --all` and commit what it changes' >&2; exit 1; }

lint:
	@echo "==> clippy, native and wasm, warnings denied"
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	cargo clippy $(wasm) --all-targets --quiet -- -D warnings

native:
	@echo "==> native tests and the decision simulation"
	cargo test --workspace --quiet

wasm: tools-test
	@echo "==> tests in a browser, from Rust"
	CHROMEDRIVER=$$(command -v chromedriver) CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner \
	  cargo test $(wasm) --test web

journeys: ## the journeys alone, on the dist/ that is there (only="part of a name")
	@echo "==> journeys in Chromium and Firefox"
	cargo build --quiet -p action-center-backend
	ACTION_CENTER_BACKEND=$(target)/debug/action-center-backend ACTION_CENTER_DIST=$(CURDIR)/dist \
	  node tests/journeys/run.mjs $(if $(only),"$(only)")

soak: tools-build tools-test page ## every fault scenario in both browsers, and the simulation with a million seeds
	@echo "==> the whole table of faults in Chromium and Firefox"
	ACTION_CENTER_DIST=$(CURDIR)/dist node tests/journeys/run.mjs --scenarios
	@echo "==> ten thousand random operations"
	ACTION_CENTER_JOURNEYS=all ACTION_CENTER_DIST=$(CURDIR)/dist node tests/journeys/run.mjs "memory stays flat"
	@echo "==> the decision simulation"
	ACTION_CENTER_SEEDS=1000000 cargo test --release -p action-center-core --test decision_simulation -- --nocapture

bench: tools-build tools-test page ## native and browser benchmarks, as tables of medians (rows=, reps=)
	@echo "==> native benchmarks"
	cargo bench -p action-center-core
	@echo "==> browser benchmark: the page beside a plain one"
	ACTION_CENTER_DIST=$(CURDIR)/dist node tests/bench/run.mjs $(if $(rows),--rows=$(rows)) $(if $(reps),--reps=$(reps))

tools-build:
	@bash .ci/tools.sh build

tools-test:
	@bash .ci/tools.sh browsers journeys
