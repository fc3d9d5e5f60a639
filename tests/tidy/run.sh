#!/bin/sh
# The structure of the tree as tests: floors, links, text, headers that stand alone,
# formatting, clang-tidy. Closes with `N passed, N failed`.
#   sh tests/tidy/run.sh BUILD
set -u
build=$1
passed=0
failed=0
sources=$(git ls-files '*.c' | grep -v '^tests/fuzz/')
product=$(git ls-files 'datasite/*.c' 'datasite/**/*.c' 'policies/*.c' 'sandbox/**/*.c' | sort -u)
headers=$(git ls-files '*.h')

rule() { # rule NAME COMMAND...
    name=$1
    shift
    if "$@"; then passed=$((passed + 1)); else echo "lint: $name failed"; failed=$((failed + 1)); fi
}
alone() { # every header compiles by itself
    bad=0
    for h in $headers; do
        gcc -std=gnu17 -D_GNU_SOURCE -I. -I"$build/gen" -I/usr/include/lua5.4 -fsyntax-only -x c "$h" || bad=1
    done
    return $bad
}
tidy() {
    export BUILD="$build"
    printf '%s\n' $product | xargs -P2 -n8 sh -c 'clang-tidy --quiet --warnings-as-errors="*" "$@" \
        -- -std=gnu17 -D_GNU_SOURCE -I. -I"$BUILD/gen" -I/usr/include/lua5.4' sh > "$build/tidy.log" 2>/dev/null
    status=$?
    grep -E 'error|warning' "$build/tidy.log" | head -40
    return $status
}
nowords() { # what main never holds
    ! git grep -nE '\b(TODO|FIXME|XXX)\b' -- '*.c' '*.h' '*.ts' '*.tsx' '*.py' '*.sql' ':!tests/tidy'
}

rule "floors" awk -f tests/tidy/layers.awk $sources $headers
rule "SQL and markup outside their folders" awk -f tests/tidy/text.awk $product
rule "what each program links" sh tests/tidy/links.sh "$build"
rule "headers stand alone" alone
rule "unfinished marks" nowords
rule "format" clang-format --dry-run -Werror $sources $headers
[ -n "${SKIP_TIDY:-}" ] || rule "clang-tidy" tidy
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
