# make up      install what is missing and run Enermon in the foreground (ARGS="--no-fleet" passes options on)
# make test    lint and all tests, on TimescaleDB with mosquitto, and those of tests/integration that ask something of the
#              store again on the embedded one, in WORKERS=3 processes at once, each with a database and a broker of its own
#              (ARGS="-n 0 -x" one by one, to the first that fails)
# make test-console   of all tests only those of the console, in Debian's chromium
# make test-compose   docker-compose.yml on running containers; needs docker, or root with docker.io and debootstrap
# make lint    style, types and import rules
# make bench   measure intake, the whole line, answers and alerts and write docs/benchmarks.md (ARGS="--parts ingest")
# make fuzz    a million payloads through decoding, validation and answer, a million frames of HJ 212 in streams of bytes,
#              then many requests of each operation of the API
#              (ARGS="--seed 7 --payloads 10000 --frames 10000")
# make chaos   kill and hurt everything while gateways send, and compare with the truth (ARGS="--seed 7 --minutes 30")
# make audit   known vulnerabilities of what is shipped, and what that is (CycloneDX, with licences) in build/audit; needs
#              the network, and so is no part of make test (ARGS="--service osv" asks osv.dev instead of PyPI)
# make lock    write the lock files anew from pyproject.toml
# make release wheel, image, SBOM and licences of the version, each made twice and compared, in build/release (docs/release.md);
#              needs docker and the network (ARGS="--no-image --draft")
# make screenshots   pictures of every view of the console that `make up` runs here, in build/screenshots: both languages,
#              both themes, both widths (ARGS="--address URL --key FILE --views today,alert --out DIR")
# make vendor  write services/api/web/vendor anew: what the console loads of others, and tests/console/vendor: what its
#              tests do; needs node, npm and the network, which nothing else does
#
# PYTHON=python3.12 chooses the interpreter (3.11 or newer), ENERMON_HOME the place of environment, data and logs.

PYTHON ?= python3
ENERMON_HOME ?= $(CURDIR)/.enermon
export ENERMON_HOME
BIN = $(ENERMON_HOME)/venv/bin
WORKERS ?= 3
NOT_EMBEDDED = unit fuzz console chaos e2e
PYTEST = "$(BIN)/python" -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=10
COMPILE = CUSTOM_COMPILE_COMMAND="make lock" pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe \
	--build-deps-for editable --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --extra embedded

.PHONY: up test test-console test-compose test-community lint bench fuzz chaos audit lock release vendor screenshots
.DEFAULT_GOAL := up

up:
	@$(PYTHON) deploy/bootstrap.py
	@exec "$(BIN)/enermon" up $(ARGS)

test: lint
	$(PYTEST) --store native $(ARGS)
	$(PYTEST) --store embedded -m store $(NOT_EMBEDDED:%=--ignore=tests/%) $(ARGS)

test-console:
	@$(PYTHON) deploy/bootstrap.py --dev
	$(PYTEST) --store native tests/console $(ARGS)

test-compose:
	PYTHON="$(BIN)/python" tests/compose/run.sh $(ARGS)

test-community:
	@$(PYTHON) deploy/bootstrap.py --dev
	PYTHON="$(BIN)/python" tests/community.sh $(ARGS)

lint:
	@$(PYTHON) deploy/bootstrap.py --dev
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	"$(BIN)/mypy"
	"$(BIN)/lint-imports"

bench:
	@$(PYTHON) deploy/bootstrap.py
	"$(BIN)/python" -m benchmarks all $(ARGS)

fuzz:
	@$(PYTHON) deploy/bootstrap.py --dev
	"$(BIN)/python" -m tests.fuzz $(ARGS)
	ENERMON_FUZZ_EXAMPLES=200 "$(BIN)/python" -m pytest --timeout 1800 tests/fuzz/test_api.py

chaos:
	@$(PYTHON) deploy/bootstrap.py --dev
	"$(BIN)/python" -m tests.chaos $(ARGS)

audit:
	@$(PYTHON) deploy/bootstrap.py --dev
	"$(BIN)/python" deploy/audit.py $(ARGS)

lock:
	$(COMPILE) -o requirements.lock pyproject.toml
	$(COMPILE) --extra dev --extra cluster -c requirements.lock -o requirements-dev.lock pyproject.toml

release:
	@$(PYTHON) deploy/bootstrap.py --dev
	"$(BIN)/python" deploy/release.py $(ARGS)

vendor:
	mkdir -p build/vendor && cp deploy/vendor/* build/vendor
	cd build/vendor && npm ci --ignore-scripts --no-audit --no-fund && node build.mjs "$(CURDIR)/services/api/web/vendor" "$(CURDIR)/tests/console/vendor"

screenshots:
	@$(PYTHON) deploy/bootstrap.py --dev
	"$(BIN)/python" -m tests.console.screenshots $(ARGS)
