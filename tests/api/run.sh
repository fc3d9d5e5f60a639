#!/bin/sh
# Runs the API tests against a build, three files at a time.
#   sh tests/api/run.sh BUILD
# Every file starts servers of its own on free ports, and most of its time it waits for
# time slots. A file's output is printed whole when it has ended.
set -u
export DATASITE_BUILD="$1"
cd tests/api || exit 2
printf '%s\n' *_test.py | xargs -P3 -n1 sh -c '
    log=$(mktemp)
    begin=$(date +%s)
    python3 -m unittest "${0%.py}" > "$log" 2>&1
    status=$?
    printf "%s, %s s\n%s\n" "$0" "$(($(date +%s) - begin))" "$(cat "$log")"
    rm -f "$log"
    exit $status'
