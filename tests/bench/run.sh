#!/bin/sh
# Runs every benchmark of a build; each prints figures and the ratios that count.
#   sh tests/bench/run.sh BUILD
set -u
export DATASITE_BUILD="$1"
bad=0
for b in "$1"/bench_*; do
    case $b in *.d | *.o) continue ;; esac
    [ -x "$b" ] || continue
    echo "== $(basename "$b")"
    "$b" || bad=1
done
for b in tests/bench/bench_*.py; do
    [ -f "$b" ] || continue
    echo "== $(basename "$b" .py)"
    python3 "$b" || bad=1
done
exit $bad
