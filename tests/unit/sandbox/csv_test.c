/* csv_test.c -- hostile CSV text to typed rows. */
#include "tests/unit/sandbox/made_table.h"

#include "datasite/base/digest.h"
#include "datasite/base/fdio.h"
#include "datasite/base/json.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char pair[] = "{\"columns\":[{\"name\":\"a\",\"type\":\"integer\"},"
                           "{\"name\":\"b\",\"type\":\"text\"}]}";

/* "a=1 b='x'" of each row, for comparing tables at a glance. */
static const char *
told(const struct made_table *m)
{
    const struct column *a = &m->table.columns[0], *b = &m->table.columns[1];
    BUF_SCOPE(out);

    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < m->table.rows; i++) {
        if (a->valid[i] != 0)
            buf_addf(&out, "%lld", (long long)column_value(a, i));
        if (b->valid[i] != 0) {
            struct str s = labels_text(b->labels, (size_t)column_value(b, i));
            buf_addf(&out, "<%.*s>", (int)s.len, s.ptr);
        }
        buf_addz(&out, ";");
    }
    return arena_strn(m->arena, out.len > 0 ? out.ptr : "", out.len);
}

Test(csv, line_ends_separators_and_marks_read_the_same)
{
    static const char *const texts[] = {
        "a,b\n1,x\n2,\n3,y z\n",
        "a,b\n1,x\n2,\n3,y z",
        "a,b\r\n1,x\r\n2,\r\n3,y z\r\n",
        "a,b\r1,x\r2,\r3,y z\r",
        "a;b\n1;x\n2;\n3;y z\n",
        "a\tb\n1\tx\n2\t\n3\ty z\n",
        "\xef\xbb\xbf"
        "a,b\n1,x\n2,\n3,y z\n",
        "\xef\xbb\xbf"
        "\"a\";\"b\"\r\n\"1\";\"x\"\r\n\"2\";\r\n\"3\";\"y z\"",
        "b,a\nx,1\n,2\ny z,3\n",
        "a,b\n1,x\n2,\n3,y z\n\n\n",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct made_table m;
        cr_assert_eq(made_table(&m, pair, texts[i]), ERR_OK, "%zu: %s", i, m.diag.text);
        cr_expect_str_eq(told(&m), "1<x>;2;3<y z>;", "%zu: %s", i, told(&m));
        cr_expect_eq(m.report.rows, 3);
        made_table_release(&m);
    }
}

Test(csv, quoted_fields_hold_anything)
{
    struct made_table m;

    cr_assert_eq(made_table(&m, pair,
                     "a,b\n1,\"x,\ny\r\nz \"\"q\"\"\"\n2,\"\"\n\"\",\"\"\"\"\n"),
        ERR_UNPROCESSABLE);
    cr_expect_eq(m.report.places[0].line, 6); /* an empty text is no integer */
    made_table_release(&m);
    cr_assert_eq(
        made_table(&m, pair, "a,b\n1,\"x,\ny\r\nz \"\"q\"\"\"\n2,\"\"\n"), ERR_OK);
    cr_expect_str_eq(told(&m), "1<x,\ny\r\nz \"q\">;2<>;");
    made_table_release(&m);
}

Test(csv, every_bad_place_is_named)
{
    static const struct {
        const char *csv;
        int64_t line;
        int column;
        const char *name, *text;
    } cases[] = {
        {"", 1, 1, "", "empty"},
        {"\n", 1, 1, "", "empty"},
        {"a\n1\n", 1, 1, "b", "missing"},
        {"a,b,c\n1,x,2\n", 1, 5, "c", "not a column"},
        {"a,b,a\n1,x,2\n", 1, 5, "a", "twice"},
        {"a,b\n1,x,3\n", 2, 5, "", "more fields"},
        {"a,b\n1\n", 2, 1, "", "fewer fields"},
        {"a,b\n1,x\n\n2,y\n", 3, 1, "", "empty"},
        {"a,b\n1,\"x\n2,y\n", 2, 3, "b", "never closed"},
        {"a,b\n1,\"x\"y\n", 2, 3, "b", "behind its closing quote"},
        {"a,b\n1,x\"y\"\n", 2, 3, "b", "not quoted"},
        {"a,b\n1.5,x\n", 2, 1, "a", "not an integer"},
        {"a,b\n 1,x\n", 2, 1, "a", "not an integer"},
        {"a,b\n1e-3,x\n", 2, 1, "a", "not an integer"},
        {"a,b\n9223372036854775808,x\n", 2, 1, "a", "not an integer"},
        {"a,b\n4611686018427387904,x\n", 2, 1, "a", "too large"},
        {"a,b\n1,\xff\n", 2, 3, "b", "UTF-8"},
        {"a,b\n1,x\r\n\"2\n\",y\r\n", 3, 1, "a", "not an integer"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made_table m;
        const struct csv_place *p = &m.report.places[0];
        cr_expect_eq(
            made_table(&m, pair, cases[i].csv), ERR_UNPROCESSABLE, "%s", cases[i].csv);
        cr_assert_geq(m.report.places_n, 1, "%s", cases[i].csv);
        cr_expect_eq(
            p->line, cases[i].line, "%s: line %lld", cases[i].csv, (long long)p->line);
        cr_expect_eq(
            p->column, cases[i].column, "%s: column %d", cases[i].csv, p->column);
        cr_expect_str_eq(p->name, cases[i].name, "%s: %s", cases[i].csv, p->name);
        cr_expect_not_null(
            strstr(p->text, cases[i].text), "%s: %s", cases[i].csv, p->text);
        cr_expect_null(m.table.columns);
        made_table_release(&m);
    }
}

Test(csv, a_nul_in_a_text_is_refused)
{
    struct made_table m;
    FD_SCOPE(fd) = made_fd("a,b\n1,x\0y\n", 10);

    cr_expect_eq(made_table_fd(&m, pair, fd), ERR_UNPROCESSABLE);
    cr_expect_not_null(strstr(m.report.places[0].text, "NUL"));
    made_table_release(&m);
}

Test(csv, types_take_what_they_say)
{
    static const struct {
        const char *type, *good, *bad;
    } cases[] = {
        {"\"integer\"", "-7", "seven"},
        {"\"integer\"", "1e+05", "1.00000000001"},
        {"\"integer\"", "12.0", "12."},
        {"\"decimal\",\"decimals\":2", "-0.25", "0.255"},
        {"\"decimal\",\"decimals\":6", "9.76e-04", "9.76e-05"},
        {"\"decimal\",\"decimals\":1", "2.5e3", "1e99"},
        {"\"decimal\",\"decimals\":4", "0.21560000000000001", "0.2156001"},
        {"\"decimal\",\"decimals\":6", "-0.045469999999999997", "0.0454699999"},
        {"\"decimal\",\"decimals\":1", "1.50", "1.51"},
        {"\"decimal\",\"decimals\":0", "1e2", "1.5e0"},
        {"\"boolean\"", "TRUE", "yes"},
        {"\"boolean\"", "0", "2"},
        {"\"date\"", "2000-02-29", "1900-02-29"},
        {"\"date\"", "0001-01-01", "0000-01-01"},
        {"\"date\"", "9999-12-31", "2001-1-1"},
        {"\"category\",\"categories\":[\"x\",\"?\"]", "?", "X"},
        {"\"id\"", "a b", "\xc3"},
        {"\"integer\",\"lower\":\"0\",\"upper\":\"5\"", "6", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made_table m;
        char schema[256], csv[64];
        snprintf(schema, sizeof schema,
            "{\"columns\":[{\"name\":\"v\",\"nullable\":false,\"type\":%s}]}",
            cases[i].type);
        snprintf(csv, sizeof csv, "v\n%s\n", cases[i].good);
        cr_expect_eq(
            made_table(&m, schema, csv), ERR_OK, "%s: %s", schema, m.diag.text);
        made_table_release(&m);
        snprintf(csv, sizeof csv, "v\n%s\n", cases[i].bad);
        cr_expect_eq(
            made_table(&m, schema, csv), ERR_UNPROCESSABLE, "%s: %s", schema, csv);
        made_table_release(&m);
    }
}

Test(csv, reading_goes_on_to_twenty_places)
{
    struct made_table m;
    BUF_SCOPE(csv);

    buf_init(&csv, 1 << 20);
    buf_addz(&csv, "a,b\n");
    for (int i = 0; i < 100; i++)
        buf_addz(&csv, i % 2 == 0 ? "1,x\n" : "?,x\n");
    cr_expect_eq(made_table(&m, pair, csv.ptr), ERR_UNPROCESSABLE);
    cr_expect_eq(m.report.places_n, CSV_PLACES_MAX);
    for (int i = 0; i < CSV_PLACES_MAX; i++)
        cr_expect_eq(m.report.places[i].line, 3 + 2 * i);
    cr_expect(digest_eq(m.report.sha256, digest_sha256(buf_str(&csv))));
    made_table_release(&m);
}

Test(csv, outside_bounds_is_counted_and_clamped)
{
    struct made_table m;

    cr_assert_eq(
        made_table(&m,
            "{\"columns\":[{\"name\":\"v\",\"type\":\"integer\",\"lower\":\"0\","
            "\"upper\":\"9\"}]}",
            "v\n-1\n5\n10\n\n1000000\n"),
        ERR_OK);
    cr_expect_eq(m.report.outside_bounds, 3);
    cr_expect_eq(m.report.rows, 5);
    cr_expect_eq(column_value(&m.table.columns[0], 0), 0);
    cr_expect_eq(column_value(&m.table.columns[0], 2), 9);
    cr_expect_eq(m.table.columns[0].valid[3], 0);
    cr_expect_eq(m.table.columns[0].width, 1);
    made_table_release(&m);
}

/* ---- a line of a gigabyte ---- */

struct flood {
    int fd;
    const char *head, *piece;
    size_t bytes;
};

static void *
pour(void *arg)
{
    struct flood *f = arg;
    size_t n = strlen(f->piece);
    char block[1 << 16];

    (void)!write(f->fd, f->head, strlen(f->head));
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = f->piece[i % n];
    for (size_t sent = 0; sent < f->bytes; sent += sizeof block)
        if (write(f->fd, block, sizeof block) < 0)
            break;
    close(f->fd);
    return NULL;
}

static long
peak_kib(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

Test(csv, a_line_of_a_gigabyte_needs_no_memory)
{
    static const struct {
        const char *head, *piece, *says;
        size_t bytes;
    } cases[] = {
        {"a,b\n1,", "xxxx", "longer than 1 MiB", (size_t)1 << 30},
        {"a,b\n1,\"", "xxxx", "longer than 1 MiB", (size_t)64 << 20},
        {"a,b\n1,\"", "\"\"", "longer than 1 MiB", (size_t)64 << 20},
        {"a,b\n", "1,", "more fields", (size_t)64 << 20},
        {"", "abcd", "longer than 1 MiB", (size_t)64 << 20},
        {"", "a,b,", "twice", (size_t)64 << 20},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int ends[2];
        pthread_t thread;
        struct made_table m;
        long before = peak_kib();
        cr_assert_eq(pipe(ends), 0);
        struct flood f = {ends[1], cases[i].head, cases[i].piece, cases[i].bytes};
        cr_assert_eq(pthread_create(&thread, NULL, pour, &f), 0);
        cr_expect_eq(made_table_fd(&m, pair, ends[0]), ERR_UNPROCESSABLE);
        cr_expect_not_null(strstr(m.report.places[0].text, cases[i].says), "%zu: %s", i,
            m.report.places[0].text);
        pthread_join(thread, NULL);
        close(ends[0]);
        cr_expect_leq(peak_kib() - before, 32 << 10);
        made_table_release(&m);
    }
}

Test(csv, fields_meet_the_edges_of_what_is_read)
{
    /* Fields of every length around the size of a read, quoted and not. */
    for (size_t pad = (64 << 10) - 12; pad < (64 << 10) + 4; pad++) {
        struct made_table m;
        BUF_SCOPE(csv);
        buf_init(&csv, 1 << 22);
        buf_addz(&csv, "a,b\r\n1,");
        for (size_t i = 0; i < pad; i++)
            buf_addz(&csv, "x");
        buf_addz(&csv, "\r\n2,\"q\"\"\r\nr\"\r\n3,");
        for (size_t i = 0; i < 300000; i++)
            buf_addz(&csv, "y");
        buf_addz(&csv, "\r\n4,z");
        cr_assert_eq(
            made_table(&m, pair, csv.ptr), ERR_OK, "%zu: %s", pad, m.diag.text);
        cr_assert_eq(m.table.rows, 4);
        const struct column *b = &m.table.columns[1];
        cr_expect_eq(labels_text(b->labels, (size_t)column_value(b, 0)).len, pad);
        cr_expect(str_eq(
            labels_text(b->labels, (size_t)column_value(b, 1)), STR("q\"\r\nr")));
        cr_expect_eq(labels_text(b->labels, (size_t)column_value(b, 2)).len, 300000);
        made_table_release(&m);
    }
}
