# A file may include only its own folder or a lower floor.
BEGIN {
    split("datasite/base 0 policies 1 datasite/store 2 " \
          "sandbox/table 3.1 sandbox/jail 3.1 sandbox/wire 3.2 sandbox/vault 3.2 " \
          "sandbox/engine 3.3 sandbox/client 3.4 sandbox/runner 3.5 sandbox/worker 3.5 " \
          "datasite/core 4 " \
          "datasite/http 5 datasite/api 6 datasite 7 tests 9", f, " ")
    for (i = 1; i in f; i += 2) floor[f[i]] = f[i + 1]
}
function dir(p) { while (sub(/\/[^\/]*$/, "", p)) if (p in floor) return p; return "?" }
/^#[ \t]*include "[^"]*\// {
    inc = $0; sub(/^[^"]*"/, "", inc); sub(/".*/, "", inc)
    a = dir(FILENAME); b = dir(inc)
    if (!(a in floor) || !(b in floor) || floor[b] > floor[a] || (floor[b] == floor[a] && a != b)) {
        printf "%s:%d: floor %s may not include %s\n", FILENAME, FNR, a, inc; bad = 1
    }
}
END { exit bad }
