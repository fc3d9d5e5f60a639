#!/bin/sh
# Runs every fuzzer of a build for some seconds each, from its corpus in tests/fuzz/corpus.
# Closes with `N passed, N failed`; the input that broke one is kept beside the build.
#   sh tests/fuzz/run.sh BUILD SECONDS
set -u
build=$1
seconds=$2
passed=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    echo "== $name"
    mkdir -p "$work/$name"
    if "$build/$name" -max_total_time="$seconds" -verbosity=0 -print_final_stats=1 \
        -rss_limit_mb=2048 -timeout=20 -artifact_prefix="$build/$name-" \
        "$work/$name" "tests/fuzz/corpus/$name" > "$work/log" 2>&1; then
        grep -E 'number_of_executed_units|peak_rss_mb' "$work/log"
        passed=$((passed + 1))
    else
        cat "$work/log"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
