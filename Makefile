# make demo    everything from nothing, against the generated league, without the internet
# make run     the same against the live feeds; both open the window where there is a display
# make test    the checks and the tests;  make check: the checks alone;  make bench: the speeds, in 40 minutes
# make soak    the long tests, then two hours of a season at 60x with faults, the window open
# make screens pictures of the window in all its states, into build/screens
# make dist    the executable, in dist/nbapanel;  make dist-test: it does the whole job elsewhere
# make setup   the environment in .venv; the others do it by themselves

SHELL := /bin/sh
BIN := .venv/bin
READY := .venv/.ready

.PHONY: setup demo run test check bench screens soak dist dist-test lock clean

# Never on a server of one's own, which would be the demo's for good.
demo: $(READY)
	@DATABASE_URL= $(BIN)/nbapanel --feeds demo --or-terminal

run: $(READY)
	@$(BIN)/nbapanel --or-terminal

# A process of the tests that crashes ends them: with another in its place they would wait for ever.
test: check
	@$(BIN)/python -m pytest -n 2 --dist loadfile --max-worker-restart 0

check: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(READY)
	@$(BIN)/python -m bench

screens: $(READY)
	@$(BIN)/python -m pytest tests/screens

soak: $(READY)
	@$(BIN)/python -m pytest -m soak
	@$(BIN)/python -m bench.soak

dist: $(READY)
	@$(BIN)/pyinstaller --noconfirm --log-level ERROR --distpath dist --workpath build/frozen \
	  nbapanel.spec
	@du -sm dist/nbapanel | sed 's|\t| MB in |'

dist-test: $(READY)
	@$(BIN)/python -m pytest -m dist -rP tests/dist

setup: $(READY)

# A Python from 3.11 to 3.13, uv where it is present and else venv and pip, one lock file.
$(READY): requirements.lock pyproject.toml
	@set -eu; \
	for python in "$${PYTHON:-python3}" python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	    2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then \
	  echo "nbapanel needs Python 3.11, 3.12 or 3.13. Install one, or name it: make PYTHON=..." >&2; \
	  exit 1; \
	fi; \
	echo "Setting up .venv with $$("$$found" --version) ..."; \
	rm -rf .venv; \
	if command -v uv >/dev/null 2>&1; then \
	  UV_PYTHON_DOWNLOADS=never uv venv --quiet --python "$$found" .venv; \
	  uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock; \
	  uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
	  "$$found" -c 'import ensurepip' 2>/dev/null || $(MAKE) --no-print-directory .venv-module; \
	  "$$found" -m venv .venv; \
	  export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore; \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock; \
	  $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .; \
	fi; \
	$(BIN)/python -m nbapanel.display || $(MAKE) --no-print-directory .qt-libraries; \
	touch $(READY)

# What Qt needs of the system. Without it the terminal works, the window does not.
.PHONY: .qt-libraries
.qt-libraries:
	@set -eu; \
	packages=$$($(BIN)/python -m nbapanel.display --packages); \
	if [ "$$(id -u)" = 0 ]; then as=; \
	elif sudo -n true 2>/dev/null; then as=sudo; \
	else as=none; fi; \
	if [ "$$as" = none ] || ! command -v apt-get >/dev/null 2>&1; then \
	  echo "The window needs system libraries. On Debian: sudo apt-get install $$packages" >&2; \
	  exit 0; \
	fi; \
	$$as apt-get update -qq; \
	DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq --no-install-recommends \
	  $$packages >/dev/null

# Debian ships Python without the module that makes environments.
.PHONY: .venv-module
.venv-module:
	@set -eu; \
	if [ "$$(id -u)" = 0 ]; then as=; \
	elif sudo -n true 2>/dev/null; then as=sudo; \
	else as=none; fi; \
	if [ "$$as" = none ] || ! command -v apt-get >/dev/null 2>&1; then \
	  echo "Python's venv module is missing. On Debian: sudo apt-get install python3-venv" >&2; \
	  exit 1; \
	fi; \
	$$as apt-get update -qq; \
	DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq python3-venv >/dev/null

# Versions anew from pyproject.toml; the file names no host.
lock:
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-header --python-version 3.11 --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
