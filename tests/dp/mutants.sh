#!/bin/sh
# mutants.sh -- builds that break a promise on purpose; each must be refused by its audit.
#
#   sh tests/dp/mutants.sh [FLAG...]      from the project's root; B names the build
#
# A mutant is a MUTANT_ flag that a source names. It is compiled into a copy of the test
# build, in which only the files that name it are made again. Its audit, a filter of unit
# tests, passes on the plain build and fails on the mutant. Closes with the counts.
set -u

base=${B:-build/dev}
work=${MUTANTS:-build/mutants}
passed=0
failed=0

# The audits that must refuse a flag: floor and filter.
audit_of() {
    case $1 in
    MUTANT_HALF_SENSITIVITY) echo 'policies mechanism/*' ;;
    MUTANT_REUSED_NOISE) echo 'policies mechanism/*' ;;
    MUTANT_RHO_QUARTER) echo 'policies mechanism/*' ;;
    MUTANT_THRESHOLD_AT_LEAST) echo 'policies selection/threshold*' ;;
    MUTANT_SPARSE_WITHOUT_QUERY_NOISE) echo 'policies selection/sparse*' ;;
    MUTANT_CHARGE_AFTER_DRAW) echo 'sandbox runner/charges_come_before*' ;;
    MUTANT_SUM_IN_DOUBLES) echo 'sandbox kernel/*sums*' ;;
    *) return 1 ;;
    esac
}

files_of() {
    grep -rlw --include='*.c' "$1" policies sandbox datasite
}

# The programs that an audit of a floor runs.
made_for() {
    echo "$2/unit-$1"
    [ "$1" = policies ] || echo "$2/datasite-runner $2/datasite-worker"
}

# build FLAG FLOOR: objects that name the flag are made with it, all else is the plain build's.
build() {
    rm -rf "${work:?}/$1"
    mkdir -p "$work"
    cp -a "$base" "$work/$1" || return 1
    rm -f "$work/$1/unit-$2" "$work/$1/datasite-runner"
    for f in $(files_of "$1"); do
        find "$work/$1" -path "*/${f%.c}.o" -delete
    done
    make -s B="$work/$1" OPT_dev="-O1 -g3 -DDATASITE_TEST_SEED -D$1" \
        $(made_for "$2" "$work/$1")
}

# judge FLAG FLOOR FILTER: says what happened; true where the audit does its work.
judge() {
    log=$work/$1.log
    mkdir -p "$work"
    if ! make -s B="$base" $(made_for "$2" "$base") > "$log" 2>&1; then
        echo "$1: the plain build fails, see $log"
    elif ! "$base/unit-$2" -j2 --filter "$3" > "$log" 2>&1 || grep -q 'Tested: 0 ' "$log"; then
        echo "$1: its audit $3 does not pass on the plain build, see $log"
    elif ! build "$1" "$2" > "$log" 2>&1; then
        echo "$1: does not build, see $log"
    elif "$work/$1/unit-$2" -j2 --filter "$3" > "$log" 2>&1; then
        echo "$1: SURVIVES $3"
    else
        echo "$1: caught by $(sed -n 's/^\[FAIL\] \([^:]*::[^:]*\):.*/\1/p' "$log" | sort -u | tr '\n' ' ')"
        return 0
    fi
    return 1
}

flags=${*:-$(grep -rhow --include='*.c' 'MUTANT_[A-Z_]*' policies sandbox datasite | sort -u)}
for flag in $flags; do
    if ! audit=$(audit_of "$flag"); then
        echo "$flag: no audit is named for it"
        failed=$((failed + 1))
    elif judge "$flag" "${audit%% *}" "${audit#* }"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
    rm -rf "${work:?}/$flag"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
