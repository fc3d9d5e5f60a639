/* measure_test.c -- sums and counts by group and bin against plain loops, for ranges of
 * values that are counted, packed and added up in different ways. */
#include "tests/unit/sandbox/made_table.h"

#include "datasite/base/check.h"
#include "datasite/base/json.h"
#include "sandbox/engine/measure.h"
#include "sandbox/engine/stability.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#define ROWS   40000
#define GROUPS 3
#define BINS   5

/* The range of x, and how wide the bins over it are. */
static const struct range {
    int64_t lower, upper, edge, width;
} ranges[] = {
    {0, 120, 10, 20},               /* by value */
    {-30, 30, -50, 22},             /* bins begin and end outside */
    {-1000, 100000, 0, 7},          /* too many values: by bin */
    {0, INT64_C(1) << 32, 0, 1000}, /* packed parts have to be moved */
    {INT64_MIN / 4, INT64_MAX / 4, -1000, 500},
};

struct truth {
    int64_t x[ROWS];
    bool is_null[ROWS];
    int group[ROWS];
};

static struct truth *
draw_rows(const struct range *range)
{
    static struct truth t;
    uint64_t state = 3;

    for (size_t i = 0; i < ROWS; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t span = (uint64_t)range->upper - (uint64_t)range->lower + 1;
        t.x[i] = (int64_t)((uint64_t)range->lower + (state >> 2) % span);
        if (i % 3 == 0) /* and some that are sure to be near the edges */
            t.x[i] = range->edge + (int64_t)(state >> 40) % (range->width * BINS + 1);
        t.x[i] = t.x[i] < range->lower ? range->lower : t.x[i];
        t.x[i] = t.x[i] > range->upper ? range->upper : t.x[i];
        t.is_null[i] = (state >> 50) % 9 == 0;
        t.group[i] = (int)((state >> 33) % GROUPS);
    }
    return &t;
}

static void
make_rows(struct made_table *m, const struct range *range, const struct truth *t)
{
    char schema[512];
    BUF_SCOPE(csv);

    snprintf(schema, sizeof schema,
        "{\"columns\":[{\"name\":\"x\",\"type\":\"integer\",\"lower\":\"%" PRId64 "\","
        "\"upper\":\"%" PRId64 "\"},{\"name\":\"g\",\"type\":\"category\","
        "\"categories\":[\"a\",\"b\",\"c\"]}]}",
        range->lower, range->upper);
    buf_init(&csv, 4 << 20);
    buf_addz(&csv, "x,g\n");
    for (size_t i = 0; i < ROWS; i++) {
        if (!t->is_null[i])
            buf_addf(&csv, "%" PRId64, t->x[i]);
        buf_addf(&csv, ",%c\n", 'a' + t->group[i]);
    }
    cr_assert_eq(made_table(m, schema, csv.ptr), ERR_OK, "%s", m->diag.text);
}

/* The exact vector of rows grouped by g; its length is checked by the caller's wants. */
static const __int128 *
vector_of(struct made_table *m, const char *measure, const struct plan **out)
{
    struct question_context c = {.schema = &m->schema, .lane = LANE_EXACT};
    json_auto_t *doc = NULL;
    struct plan *p;
    json_t *price;
    __int128 *vector;

    const char *text = arena_strf(m->arena,
        "{\"ops\":[{\"op\":\"group_by\",\"columns\":[\"g\"]}],"
        "\"measure\":%s,\"exact\":true}",
        measure);
    cr_assert_eq(json_parse(&m->diag, str_of(text), &doc), ERR_OK);
    cr_assert_eq(plan_parse(&m->diag, m->arena, &c, doc, &p, &price), ERR_OK, "%s",
        m->diag.text);
    vector = arena_array(m->arena, sizeof *vector, GROUPS * measure_width(p));
    cr_assert_eq(measure_vector(&m->diag, m->arena, p, &m->table, vector), ERR_OK);
    *out = p;
    return vector;
}

static void
check_means(struct made_table *m, const struct range *range, const struct truth *t)
{
    __int128 sums[GROUPS] = {0}, counts[GROUPS] = {0};
    const struct plan *p;
    const __int128 *got = vector_of(m, "{\"kind\":\"mean\",\"column\":\"x\"}", &p);

    for (size_t i = 0; i < ROWS; i++) {
        sums[t->group[i]] += t->is_null[i] ? 0 : t->x[i];
        counts[t->group[i]] += !t->is_null[i];
    }
    for (size_t k = 0; k < GROUPS; k++) {
        __int128 middle = (__int128)range->lower + range->upper;
        cr_expect(got[2 * k] == 2 * sums[k] - middle * counts[k]);
        cr_expect(got[2 * k + 1] == mean_weight(p) * counts[k]);
    }
}

static void
check_bins(struct made_table *m, const struct range *range, const struct truth *t)
{
    int64_t want[GROUPS][BINS] = {0}, last = range->edge + range->width * BINS;
    char measure[512];
    const struct plan *p;
    const __int128 *got;

    for (size_t i = 0; i < ROWS; i++) {
        int64_t at =
            t->x[i] == last ? BINS - 1 : (t->x[i] - range->edge) / range->width;
        if (!t->is_null[i] && t->x[i] >= range->edge && t->x[i] <= last)
            want[t->group[i]][at]++;
    }
    snprintf(measure, sizeof measure,
        "{\"kind\":\"histogram\",\"column\":\"x\",\"bins\":[\"%" PRId64 "\",\"%" PRId64
        "\",\"%" PRId64 "\",\"%" PRId64 "\",\"%" PRId64 "\",\"%" PRId64 "\"]}",
        range->edge, range->edge + range->width, range->edge + 2 * range->width,
        range->edge + 3 * range->width, range->edge + 4 * range->width, last);
    got = vector_of(m, measure, &p);
    for (size_t i = 0; i < GROUPS * BINS; i++)
        cr_expect(got[i] == want[i / BINS][i % BINS], "group %zu, bin %zu: %lld",
            i / BINS, i % BINS, (long long)want[i / BINS][i % BINS]);
}

Test(measure, every_range_of_values_adds_up)
{
    for (size_t i = 0; i < ARRAY_N(ranges); i++) {
        const struct truth *t = draw_rows(&ranges[i]);
        struct made_table m;
        make_rows(&m, &ranges[i], t);
        check_bins(&m, &ranges[i], t);
        if (ranges[i].upper - ranges[i].lower <= MEAN_RANGE_MAX)
            check_means(&m, &ranges[i], t);
        made_table_release(&m);
    }
}

/* A question that asks for all that 60 truncations would take if each had its own memory.
 * Were there not enough of it for many rows, a refusal would tell how many there are. */
Test(measure, needs_no_more_memory_for_more_truncations)
{
    const size_t rows = 30000, memory = rows * 16 + ((size_t)1 << 20);
    struct made_table m;
    struct question *q;
    struct diag d = {0};
    __int128 *out;
    ARENA_SCOPE(scratch, memory);
    BUF_SCOPE(csv);
    BUF_SCOPE(plan);

    buf_init(&csv, 1 << 20);
    buf_init(&plan, 1 << 14);
    buf_addz(&csv, "who,w\n");
    for (size_t i = 0; i < rows; i++)
        buf_addf(&csv, "%zu,%c\n", i / 3, 'A' + (char)(i % 2));
    buf_addz(&plan, "{\"ops\":[");
    for (int i = 0; i < 60; i++)
        buf_addf(&plan,
            "%s{\"op\":\"truncate\",\"rows\":\"2\",\"groups\":\"1\",\"by\":[\"w\"]}",
            i > 0 ? "," : "");
    buf_addz(
        &plan, "],\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\"}}");
    cr_assert_eq(made_table(&m,
                     "{\"unit\":{\"column\":\"who\",\"max_rows\":3},\"columns\":["
                     "{\"name\":\"who\",\"type\":\"id\"},{\"name\":\"w\",\"type\":"
                     "\"category\",\"categories\":[\"A\",\"B\"]}]}",
                     csv.ptr),
        ERR_OK, "%s", m.diag.text);
    struct question_context c = {.schema = &m.schema, .lane = LANE_DP};
    cr_assert_eq(
        question_parse(&d, m.arena, &c, buf_str(&plan), &q), ERR_OK, "%s", d.text);
    cr_assert_eq(question_vector(&d, scratch, q, &m.table, &out), ERR_OK, "%s", d.text);
    cr_expect_leq((int64_t)out[0], (int64_t)rows / 3 * 2);
    cr_expect_geq((int64_t)out[0], (int64_t)rows / 3);
    made_table_release(&m);
}
