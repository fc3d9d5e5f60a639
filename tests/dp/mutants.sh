#!/bin/sh
# mutants.sh -- builds that break a promise on purpose; each must be refused by its audit.
#
#   sh tests/dp/mutants.sh [FLAG...]      from the project's root; B names the build
#
# A mutant is a MUTANT_ flag that a source names; MUTANT_RULE_ flags turn a rule of a policy
# off, and where one of them takes a value there is a mutant for each (FLAG=RULE). It is compiled into a copy of the test
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
    MUTANT_CLAMPED_UNIT) echo 'sandbox neighbours/*' ;;
    MUTANT_ENV_KEPT) echo 'sandbox luarows/a_map_cannot*' ;;
    MUTANT_FREE_REDRAW) echo 'sandbox runner/what_is_paid*' ;;
    MUTANT_SHARED_QUOTA) echo 'sandbox luarows/steps_and_work*' ;;
    MUTANT_SUM_IN_DOUBLES) echo 'sandbox kernel/*sums*' ;;
    MUTANT_RULE_CELL=*) echo 'policies sdc_cells/*' ;;
    MUTANT_RULE_OUTPUT=*) echo 'policies outcheck/*' ;;
    MUTANT_RULE_COMPLEMENTARY) echo 'policies sdc_table/*' ;;
    MUTANT_RULE_SUPPRESS | MUTANT_RULE_ROUNDING) echo 'sandbox untold/*' ;;
    MUTANT_RULE_VALUES) echo 'policies sdc_values/*' ;;
    MUTANT_RULE_DIFFERENCING) echo 'policies sdc_history/*' ;;
    MUTANT_RULE_MOCK=*) echo 'sandbox mockcheck/*' ;;
    MUTANT_RULE_PURPOSE | MUTANT_RULE_COLUMN | MUTANT_RULE_EXPIRY) echo 'policies policy/*' ;;
    MUTANT_RULE_LANE | MUTANT_RULE_SOURCE) echo 'policies policy/*' ;;
    MUTANT_RULE_APPROVALS | MUTANT_RULE_APPROVAL_DAYS) echo 'core review/*' ;;
    MUTANT_RULE_BLIND) echo 'core review/*' ;;
    MUTANT_RULE_CONTEXT) echo 'core expect/*' ;;
    MUTANT_RULE_TIME_SLOT) echo 'core slot/*' ;;
    MUTANT_RULE_KEY_PERSONS) echo 'sandbox question/*' ;;
    MUTANT_RULE_QUESTIONS) echo 'sandbox corpus/*' ;;
    MUTANT_RULE_RANGE) echo 'policies pattern/*' ;;
    MUTANT_RULE_EXCEPTIONS) echo 'core release/*' ;;
    *) return 1 ;;
    esac
}

files_of() {
    grep -rlw --include='*.c' "${1%%=*}" policies sandbox datasite
}

# The names of an enum in a header, but for those that count or join them.
names_of() { # names_of ENUM HEADER
    sed -n "/^enum $1 {/,/^}/s/^ *\([A-Z][A-Z_]*\).*/\1/p" "$2" | grep -v '_N$'
}

# A flag that takes a value, once for each.
each_of() {
    case $1 in
    MUTANT_RULE_CELL) values=$(names_of sdc_check policies/sdc_cells.h) ;;
    MUTANT_RULE_OUTPUT) values=$(names_of outcheck_rule policies/outcheck.h) ;;
    MUTANT_RULE_MOCK) values=$(names_of sdc_mock_rule policies/sdc_mock.h) ;;
    *) echo "$1" && return ;;
    esac
    for value in $values; do echo "$1=$value"; done
}

# The programs that an audit of a floor runs.
made_for() {
    echo "$2/unit-$1"
    [ "$1" = policies ] || echo "$2/datasite-runner $2/datasite-worker"
}

# Where the mutant of a flag is made: a name with = in it is none for make.
place_of() {
    echo "$work/$1" | tr = -
}

# build FLAG FLOOR: objects that name the flag are made with it, all else is the plain build's.
build() {
    place=$(place_of "$1")
    rm -rf "${place:?}"
    mkdir -p "$work"
    cp -al "$base" "$place" 2> /dev/null || cp -a "$base/." "$place" || return 1
    rm -f "$place/unit-$2" "$place/datasite-runner"
    for f in $(files_of "$1"); do # links to the plain build's are taken away, not written to
        find "$place" -path "*/${f%.c}.[od]" -delete
    done
    make -s MODE=dev B="$place" OPT_dev="-O1 -g3 -DDATASITE_TEST_SEED -D$1" \
        $(made_for "$2" "$place")
}

# judge FLAG FLOOR FILTER: says what happened; true where the audit does its work.
judge() {
    log=$(place_of "$1").log
    mkdir -p "$work"
    if ! make -s MODE=dev B="$base" $(made_for "$2" "$base") > "$log" 2>&1; then
        echo "$1: the plain build fails, see $log"
    elif ! "$base/unit-$2" -j2 --filter "$3" > "$log" 2>&1 || grep -q 'Tested: 0 ' "$log"; then
        echo "$1: its audit $3 does not pass on the plain build, see $log"
    elif ! build "$1" "$2" > "$log" 2>&1; then
        echo "$1: does not build, see $log"
    elif "$(place_of "$1")/unit-$2" -j2 --filter "$3" > "$log" 2>&1; then
        echo "$1: SURVIVES $3"
    else
        echo "$1: caught by $(sed -n 's/^\[FAIL\] \([^:]*::[^:]*\):.*/\1/p' "$log" | sort -u | tr '\n' ' ')"
        return 0
    fi
    return 1
}

flags=${*:-$(grep -rhow --include='*.c' 'MUTANT_[A-Z_]*' policies sandbox datasite | sort -u |
    while read -r flag; do each_of "$flag"; done)}
for flag in $flags; do
    if ! audit=$(audit_of "$flag"); then
        echo "$flag: no audit is named for it"
        failed=$((failed + 1))
    elif judge "$flag" "${audit%% *}" "${audit#* }"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
    rm -rf "$(place_of "${flag:?}")"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
