/* width_test.c -- an answer's error95 holds the truth as often as it says, by simulation.
 *
 * Draws are seeded: a width that is too small fails every time, and nothing else does. */
#include "tests/unit/sandbox/made_table.h"

#include "datasite/base/check.h"
#include "datasite/base/json.h"
#include "policies/rng.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define DRAWS    2000
#define INSIDE   (DRAWS * 95 / 100 - 40) /* less four deviations */
#define ROWS     400
#define DECIMALS 12

static const char schema[] =
    "{\"unit\":{\"column\":\"who\",\"max_rows\":2},\"columns\":["
    "{\"name\":\"who\",\"type\":\"id\"},"
    "{\"name\":\"w\",\"type\":\"category\",\"categories\":[\"A\",\"B\"]},"
    "{\"name\":\"x\",\"type\":\"integer\",\"lower\":\"-20\",\"upper\":\"30\"},"
    "{\"name\":\"y\",\"type\":\"decimal\",\"decimals\":1,\"lower\":\"0\",\"upper\":"
    "\"4\"}]}";

static struct made_table m;

static void
open_table(void)
{
    BUF_SCOPE(csv);

    buf_init(&csv, 1 << 16);
    buf_addz(&csv, "who,w,x,y\n");
    for (int i = 0; i < ROWS; i++)
        buf_addf(&csv, "p%d,%s,%d,%d.%d\n", i / 2, i % 3 == 0 ? "A" : "B",
            i * 37 % 61 - 25, i * 11 % 4, i % 10);
    cr_assert_eq(made_table(&m, schema, csv.ptr), ERR_OK, "%s", m.diag.text);
}

static void
close_table(void)
{
    made_table_release(&m);
}

TestSuite(width, .init = open_table, .fini = close_table);

static struct question *
parse(const char *ops, const char *measure, const char *end)
{
    struct question_context c = {.schema = &m.schema,
        .lane = LANE_EXACT,
        .accounting = ACCOUNT_ZCDP,
        .rows_assumed = ROWS};
    struct diag d = {0};
    struct question *q;
    const char *plan =
        arena_strf(m.arena, "{\"ops\":[%s],\"measure\":%s,%s}", ops, measure, end);

    cr_assert_eq(question_parse(&d, m.arena, &c, str_of(plan), &q), ERR_OK, "%s: %s",
        plan, d.text);
    return q;
}

/* A number of the answer and its error, both with DECIMALS places. */
struct told {
    __int128 value;
    int64_t error;
};

/* The only value, or the last of a list or a matrix. */
static const json_t *
last_value(const json_t *answer)
{
    const json_t *v = json_object_get(answer, "values");

    while (json_is_array(v))
        v = json_array_get(v, json_array_size(v) - 1);
    return v != NULL ? v : json_object_get(answer, "value");
}

static struct told
take(const struct question *q, struct rng *r)
{
    json_auto_t *o = NULL;
    struct diag d = {0};
    struct told out;
    BUF_SCOPE(b);

    buf_init(&b, 1 << 20);
    enum err err = r != NULL ? question_answer(&d, m.arena, q, &m.table, r, &b)
                             : question_exact(&d, m.arena, q, &m.table, &b);
    cr_assert_eq(err, ERR_OK, "%s", d.text);
    cr_assert_eq(json_parse(&d, buf_str(&b), &o), ERR_OK, "%s", b.ptr);
    int decimals = (int)json_integer_value(json_object_get(o, "decimals"));
    out.value =
        (__int128)json_integer_value(last_value(o)) * power_of_ten(DECIMALS - decimals);
    cr_assert(str_fixed(str_of(json_string_value(json_object_get(o, "error95"))),
                  DECIMALS, &out.error),
        "%s", b.ptr);
    return out;
}

/* How often the truth lies within. */
static int
inside(const char *ops, const char *measure, const char *price)
{
    const char *end = arena_strf(m.arena, "\"price\":{%s}", price);
    const struct question *q = parse(ops, measure, end);
    struct told truth = take(parse(ops, measure, "\"exact\":true"), NULL);
    int n = 0;

    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        struct rng *r = rng_seeded(seed);
        struct told t = take(q, r);
        __int128 off =
            t.value > truth.value ? t.value - truth.value : truth.value - t.value;
        n += off <= t.error;
        rng_free(r);
    }
    return n;
}

#define BY_WARD "{\"op\":\"group_by\",\"columns\":[\"w\"]}"

Test(width, holds_the_truth_as_often_as_it_says)
{
    static const struct {
        const char *ops, *measure;
    } cases[] = {
        {"", "{\"kind\":\"count\"}"},
        {"", "{\"kind\":\"count_units\"}"},
        {"", "{\"kind\":\"sum\",\"column\":\"x\"}"},
        {"", "{\"kind\":\"mean\",\"column\":\"x\"}"},
        {BY_WARD, "{\"kind\":\"mean\",\"column\":\"y\"}"},
        {"{\"op\":\"where\",\"expr\":\"x > 28\"}",
            "{\"kind\":\"mean\",\"column\":\"x\"}"},
        {"", "{\"kind\":\"variance\",\"column\":\"y\"}"},
        {"", "{\"kind\":\"covariance\",\"columns\":[\"x\",\"y\"]}"},
        {"{\"op\":\"derive\",\"name\":\"z\",\"expr\":\"x * "
         "y\",\"lower\":\"0\",\"upper\":\"50\"}",
            "{\"kind\":\"covariance\",\"columns\":[\"y\",\"x\",\"z\"]}"},
        {BY_WARD, "{\"kind\":\"histogram\",\"column\":\"w\"}"},
        {"",
            "{\"kind\":\"histogram\",\"column\":\"x\",\"bins\":[\"-20\",\"0\",\"30\"]"
            "}"},
    };
    static const char *const prices[] = {
        "\"epsilon\":\"0.5\"", "\"rho\":\"0.02\"", "\"epsilon\":\"8\""};

    for (size_t i = 0; i < ARRAY_N(cases); i++)
        for (size_t k = 0; k < ARRAY_N(prices); k++) {
            int n = inside(cases[i].ops, cases[i].measure, prices[k]);
            cr_expect_geq(n, INSIDE, "%s %s for %s: %d of %d", cases[i].ops,
                cases[i].measure, prices[k], n, DRAWS);
        }
}

#define CANDIDATES 11 /* -20, -15, … 30 */

/* By how many rows the rank of a candidate is off, for the quantile at a quarter; times
 * four. */
static int64_t
rank_off(int64_t candidate)
{
    int64_t below = 0, above = 0;

    for (size_t i = 0; i < m.table.rows; i++) {
        int64_t x = column_value(&m.table.columns[2], i);
        below += x < candidate;
        above += x > candidate;
    }
    return llabs(3 * below - above);
}

/* Of a choice the width is in rows: how much further off it may be than the best one. */
Test(width, of_a_quantile_is_in_rows)
{
    static const char measure[] =
        "{\"kind\":\"quantile\",\"column\":\"x\",\"quantiles\":[\"0.25\"],"
        "\"candidates\":[\"-20\",\"30\",\"5\"]}";
    static const char *const prices[] = {
        "\"price\":{\"epsilon\":\"0.2\"}", "\"price\":{\"rho\":\"0.01\"}"};
    int64_t off[CANDIDATES], best = INT64_MAX;

    for (int64_t i = 0; i < CANDIDATES; i++) {
        off[i] = rank_off(i * 5 - 20);
        best = off[i] < best ? off[i] : best;
    }
    for (size_t k = 0; k < ARRAY_N(prices); k++) {
        const struct question *q = parse("", measure, prices[k]);
        int n = 0;
        for (uint64_t seed = 0; seed < DRAWS; seed++) {
            struct rng *r = rng_seeded(seed);
            struct told t = take(q, r);
            int64_t at = ((int64_t)(t.value / power_of_ten(DECIMALS)) + 20) / 5;
            __int128 worse = (__int128)(off[at] - best) * power_of_ten(DECIMALS);
            n += worse <= 4 * (__int128)t.error;
            rng_free(r);
        }
        cr_expect_geq(n, INSIDE, "%s: %d of %d", prices[k], n, DRAWS);
    }
}
