# Each command first sets up what it needs in .build, once, and says so.
PYTHON ?= python3
RUNTIME ?= python3.13
ARCHITECTURE ?= arm64
REQUIREMENTS ?= layer/requirements-layer.txt
OUT ?= layer
MODULES ?=
TESTS ?=
SAMPLE ?=
RUNS ?=
SEED ?=

old_python = Python 3.11 or newer is needed, this is %s (%s). Name another: make PYTHON=python3.13
set_up = @"$(PYTHON)" -c 'import platform as p, sys; sys.version_info >= (3, 11) or sys.exit("$(old_python)" % (p.python_version(), sys.executable))' && "$(PYTHON)" -m tools.setup
run = @.build/venv/bin/python -m
run_with_uv = @.build/uv/bin/python -m

.PHONY: help demo test chaos mutation lint bench pictures page-pictures package-layer fmt docs lock clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1: /p' Makefile

demo: ## the whole system at work on this machine, without an AWS account
	$(set_up) local emulator layer terraform
	$(run) task_scheduler_local.demo

test: ## every test
	$(set_up) tests emulator layer terraform
	$(run) pytest -n 4 --dist loadfile --no-loadscope-reorder

chaos: ## random faults and kills on models of SQS and DynamoDB; RUNS and SEED may be given
	$(set_up) tests
	@PYTHONPATH=.:lambda_src/python .build/venv/bin/python -m tests.model $(if $(RUNS),--runs $(RUNS)) $(if $(SEED),--seed $(SEED))

mutation: ## how many small faults in the runtime its unit tests notice; MODULES, TESTS, SAMPLE and SEED may be given
	$(set_up) tests emulator
	$(run) tools.mutation $(MODULES) $(if $(TESTS),--tests $(TESTS)) $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED))

lint: ## terraform fmt, tflint, checkov, ruff, mypy, import-linter, workflows, prose, site, generated docs
	$(set_up) lint layer terraform checkov site go_tools
	@export PATH="$(CURDIR)/.build/bin:$$PATH" PRE_COMMIT_HOME="$(CURDIR)/.build/pre-commit"; \
	for tool in tflint actionlint terraform-config-inspect vale; do command -v $$tool > /dev/null || { \
	  echo "$$tool is skipped: Go, which would build it, is not on PATH"; SKIP="$$SKIP,$$tool"; }; done; \
	export SKIP; .build/venv/bin/pre-commit run --all-files --hook-stage manual

bench: ## measures this design against one message a task, one at a time; minutes
	$(set_up) local emulator layer terraform
	$(run) benchmarks

pictures: ## draws docs/pictures from a real run
	$(set_up) tests emulator layer terraform
	$(run) tools.pictures

page-pictures: ## draws docs/pictures/page: `taskctl ui` in a real Chromium, which has to be on PATH
	$(set_up) tests emulator
	$(run) tools.page_pictures

package-layer: ## builds layer/python, with the runtime's packages; RUNTIME, ARCHITECTURE, REQUIREMENTS and OUT may be given
	$(set_up) uv
	$(run_with_uv) task_scheduler_local.layer --runtime "$(RUNTIME)" --architecture "$(ARCHITECTURE)" --requirements "$(REQUIREMENTS)" --out "$(OUT)"

fmt: ## formats Terraform and Python
	$(set_up) lint terraform
	$(run) task_scheduler_local.terraform fmt -recursive
	$(run) ruff format
	$(run) ruff check --fix

docs: ## writes what is generated: docs/reference.md (needs Go), lists of zones and modules; builds .build/site
	$(set_up) tests layer terraform site go_tools
	$(run) tools.generate
	$(run) tools.reference
	@.build/site-tools/bin/zensical build --clean --strict

lock: ## pins what pyproject.toml and layer/requirements-layer.in ask for, by hash; UPGRADE=1 takes newer ones
	$(set_up) uv
	$(run_with_uv) tools.lock

clean: ## removes all that was built
	@rm -rf .build .cache layer/python
