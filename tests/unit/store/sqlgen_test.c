/* sqlgen_test.c -- schema/sqlgen.awk: what it makes of statements, and what it refuses. */
#include "tests/unit/store/folder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

TestSuite(sqlgen, .init = folder_make, .fini = folder_drop);

/* Runs the script over one file; returns its exit code, its output in out. */
static int
generate(const char *sql, char *out, size_t size)
{
    const char *path = folder_file("q.sql");
    char command[128];
    FILE *f = fopen(path, "w");
    size_t n;
    int status;

    cr_assert_not_null(f);
    fputs(sql, f);
    fclose(f);
    snprintf(command, sizeof command, "awk -f schema/sqlgen.awk %s 2>&1", path);
    f = popen(command, "r");
    cr_assert_not_null(f);
    n = fread(out, 1, size - 1, f);
    out[n] = '\0';
    status = pclose(f);
    return WEXITSTATUS(status);
}

Test(sqlgen, joins_lines_and_drops_comments)
{
    char out[512];

    cr_expect_eq(generate("-- What this file is; not a statement.\n\n"
                          "-- name: ONE (is) -> (b)   why\n"
                          "SELECT \"x\"  -- the x\n"
                          "    -- a line of its own\n"
                          "FROM t WHERE a = ?1\n"
                          "  AND b = ?2;\n\n"
                          "-- name: TWO ()\nDELETE FROM t;\n",
                     out, sizeof out),
        0);
    cr_expect_str_eq(out,
        "STMT(ONE, \"is\", \"b\", \"SELECT \\\"x\\\" FROM t WHERE a = ?1 AND b = "
        "?2\")\n"
        "STMT(TWO, \"\", \"\", \"DELETE FROM t\")\n");
}

Test(sqlgen, nothing_gives_nothing)
{
    char out[512];

    cr_expect_eq(generate("", out, sizeof out), 0);
    cr_expect_str_eq(out, "");
}

Test(sqlgen, refuses_what_it_would_misread)
{
    static const char *const rows[] = {
        "-- name: ONE (i)\nSELECT 1\n", /* no end */
        "-- name: ONE (i)\nSELECT 1\n-- name: TWO ()\nSELECT 2;\n",
        "-- name: ONE\nSELECT 1;\n",      /* no letters */
        "-- name: one (i)\nSELECT 1;\n",  /* no name */
        "-- name: ONE (ix)\nSELECT 1;\n", /* no letter */
        "-- name: ONE (i) -> i\nSELECT 1;\n",
        "-- name: ONE ()\nSELECT 1;\n-- name: ONE ()\nSELECT 2;\n",
        "SELECT 1;\n", /* outside */
    };
    char out[512];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_neq(generate(rows[i], out, sizeof out), 0, "row %zu", i);
        cr_expect(strstr(out, "q.sql:") != NULL || strstr(out, "no end") != NULL,
            "row %zu: %s", i, out);
    }
}
