/* neighbours_test.c -- audit A6: random questions over random tables and the same tables
 * with one person taken out.
 *
 * Type, price and digest must be the same on both, and the exact vectors no further apart
 * than the declared sensitivity. The audit has teeth only if it comes close: for every
 * measure some pair must be further apart than half of what is declared. */
#include "tests/unit/sandbox/made_table.h"

#include "datasite/base/digest.h"
#include "sandbox/question.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define PAIRS      4000
#define PERSONS    7
#define ROWS_MAX_  6
#define MEASURES_N (sizeof measures / sizeof *measures)

static const char schema[] =
    "{\"unit\":{\"column\":\"who\",\"max_rows\":3},\"columns\":["
    "{\"name\":\"who\",\"type\":\"id\"},"
    "{\"name\":\"a\",\"type\":\"integer\",\"lower\":\"-5\",\"upper\":\"9\"},"
    "{\"name\":\"x\",\"type\":\"decimal\",\"decimals\":1,\"lower\":\"0\",\"upper\":"
    "\"4\"},"
    "{\"name\":\"w\",\"type\":\"category\",\"categories\":[\"A\",\"B\",\"C\"]},"
    "{\"name\":\"b\",\"type\":\"boolean\"},"
    "{\"name\":\"t\",\"type\":\"text\"},"
    "{\"name\":\"n\",\"type\":\"integer\"}]}";

static const char *const operations[] = {
    "{\"op\":\"where\",\"expr\":\"a >= 0\"}",
    "{\"op\":\"where\",\"expr\":\"w ~= 'C' and b\"}",
    "{\"op\":\"where\",\"expr\":\"t == 'p' or x > 1\"}",
    "{\"op\":\"where\",\"expr\":\"n == nil or n % 3 == 1\"}",
    "{\"op\":\"where\",\"expr\":\"a / n > 0.5\"}",
    "{\"op\":\"clip\",\"column\":\"a\",\"lower\":\"-9\",\"upper\":\"3\"}",
    "{\"op\":\"clip\",\"column\":\"x\",\"lower\":\"1\",\"upper\":\"20\"}",
    "{\"op\":\"clip\",\"column\":\"n\",\"lower\":\"-3\",\"upper\":\"3\"}",
    "{\"op\":\"derive\",\"name\":\"a\",\"expr\":\"a * 2 - x\"}",
    "{\"op\":\"derive\",\"name\":\"x\",\"expr\":\"n / "
    "a\",\"decimals\":2,\"lower\":\"-1\","
    "\"upper\":\"7\"}",
    "{\"op\":\"derive\",\"name\":\"z\",\"expr\":\"a > x\"}",
    "{\"op\":\"truncate\",\"rows\":\"1\"}",
    "{\"op\":\"truncate\",\"rows\":\"2\"}",
    "{\"op\":\"truncate\",\"groups\":\"1\",\"by\":[\"w\"]}",
    "{\"op\":\"truncate\",\"groups\":\"2\",\"by\":[\"w\"]}",
    "{\"op\":\"truncate\",\"rows\":\"2\",\"groups\":\"1\",\"by\":[\"b\",\"t\"]}",
    "{\"op\":\"select\",\"columns\":[\"a\",\"x\",\"w\",\"b\",\"t\",\"n\"]}",
    "{\"op\":\"partition\",\"column\":\"t\",\"keys\":[\"p\",\"q\"],\"part\":\"p\"}",
    "{\"op\":\"join_public\",\"key\":\"w\",\"table\":{\"columns\":[\"w\",\"n\"],"
    "\"rows\":[[\"A\",\"2\"],[\"B\",\"5\"]]}}",
    "{\"op\":\"join_public\",\"key\":\"t\",\"table\":{\"columns\":[\"t\",\"n\"],"
    "\"rows\":[[\"p\",\"2\"],[\"p\",\"-1\"],[\"q\",\"1\"]]}}",
};

static const char *const groupings[] = {
    "",
    "",
    "{\"op\":\"group_by\",\"columns\":[\"w\"]}",
    "{\"op\":\"group_by\",\"columns\":[\"w\",\"b\"]}",
    "{\"op\":\"group_by\",\"columns\":[\"t\"],\"keys\":[[\"p\"],[\"q\"],[\"none\"]]}",
    "{\"op\":\"group_by\",\"columns\":[\"n\",\"w\"],\"keys\":[[1,\"A\"],[2,\"A\"],[1,"
    "\"C\"]]}",
};

static const char *const measures[] = {
    "{\"kind\":\"count\"}",
    "{\"kind\":\"count_units\"}",
    "{\"kind\":\"sum\",\"column\":\"a\"}",
    "{\"kind\":\"sum\",\"column\":\"b\"}",
    "{\"kind\":\"mean\",\"column\":\"a\"}",
    "{\"kind\":\"mean\",\"column\":\"x\"}",
    "{\"kind\":\"histogram\",\"column\":\"a\",\"bins\":[\"-5\",\"0\",\"3\",\"9\"]}",
    "{\"kind\":\"histogram\",\"column\":\"w\"}",
    "{\"kind\":\"quantile\",\"column\":\"a\",\"quantiles\":[\"0.5\",\"0.9\"],"
    "\"candidates\":[\"-6\",\"9\",\"3\"]}",
    "{\"kind\":\"variance\",\"column\":\"a\"}",
    "{\"kind\":\"covariance\",\"columns\":[\"a\",\"x\"]}",
    "{\"kind\":\"covariance\",\"columns\":[\"a\",\"x\",\"b\"]}",
    "{\"kind\":\"most_common\",\"column\":\"w\",\"k\":\"2\"}",
    "{\"kind\":\"above_threshold\",\"queries\":[\"a > 3\",\"t == 'p'\"],"
    "\"threshold\":\"4\"}",
    "{\"kind\":\"bounds\",\"column\":\"n\"}",
    "{\"kind\":\"fit\",\"model\":\"linear\",\"target\":\"a\",\"columns\":[\"x\"]}",
    "{\"kind\":\"fit\",\"model\":\"logistic\",\"target\":\"b\",\"columns\":[\"x\","
    "\"a\"],\"steps\":\"2\"}",
    "{\"kind\":\"fit\",\"model\":\"logistic\",\"target\":\"b\",\"columns\":[\"x\","
    "\"a\"],\"intercept\":false,\"clip\":\"0.2\"}",
};

static const char *const prices[] = {
    "{\"epsilon\":\"0.5\"}", "{\"rho\":\"0.01\"}", "{\"error\":\"30\"}"};

static uint64_t state = 20260101;

static uint64_t
below(uint64_t n)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % n;
}

static void
add_person(struct buf *with, struct buf *without, int person, bool leaves)
{
    uint64_t rows = 1 + below(ROWS_MAX_);

    for (uint64_t i = 0; i < rows; i++) {
        char row[128], a[16] = "", n[16] = "";
        if (below(8) != 0)
            snprintf(a, sizeof a, "%d", (int)below(30) - 15);
        if (below(8) != 0)
            snprintf(n, sizeof n, "%d", (int)below(8) - 3);
        snprintf(row, sizeof row, "p%d,%s,%d.%d,%s,%s,%s,%s\n", person, a,
            (int)below(6), (int)below(10),
            below(9) != 0 ? (const char *[]){"A", "B", "C"}[below(3)] : "",
            below(9) != 0 ? (const char *[]){"true", "false"}[below(2)] : "",
            (const char *[]){"p", "q", "r", ""}[below(4)], n);
        buf_addz(with, row);
        if (!leaves)
            buf_addz(without, row);
    }
}

static void
make_pair(struct made_table *with, struct made_table *without)
{
    uint64_t leaves = below(PERSONS);
    BUF_SCOPE(a);
    BUF_SCOPE(b);

    buf_init(&a, 1 << 16);
    buf_init(&b, 1 << 16);
    buf_addz(&a, "who,a,x,w,b,t,n\n");
    buf_addz(&b, "who,a,x,w,b,t,n\n");
    for (int i = 0; i < PERSONS; i++)
        add_person(&a, &b, i, i == (int)leaves);
    cr_assert_eq(made_table(with, schema, a.ptr), ERR_OK, "%s", with->diag.text);
    cr_assert_eq(made_table(without, schema, b.ptr), ERR_OK, "%s", without->diag.text);
}

static const char *
make_plan(struct arena *arena, size_t *measure)
{
    size_t ops_n = below(4);
    const char *grouping = groupings[below(sizeof groupings / sizeof *groupings)];
    BUF_SCOPE(b);

    buf_init(&b, 1 << 14);
    buf_addz(&b, "{\"ops\":[");
    for (size_t i = 0; i < ops_n; i++)
        buf_addf(&b, "%s%s", i > 0 ? "," : "",
            operations[below(sizeof operations / sizeof *operations)]);
    if (*grouping != '\0')
        buf_addf(&b, "%s%s", ops_n > 0 ? "," : "", grouping);
    *measure = below(MEASURES_N);
    buf_addf(&b, "],\"measure\":%s,\"price\":%s}", measures[*measure],
        prices[below(sizeof prices / sizeof *prices)]);
    return arena_strn(arena, b.ptr, b.len);
}

static enum err
parse(struct made_table *m, const char *plan, struct question **out, struct diag *d)
{
    struct question_context c = {.schema = &m->schema,
        .lane = LANE_DP,
        .accounting = ACCOUNT_ZCDP,
        .rows_assumed = 20};

    *d = (struct diag){0};
    return question_parse(d, m->arena, &c, str_of(plan), out);
}

struct distance {
    unsigned __int128 l1, l2sq, linf;
};

static struct distance
distance_between(const __int128 *a, const __int128 *b, size_t n)
{
    struct distance out = {0};

    for (size_t i = 0; i < n; i++) {
        __int128 diff = a[i] > b[i] ? a[i] - b[i] : b[i] - a[i];
        out.l1 += (unsigned __int128)diff;
        out.l2sq += (unsigned __int128)(diff * diff);
        if ((unsigned __int128)diff > out.linf)
            out.linf = (unsigned __int128)diff;
    }
    return out;
}

/* How much of the declared distance is used, in hundredths; -1: the plan is refused. */
static int
compare(struct made_table *with, struct made_table *without, const char *plan)
{
    struct question *a, *b;
    struct diag da, db;
    __int128 *va, *vb;
    enum err err = parse(with, plan, &a, &da);

    cr_assert_eq(parse(without, plan, &b, &db), err, "%s", plan);
    cr_assert_str_eq(da.text, db.text, "%s", plan);
    if (err != ERR_OK)
        return -1;
    cr_assert(digest_eq(question_digest(a), question_digest(b)));
    cr_assert_eq(question_price(a).rho_nano, question_price(b).rho_nano, "%s", plan);
    cr_assert_eq(question_price(a).eps_nano, question_price(b).eps_nano, "%s", plan);
    cr_assert_str_eq(question_error95(a), question_error95(b), "%s", plan);
    cr_assert_eq(question_width(a), question_width(b), "%s", plan);
    cr_assert_eq(question_vector(&da, with->arena, a, &with->table, &va), ERR_OK);
    cr_assert_eq(question_vector(&db, without->arena, b, &without->table, &vb), ERR_OK);
    struct distance far = distance_between(va, vb, question_width(a));
    struct sensitivity s = question_sensitivity(a);
    cr_assert(far.l1 <= s.l1, "L1 of %s", plan);
    cr_assert(far.l2sq <= s.l2sq, "L2 of %s", plan);
    cr_assert(far.linf <= s.linf, "Linf of %s", plan);
    return (int)(far.linf * 100 / s.linf);
}

Test(neighbours, are_no_further_apart_than_declared)
{
    int closest[MEASURES_N] = {0}, refused = 0;

    for (int i = 0; i < PAIRS; i++) {
        struct made_table with, without;
        size_t measure;
        make_pair(&with, &without);
        const char *plan = make_plan(with.arena, &measure);
        int used = compare(&with, &without, plan);
        refused += used < 0;
        if (used > closest[measure])
            closest[measure] = used;
        made_table_release(&with);
        made_table_release(&without);
    }
    cr_expect_lt(refused, PAIRS / 3, "%d plans were refused", refused);
    for (size_t k = 0; k < MEASURES_N; k++)
        cr_expect_gt(
            closest[k], 50, "%s comes within %d %% only", measures[k], closest[k]);
}
