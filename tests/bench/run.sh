#!/bin/sh
# Runs every benchmark of a build; each prints figures and the ratios that count.
#   sh tests/bench/run.sh BUILD
set -u
export DATASITE_BUILD="$1"
bad=0
bench() { # bench NAME COMMAND...
    echo "== $1"
    shift
    "$@" || { echo "failed: $*"; bad=1; }
}
for source in tests/bench/bench_*.c; do
    name=$(basename "$source" .c)
    bench "$name" "$1/$name"
done
for source in tests/bench/bench_*.py; do
    [ ! -f "${source%.py}.c" ] || continue # the C program runs it
    bench "$(basename "$source")" python3 "$source"
done
exit $bad
