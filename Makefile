# Two commands matter: `make demo` (no root) and `make test` (as root with the packages in place the kernel tests run too).
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test ok lint types bench proof mutants update build schema docs clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

node_modules/.installed: package.json package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

demo: node_modules/.installed ## the article's cluster: its eight experiments and what was verified, beside what it printed
	@npx --no-install tsx src/cli/main.ts demo

test: node_modules/.installed ## everything: lint, types, layers, unit tests, scenarios, examples, and the kernel tests where they can run
	@npx --no-install tsx tools/test.ts

ok: node_modules/.installed lint types ## the quick gate before a commit: lint, types, layers, tests
	@npx --no-install vitest run

lint: node_modules/.installed ## style, the import table of tools/layers.ts, and how long files and functions may be
	@npx --no-install biome check .
	@npx --no-install tsx tools/check-layers.ts
	@npx --no-install tsx tools/check-sizes.ts

types: node_modules/.installed ## the core with no Node types and no DOM, then everything
	@npx --no-install tsc -p tsconfig.core.json --noEmit
	@npx --no-install tsc -p tsconfig.json --noEmit

bench: node_modules/.installed ## speed as ratios against a baseline of the same run
	@npx --no-install tsc -p tsconfig.bench.json && node .bench/bench/main.js

proof: node_modules/.installed ## as root: random packets in the model and on the kernel; CASES=N SEED=S FAMILY=6, or CASE=FILE to see one again
	@npx --no-install tsx test/proof/main.ts

mutants: node_modules/.installed ## as root: small faults put into the model, each of which the suite or the proof has to show
	@npx --no-install tsx test/mutants/main.ts

update: node_modules/.installed schema docs ## rewrite schemas, generated docs and goldens, then look at the diff
	@UPDATE=1 npx --no-install vitest run

build: node_modules/.installed ## dist/, as npm pack ships it
	@npx --no-install tsx tools/build.ts

schema: node_modules/.installed ## schema/, from the readers and renderers themselves
	@npx --no-install tsx tools/schema.ts

docs: node_modules/.installed ## the generated parts of the documentation
	@npx --no-install tsx tools/docs.ts

clean: ## what make made
	@rm -rf dist .bench node_modules coverage
