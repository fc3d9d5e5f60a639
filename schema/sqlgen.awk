# Turns schema/queries/*.sql into STMT(name, in, out, "sql") rows for db.h and db.c.
# A statement starts with `-- name: NAME (letters) -> (letters)` and ends with its `;`.
# `--` begins a comment at the start of a line or after a space.
function fail(why) {
    printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"
    failed = 1
    exit 1
}
/^-- name:/ {
    if (open) fail(name " has no end")
    if ($0 !~ /^-- name: +[A-Z][A-Z0-9_]* +\([isb]*\)( +-> +\([isb]*\))?( .*)?$/ ||
        ($0 ~ /->/ && $0 !~ /\) +-> +\([isb]*\)/))
        fail("want `-- name: NAME (letters) -> (letters)`, letters of i, s, b")
    name = $3
    if (name in seen) fail(name " stands twice")
    seen[name] = 1
    ins = $0; sub(/^[^(]*\(/, "", ins); sub(/\).*/, "", ins)
    outs = ""
    if ($0 ~ /->/) { outs = $0; sub(/^.*-> *\(/, "", outs); sub(/\).*/, "", outs) }
    sql = ""; open = 1
    next
}
/^[ \t]*--/ || /^[ \t]*$/ { next }
!open { fail("SQL outside a named statement") }
{
    text = $0
    sub(/[ \t]+--.*/, "", text)
    gsub(/^[ \t]+|[ \t]+$/, "", text)
    gsub(/\\/, "\\\\", text); gsub(/"/, "\\\"", text)
    sql = sql (sql == "" ? "" : " ") text
    if (sub(/;$/, "", sql)) {
        printf "STMT(%s, \"%s\", \"%s\", \"%s\")\n", name, ins, outs, sql
        open = 0
    }
}
END { if (open && !failed) fail(name " has no end") }
