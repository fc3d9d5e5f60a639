# One Makefile, no recursion into folders. `make help` lists the targets.
# MODE=rel (default) builds the product into build/; dev, asan, tsan and fuzz build what
# tests need into build/$(MODE).
# Targets that people call install their packages first, then call make again, so that
# what is found at reading time (headers, pages) is there.
MODE   ?= rel
B      ?= build$(if $(filter-out rel,$(MODE)),/$(MODE))
CC      = $(if $(filter fuzz,$(MODE)),clang,gcc)
STD    := -std=gnu17 -D_GNU_SOURCE -I. -I$(B)/gen
WARN   := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
          -Wcast-qual -Wwrite-strings -Wformat=2 -Wvla -Wundef -Wnull-dereference \
          -Wdouble-promotion -Wswitch-enum -Werror
# clang 14 knows no -ftrivial-auto-var-init=zero; the fuzzers go without.
HARD   := -fstack-protector-strong -fstack-clash-protection -fPIE -fno-common \
          -fno-strict-aliasing $(if $(filter fuzz,$(MODE)),,-ftrivial-auto-var-init=zero)
OPT_dev  := -O1 -g3 -DDATASITE_TEST_SEED
OPT_rel  := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
# Instrumented code makes gcc guess wrongly about sizes; the plain builds judge those.
OPT_asan := -O1 -g3 -DDATASITE_TEST_SEED -fsanitize=address,undefined -fno-omit-frame-pointer \
            -fno-sanitize-recover=undefined -Wno-error
OPT_tsan := -O1 -g3 -DDATASITE_TEST_SEED -fsanitize=thread
OPT_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -w # gcc judges warnings
CFLAGS += $(STD) $(WARN) $(HARD) $(OPT_$(MODE)) -I/usr/include/lua5.4
LINK   := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed

# What each program is made of. The folders are the architecture; so are the link lines.
in       = $(wildcard $(addsuffix /*.c,$(1)))
MAINS   := sandbox/runner/runner_main.c sandbox/worker/worker_main.c datasite/main.c
BASE    := $(call in,datasite/base)
ENGINE  := $(call in,policies datasite/store sandbox/table)
WIRE    := $(call in,sandbox/wire sandbox/jail)
# The server reads mocks, which are public, and never data: it has tables, but no vault.
SERVER  := $(BASE) $(ENGINE) $(WIRE) $(filter-out $(MAINS),$(call in,sandbox/client \
           datasite/core datasite/http datasite/api datasite))
RUNNER  := $(BASE) $(ENGINE) $(WIRE) $(filter-out $(MAINS),$(call in,sandbox/vault \
           sandbox/engine sandbox/runner))
WORKER  := $(BASE) $(WIRE) $(filter-out $(MAINS),$(call in,sandbox/worker))
ALL     := $(sort $(SERVER) $(RUNNER) $(WORKER))
SERVER_LIBS := -lmicrohttpd -lsqlite3 -ljansson -lsodium -lcurl -lm -lpthread
RUNNER_LIBS := -lsqlite3 -ljansson -lsodium -lm
WORKER_LIBS := -l:liblua5.4.a -l:libjansson.a -l:libsodium.a -lm
# Objects lie in a folder of their own: $(B)/datasite is a program.
o         = $(patsubst %.c,$(B)/obj/%.o,$(1))
EMBED    := $(B)/gen/embed.o
HEADERS  := $(wildcard */*.h */*/*.h)
HAND     := $(ALL) $(MAINS) $(call in,tests/* tests/*/*)
PROGRAMS := $(B)/datasite $(B)/datasite-runner $(B)/datasite-worker

Q := $(if $(V),,@)#                            V=1 shows every command
LISTEN   ?= 127.0.0.1:8080
DATA     ?= data

.DELETE_ON_ERROR:
.PHONY: all programs demo run test asan lint bench fuzz format clean help \
        packages test-packages
all: packages                                ## build the three programs
	$(MAKE) -j2 programs
programs: $(PROGRAMS)
demo: packages                               ## set up and run the main job (EXIT=1: then end)
	$(MAKE) -j2 MODE=rel programs
	build/datasite demo --listen $(LISTEN) $(if $(EXIT),--exit)
run: packages                                ## serve on LISTEN from the folder DATA
	$(MAKE) -j2 MODE=rel programs
	build/datasite serve --data $(DATA) --listen $(LISTEN)
test: test-packages                          ## set up and pass the tests (ONLY=api: one suite)
	$(MAKE) -j2 MODE=dev programs units
	sh tests/run.sh build/dev $(ONLY)
asan: test-packages                          ## the unit tests under ASan and UBSan
	$(MAKE) -j2 MODE=asan units
	sh tests/run.sh build/asan unit
lint: test-packages                          ## floors, links, text, headers, format, clang-tidy
	$(MAKE) -j2 MODE=rel programs benches
	sh tests/tidy/run.sh build
bench: test-packages                         ## print figures and ratios
	$(MAKE) -j2 MODE=rel programs benches
	sh tests/bench/run.sh build
fuzz: test-packages                          ## each fuzzer for SECONDS (default 5)
	$(MAKE) -j2 MODE=fuzz fuzzers
	sh tests/fuzz/run.sh build/fuzz $(or $(SECONDS),5)
format:                                      ## rewrite sources in the house style
	clang-format -i $(HAND) $(HEADERS)
clean:                                       ## remove what was built
	rm -rf build web/dist
help:                                        ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -ts'|'

# Debian 12 names. Node is taken as it is where there is one.
packages:
	@sh .ci/packages build
test-packages:
	@sh .ci/packages build test

$(B)/datasite: $(call o,datasite/main.c $(SERVER)) $(EMBED)
	@echo "  link $@"
	$(Q)$(CC) $(CFLAGS) $(LINK) -o $@ $^ $(SERVER_LIBS)
$(B)/datasite-runner: $(call o,sandbox/runner/runner_main.c $(RUNNER)) $(EMBED)
	@echo "  link $@"
	$(Q)$(CC) $(CFLAGS) $(LINK) -o $@ $^ $(RUNNER_LIBS)
# A worker whose interpreter is taken over: machine code of tests/attack runs in its jail.
ATTACKED := sandbox/worker/worker_main.c sandbox/worker/luarows_serve.c
$(B)/obj/attack/%.o: %.c | $(B)/gen/stmts.def
	@mkdir -p $(@D)
	@echo "  cc $< (attacked)"
	$(Q)$(CC) $(CFLAGS) -DATTACK_MACHINE_CODE -MMD -MP -c -o $@ $<
WORKERS := $(B)/datasite-worker $(B)/datasite-worker-attack
ifeq ($(findstring $(MODE),asan tsan),)
$(B)/datasite-worker: $(call o,sandbox/worker/worker_main.c $(WORKER))
$(B)/datasite-worker-attack: $(patsubst %.c,$(B)/obj/attack/%.o,$(ATTACKED)) \
    $(call o,tests/attack/attack.c $(filter-out $(ATTACKED),$(WORKER)))
$(WORKERS):
	@echo "  link $@"
	$(Q)$(CC) $(CFLAGS) -static-pie -Wl,--gc-sections -o $@ $^ $(WORKER_LIBS)
else
# A sanitizer's runtime needs system calls that the jail forbids. One call builds both plain
# ones: two calls side by side would write each other's objects.
PLAIN := build/datasite-worker build/datasite-worker-attack
$(WORKERS) &: $(wildcard sandbox/*/*.[ch] datasite/base/*.[ch] tests/attack/*.c)
	$(MAKE) MODE=rel $(PLAIN)
	@mkdir -p $(@D)
	cp $(PLAIN) $(@D)
endif

# One unit-test program a floor, linked with that floor and those below: it proves them apart.
UNIT_base     := $(BASE)
UNIT_policies := $(UNIT_base) $(call in,policies)
UNIT_store    := $(UNIT_policies) $(call in,datasite/store)
UNIT_sandbox  := $(UNIT_store) $(filter-out $(MAINS),$(call in,sandbox/*))
UNIT_core     := $(UNIT_sandbox) $(call in,datasite/core)
UNIT_http     := $(UNIT_core) $(call in,datasite/http datasite/api)
UNITS         := base policies store sandbox core http
define unit_rule
$(B)/unit-$(1): $(call o,$(wildcard tests/unit/$(1)/*.c) $(UNIT_$(1))) $(EMBED)
	@echo "  link $$@"
	$(Q)$(CC) $(CFLAGS) $(LINK) -o $$@ $$^ $(SERVER_LIBS) -llua5.4 -lcriterion
unit-$(1):
	$(MAKE) -j2 MODE=dev build/dev/unit-$(1)
	build/dev/unit-$(1) -j2 $(if $(FILTER),--filter '$(FILTER)')
.PHONY: unit-$(1)
endef
$(foreach u,$(UNITS),$(eval $(call unit_rule,$(u))))
.PHONY: units
units: $(foreach u,$(UNITS),$(B)/unit-$(u)) $(PROGRAMS) $(B)/datasite-worker-attack

# A benchmark or a fuzzer is one file, linked with everything but the mains.
BENCHES := $(patsubst tests/bench/%.c,$(B)/%,$(wildcard tests/bench/bench_*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))
.PHONY: benches fuzzers
benches: $(BENCHES)
fuzzers: $(FUZZERS)
$(BENCHES): $(B)/%: $(B)/obj/tests/bench/%.o $(call o,$(ALL)) $(EMBED)
	@echo "  link $@"
	$(Q)$(CC) $(CFLAGS) $(LINK) -o $@ $^ $(SERVER_LIBS) -llua5.4
$(FUZZERS): $(B)/%: tests/fuzz/%.c $(call o,$(ALL)) $(EMBED)
	@echo "  link $@"
	$(Q)$(CC) $(CFLAGS) $(LINK) -fsanitize=fuzzer -o $@ $^ $(SERVER_LIBS) -llua5.4

$(B)/gen/stmts.def: $(sort $(wildcard schema/queries/*.sql)) schema/sqlgen.awk
	@mkdir -p $(@D)
	$(Q)awk -f schema/sqlgen.awk $(filter %.sql,$^) > $@
EMBEDDED := $(sort $(wildcard schema/*.sql schema/vault/*.sql schema/openapi.json \
            schema/policy.json policies/packs/*.json))
$(B)/gen/embed.c: $(EMBEDDED) web/dist/index.html schema/embed.sh
	@mkdir -p $(@D)
	$(Q)sh schema/embed.sh $(EMBEDDED) web/dist/* > $@
# The pages. `npm ci` installs exactly what the lock file names, once for each lock file.
web/node_modules/.package-lock.json: web/package-lock.json
	@echo "  npm ci"
	$(Q)cd web && npm ci --loglevel=error --no-audit --no-fund && touch node_modules/.package-lock.json
web/dist/index.html: $(wildcard web/ui/*.ts* web/ui/*/*.ts* web/ui/*.css web/ui/*/*.css \
    web/ui/*/*.json web/static/* web/*.mjs web/package-lock.json) | web/node_modules/.package-lock.json
	@echo "  bundle web"
	$(Q)cd web && npm run --silent build
$(EMBED): $(B)/gen/embed.c
	$(Q)$(CC) $(STD) -c -o $@ $<
$(B)/obj/%.o: %.c | $(B)/gen/stmts.def
	@mkdir -p $(@D)
	@echo "  cc $<"
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
-include $(wildcard $(B)/obj/*/*.d $(B)/obj/*/*/*.d $(B)/obj/*/*/*/*.d)
