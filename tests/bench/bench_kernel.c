/* bench_kernel.c -- questions over ten million rows in memory, beside a bare loop and
 * beside sqlite3 doing the plain aggregate on the same rows; the steps of a logistic fit;
 * and what a row of each type of column takes.
 *
 * Times are of the processor, so that a busy neighbour changes them little; each is the
 * least of a few, sqlite3's as well. */
#include "datasite/base/arena.h"
#include "datasite/base/json.h"
#include "sandbox/engine/question.h"

#include <malloc.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROWS      ((size_t)10000000)
#define REPEAT    5
#define FIT_STEPS 2

static const char schema_text_[] =
    "{\"columns\":[{\"name\":\"age\",\"type\":\"integer\",\"lower\":\"0\",\"upper\":"
    "\"120\","
    "\"nullable\":false},"
    "{\"name\":\"ward\",\"type\":\"category\",\"categories\":[\"A\",\"B\",\"C\",\"D\","
    "\"E\","
    "\"F\",\"G\",\"H\",\"I\",\"J\",\"K\",\"L\"],\"nullable\":false},"
    "{\"name\":\"cost\",\"type\":\"decimal\",\"decimals\":2,\"lower\":\"0\",\"upper\":"
    "\"100000\"},"
    "{\"name\":\"died\",\"type\":\"boolean\",\"nullable\":false}]}";

static const struct {
    const char *name, *plan, *sql;
    double aim_ms;
} questions[] = {
    {"count", "{\"measure\":{\"kind\":\"count\"},\"exact\":true}",
        "SELECT count(*) FROM t", 0},
    {"mean", "{\"measure\":{\"kind\":\"mean\",\"column\":\"age\"},\"exact\":true}",
        "SELECT avg(age) FROM t", 10},
    {"mean, nullable, 8 bytes",
        "{\"measure\":{\"kind\":\"mean\",\"column\":\"cost\"},\"exact\":true}",
        "SELECT avg(cost) FROM t", 10},
    {"count by ward",
        "{\"ops\":[{\"op\":\"group_by\",\"columns\":[\"ward\"]}],"
        "\"measure\":{\"kind\":\"count\"},\"exact\":true}",
        "SELECT ward, count(*) FROM t GROUP BY ward", 20},
    {"mean by ward",
        "{\"ops\":[{\"op\":\"group_by\",\"columns\":[\"ward\"]}],"
        "\"measure\":{\"kind\":\"mean\",\"column\":\"age\"},\"exact\":true}",
        "SELECT ward, avg(age) FROM t GROUP BY ward", 20},
    {"histogram, 6 bins",
        "{\"measure\":{\"kind\":\"histogram\",\"column\":\"age\",\"bins\":[\"0\","
        "\"20\","
        "\"40\",\"60\",\"80\",\"100\",\"120\"]},\"exact\":true}",
        "SELECT age / 20, count(*) FROM t GROUP BY age / 20", 20},
    {"expression, 7 operations",
        "{\"ops\":[{\"op\":\"where\",\"expr\":\"age >= 65 and ward ~= 'C' and "
        "cost + age * 2 > 5000\"}],\"measure\":{\"kind\":\"count\"},\"exact\":true}",
        "SELECT count(*) FROM t WHERE age >= 65 AND ward <> 2 AND cost + age * 200 > "
        "500000",
        25},
};

static double
now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static uint64_t
draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static void
must(enum err err, const struct diag *d)
{
    if (err == ERR_OK)
        return;
    fprintf(stderr, "bench_kernel: %s\n", d->text);
    exit(2);
}

static void
fill(struct diag *d, const struct schema *s, struct table *t)
{
    uint64_t state = 1;
    int64_t v[4];

    must(table_init(d, s, t), d);
    t->rows = ROWS;
    for (size_t c = 0; c < 4; c++)
        must(column_reserve(d, &t->columns[c], ROWS), d);
    for (size_t i = 0; i < ROWS; i++) {
        v[0] = (int64_t)(draw(&state) % 121);
        v[1] = (int64_t)(draw(&state) % 12);
        v[2] = (int64_t)(draw(&state) % 10000000);
        v[3] = (int64_t)(draw(&state) % 2);
        for (size_t c = 0; c < 4; c++)
            column_store(&t->columns[c], i, &v[c], 1);
        t->columns[2].valid[i] = draw(&state) % 16 != 0;
    }
}

static sqlite3 *
same_rows(const struct table *t)
{
    sqlite3 *db;
    sqlite3_stmt *q;

    sqlite3_open(":memory:", &db);
    sqlite3_exec(db, "CREATE TABLE t (age, ward, cost, died); BEGIN", NULL, NULL, NULL);
    sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?, ?, ?, ?)", -1, &q, NULL);
    for (size_t i = 0; i < t->rows; i++) {
        for (int c = 0; c < 4; c++) {
            const struct column *col = &t->columns[c];
            if (col->valid != NULL && col->valid[i] == 0)
                sqlite3_bind_null(q, c + 1);
            else
                sqlite3_bind_int64(q, c + 1, column_value(col, i));
        }
        sqlite3_step(q);
        sqlite3_reset(q);
    }
    sqlite3_finalize(q);
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    return db;
}

static double
time_question(const struct schema *s, const struct table *t, const char *plan)
{
    struct question_context c = {.schema = s,
        .lane = LANE_EXACT,
        .accounting = ACCOUNT_PURE,
        .rows_assumed = 1000};
    double best = 1e9;

    for (int i = 0; i < REPEAT; i++) {
        ARENA_SCOPE(a, (size_t)1 << 28);
        struct diag d = {0};
        struct question *q;
        BUF_SCOPE(answer);
        buf_init(&answer, 1 << 20);
        must(question_parse(&d, a, &c, str_of(plan), &q), &d);
        double start = now_ms();
        must(question_exact(&d, a, q, t, &answer), &d);
        double took = now_ms() - start;
        best = took < best ? took : best;
    }
    return best;
}

/* Once where that is long enough to be sure. */
static double
time_sqlite(sqlite3 *db, const char *sql)
{
    double best = 1e9;

    for (int i = 0; i < REPEAT && best > 2000 / (i + 1); i++) {
        double start = now_ms();
        sqlite3_exec(db, sql, NULL, NULL, NULL);
        double took = now_ms() - start;
        best = took < best ? took : best;
    }
    return best;
}

/* What adding up the same array costs at the very least. */
static double
time_bare_loop(const struct table *t)
{
    const int8_t *ages = t->columns[0].values;
    double best = 1e9;
    volatile int64_t sink;

    for (int k = 0; k < REPEAT; k++) {
        double start = now_ms();
        int64_t sum = 0;
        for (size_t i = 0; i < t->rows; i++)
            sum += ages[i];
        sink = sum;
        double took = now_ms() - start;
        best = took < best ? took : best;
    }
    (void)sink;
    return best;
}

static void
show_questions(const struct schema *s, const struct table *t, sqlite3 *db)
{
    printf("%-26s %9s %9s %9s %7s\n", "question", "ms", "aim", "sqlite3", "ratio");
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        double ours = time_question(s, t, questions[i].plan);
        double theirs = time_sqlite(db, questions[i].sql);
        printf("%-26s %9.1f %9.0f %9.0f %6.0fx\n", questions[i].name, ours,
            questions[i].aim_ms, theirs, theirs / ours);
    }
}

/* A fit's step looks at every row once. */
static void
show_fit(const struct schema *s, const struct table *t)
{
    char plan[256];

    snprintf(plan, sizeof plan,
        "{\"measure\":{\"kind\":\"fit\",\"model\":\"logistic\",\"target\":\"died\","
        "\"columns\":[\"age\",\"cost\"],\"steps\":%d},\"exact\":true}",
        FIT_STEPS);
    double ms = time_question(s, t, plan);
    printf("logistic fit of 2 columns and the intercept: %.1f M examples/s\n",
        (double)t->rows * FIT_STEPS / ms / 1e3);
}

/* Of one column, with the allocator's own word for it. */
static void
show_column(const char *name, const char *declared)
{
    ARENA_SCOPE(a, 1 << 20);
    char text[512];
    struct diag d = {0};
    struct schema s;
    struct table t;
    json_auto_t *doc = NULL;

    snprintf(text, sizeof text, "{\"columns\":[{\"name\":\"x\",%s}]}", declared);
    must(json_parse(&d, str_of(text), &doc), &d);
    must(schema_parse(&d, a, doc, &s), &d);
    must(table_init(&d, &s, &t), &d);
    struct mallinfo2 before = mallinfo2();
    must(column_reserve(&d, &t.columns[0], ROWS), &d);
    struct mallinfo2 after = mallinfo2();
    printf("%-40s %6.1f bytes a row\n", name,
        (double)(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) /
            (double)ROWS);
    table_release(&t);
}

static void
show_columns(void)
{
    show_column("boolean", "\"type\":\"boolean\",\"nullable\":false");
    show_column("the same, nullable", "\"type\":\"boolean\"");
    show_column("category of 12, nullable",
        "\"type\":\"category\",\"categories\":[\"A\",\"B\",\"C\",\"D\",\"E\",\"F\","
        "\"G\",\"H\",\"I\",\"J\",\"K\",\"L\"]");
    show_column("integer of 0 to 120, nullable",
        "\"type\":\"integer\",\"lower\":\"0\",\"upper\":\"120\"");
    show_column("decimal of 0.00 to 100000.00, nullable",
        "\"type\":\"decimal\",\"decimals\":2,\"lower\":\"0\",\"upper\":\"100000\"");
    show_column("integer without bounds, nullable", "\"type\":\"integer\"");
    show_column("date, nullable", "\"type\":\"date\"");
    show_column("text or id, nullable, and its texts once", "\"type\":\"text\"");
}

int
main(void)
{
    ARENA_SCOPE(a, 1 << 24);
    struct diag d = {0};
    struct schema s;
    struct table t;
    json_auto_t *doc = NULL;
    size_t bytes = 0;

    must(json_parse(&d, STR(schema_text_), &doc), &d);
    must(schema_parse(&d, a, doc, &s), &d);
    fill(&d, &s, &t);
    sqlite3 *db = same_rows(&t);
    for (size_t c = 0; c < 4; c++)
        bytes += (size_t)t.columns[c].width + (t.columns[c].valid != NULL);
    printf("%zu rows, %zu bytes a row; bare loop over age: %.1f ms\n", ROWS, bytes,
        time_bare_loop(&t));
    show_questions(&s, &t, db);
    sqlite3_close(db);
    show_fit(&s, &t);
    table_release(&t);
    show_columns();
    return 0;
}
