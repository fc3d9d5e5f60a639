#!/bin/sh
# What a process may do is visible in what it links.
#   sh tests/tidy/links.sh BUILD     (a release build: seeded noise must be absent)
# Hygiene and evidence, not containment: the jail is the wall.
bad=0
forbid() { # forbid PROGRAM PATTERN
    found=$({ nm -D --undefined-only "$1"; nm "$1"; } 2> /dev/null | grep -oE " [TtWUw] ($2)(@.*)?$" | sort -u)
    if [ -n "$found" ]; then
        echo "$1 must not link:" $found
        bad=1
    fi
}
[ -x "$1/datasite" ] && [ -x "$1/datasite-runner" ] && [ -x "$1/datasite-worker" ] || exit 1
forbid "$1/datasite" '(lua|luaL)_.*|vault_open|rng_seeded'
forbid "$1/datasite-runner" '(MHD|lua|luaL|curl)_.*|rng_seeded'
forbid "$1/datasite-worker" '(MHD|sqlite3|curl)_.*|system|popen|execve|luaopen_(io|os|package|debug|coroutine)|rng_(new|seeded)'
exit $bad
