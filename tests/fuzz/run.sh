#!/bin/sh
# Runs every fuzzer of a build for some seconds each, from its corpus in tests/fuzz/corpus.
#   sh tests/fuzz/run.sh BUILD SECONDS
set -u
for f in "$1"/fuzz_*; do
    [ -x "$f" ] && [ ! -d "$f" ] || continue
    name=$(basename "$f")
    corpus="tests/fuzz/corpus/$name"
    work=$(mktemp -d)
    echo "== $name"
    if [ -d "$corpus" ]; then set -- "$1" "$2" "$corpus"; else set -- "$1" "$2"; fi
    "$f" -max_total_time="$2" -verbosity=0 -print_final_stats=1 -rss_limit_mb=2048 "$work" ${3:+"$3"} || exit 1
    rm -rf "$work"
done
