# Short names that forward to Meson and the scripts in tools/.  See README.md.
BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
PROGRAMS = coracle coracle-monitor coracle-runtime

.PHONY: all build programs demo check check-fast check-guest check-sanitize install uninstall bench lint fuzz clean deps

all: build

deps:
	@tools/install-packages build

build: deps
	@tools/configure $(BUILD) $(PREFIX)
	@ninja -C $(BUILD) --quiet

# One command on a bare Debian 12: install, build, make an image, run a container.
demo: programs
	@tools/install-packages run
	@tools/demo $(BUILD)

# The three programs only, without tests and benchmarks.
programs: deps
	@tools/configure $(BUILD) $(PREFIX)
	@ninja -C $(BUILD) --quiet $(addprefix src/cmd/,$(PROGRAMS))

# All tests: unit, suites, fuzz corpora, integration, security, peers, sanitizers.
check: build
	@tools/install-packages test
	@tools/check $(BUILD)

# Unit tests, suites and fuzz corpora only: seconds, no root needed for most.
check-fast: build
	@meson test -C $(BUILD) --quiet --print-errorlogs

# What this machine's kernel cannot give, in a virtual machine: pure cgroup v2, systemd, AppArmor, SELinux.
check-guest: build
	@tools/install-packages test
	@tools/install-packages guest
	@tools/check $(BUILD) guest

lint: build
	@tools/install-packages lint
	@tools/lint $(BUILD)

bench: build
	@tools/install-packages test
	@BUILD=$(abspath $(BUILD)) bench/run.sh

fuzz: deps
	@tools/install-packages lint
	@tools/fuzz

install: programs
	@ninja -C $(BUILD) --quiet installed-texts
	@DESTDIR="$(DESTDIR)" meson install -C $(BUILD) --quiet --no-rebuild

uninstall:
	@DESTDIR="$(DESTDIR)" ninja -C $(BUILD) --quiet uninstall

clean:
	rm -rf $(BUILD) build-*
