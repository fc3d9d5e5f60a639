#!/bin/sh
# mutants.sh -- builds that break a promise on purpose; the unit tests must refuse each.
#
#   sh tests/dp/mutants.sh [FLAG...]      from the project's root
#
# A mutant is a MUTANT_ flag that the sources name. Each is compiled into a copy of the
# test build, in which only the files that name it are made again.
set -eu

base=${B:-build/dev}
work=${MUTANTS:-build/mutants}

# The floor whose unit program has to notice, from the file that names the flag.
floor_of() {
    case $1 in
    policies/*) echo policies ;;
    sandbox/*) echo sandbox ;;
    *) echo core ;;
    esac
}

files_of() {
    grep -rlw --include='*.c' "$1" policies sandbox datasite
}

# One mutant: its objects are made with the flag, everything else is the plain build's.
build() {
    flag=$1 floor=$2
    rm -rf "$work/$flag"
    mkdir -p "$work"
    cp -a "$base" "$work/$flag"
    rm -f "$work/$flag/unit-$floor"
    for f in $(files_of "$flag"); do
        find "$work/$flag" -path "*/${f%.c}.o" -delete
    done
    make -s B="$work/$flag" OPT_dev="-O1 -g3 -DDATASITE_TEST_SEED -D$flag" \
        "$work/$flag/unit-$floor" >"$work/$flag.log" 2>&1
}

flags=${*:-$(grep -rhow --include='*.c' 'MUTANT_[A-Z_]*' policies sandbox datasite | sort -u)}
bad=0
plain=""
for flag in $flags; do
    floor=$(floor_of "$(files_of "$flag" | head -n 1)")
    case " $plain " in
    *" $floor "*) ;;
    *)
        make -s B="$base" "$base/unit-$floor"
        if ! "$base/unit-$floor" -j2 >/dev/null 2>&1; then
            echo "the plain build fails its own unit tests of floor $floor"
            exit 1
        fi
        plain="$plain $floor"
        ;;
    esac
    if ! build "$flag" "$floor"; then
        echo "$flag: does not build, see $work/$flag.log"
        bad=1
    elif "$work/$flag/unit-$floor" -j2 >"$work/$flag.log" 2>&1; then
        echo "$flag: SURVIVES, no test of floor $floor notices it"
        bad=1
    else
        echo "$flag: caught by $(sed -n 's/^\[FAIL\] \([^:]*::[^:]*\):.*/\1/p' "$work/$flag.log" | sort -u | tr '\n' ' ')"
    fi
    rm -rf "${work:?}/$flag"
done
exit $bad
