#!/bin/sh
# What a process may do is visible in what it links.
#   sh tests/tidy/links.sh BUILD     (a release build: seeded noise must be absent)
# Hygiene and evidence, not containment: the jail is the wall.
bad=0
lua='luaL_.*|lua_(newstate|close|load|callk|pcallk|settop)' # ours may say lua_ too
forbid() { # forbid PROGRAM PATTERN
    found=$({ nm -D --undefined-only "$1"; nm "$1"; } 2> /dev/null | grep -oE " [TtWUw] ($2)(@.*)?$" | sort -u)
    if [ -n "$found" ]; then
        echo "$1 must not link:" $found
        bad=1
    fi
}
[ -x "$1/datasite" ] && [ -x "$1/datasite-runner" ] && [ -x "$1/datasite-worker" ] || exit 1
forbid "$1/datasite" "$lua|vault_open|rng_(seeded|is_constant)"
forbid "$1/datasite-runner" "(MHD|curl)_.*|$lua|rng_(seeded|is_constant)"
forbid "$1/datasite-worker" '(MHD|sqlite3|curl)_.*|system|popen|execve|luaopen_(io|os|package|debug|coroutine)|attack_.*|rng_(new|seeded|is_constant)'
# The environment must not reach the noise.
if grep -lF DATASITE_TEST_ "$1/datasite" "$1/datasite-runner" "$1/datasite-worker"; then
    echo "a release program must not know a test's variable"
    bad=1
fi
exit $bad
