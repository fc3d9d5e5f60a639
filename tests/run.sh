#!/bin/sh
# Runs the test suites against a build and closes with `N passed, N failed`.
#   sh tests/run.sh BUILD [unit|api|dp|e2e]
# Each suite's own closing line is read: Criterion's synthesis, Python's unittest, node's
# test runner, our scripts. A suite that fails, or counts no test, is one failure at least.
set -u
build=$1
only=${2:-}
passed=0
failed=0
suites=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DATASITE_BUILD="$build"

count() { # sets ok and bad from the log of one suite; what was skipped is neither
    set -- $(awk '
        /Synthesis: Tested:/ {
            gsub(/\033\[[0-9;]*m/, ""); gsub(/[^0-9 ]/, "")
            ok += $2; bad += $3 + $4
        }
        /^Ran [0-9]+ tests? in / { ok += $2 }
        /^(OK|FAILED) \(/ {
            n = $0
            while (match(n, /(unexpected successes|failures|errors|skipped)=[0-9]+/)) {
                split(substr(n, RSTART, RLENGTH), kv, "=")
                ok -= kv[2]; if (kv[1] != "skipped") bad += kv[2]
                n = substr(n, RSTART + RLENGTH)
            }
        }
        /^# pass [0-9]+$/ { ok += $3 }
        /^# (fail|cancelled) [0-9]+$/ { bad += $3 }
        /^[0-9]+ passed, [0-9]+ failed$/ { ok += $1; bad += $3 }
        END { print (ok > 0 ? ok : 0), bad + 0 }' "$log")
    ok=$1
    bad=$2
}

suite() { # suite KIND NAME COMMAND...
    kind=$1
    name=$2
    shift 2
    [ -z "$only" ] || [ "$only" = "$kind" ] || return 0
    echo "== $name"
    suites=$((suites + 1))
    begin=$(date +%s)
    { "$@" 2>&1; echo "exit $?"; } | tee "$log" | grep -v '^exit [0-9]*$'
    status=$(sed -n 's/^exit \([0-9]*\)$/\1/p' "$log" | tail -n 1)
    count
    if [ "$bad" = 0 ] && { [ "$status" != 0 ] || [ "$ok" = 0 ]; }; then
        echo "$name ended with ${status:-nothing} and $ok tests"
        bad=1
    fi
    passed=$((passed + ok))
    failed=$((failed + bad))
    echo "-- $name: $ok passed, $bad failed, $(($(date +%s) - begin)) s"
}

for unit in base policies store sandbox core http; do
    suite unit "unit-$unit" "$build/unit-$unit" -j2
done
suite api "api" sh tests/api/run.sh "$build"
suite dp "dp" sh tests/dp/run.sh "$build"
suite e2e "e2e" sh tests/e2e/run.sh "$build"

[ "$suites" != 0 ] || { echo "no suite is called $only" >&2; failed=1; }
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
