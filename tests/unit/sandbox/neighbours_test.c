/* neighbours_test.c -- audit A6: questions over random tables and the same tables with one
 * person taken out. Every composition of three operations is asked, with random groupings
 * and measures, and random shorter ones.
 *
 * What is told before data are read must be the same on both, and the exact vectors no
 * further apart than the declared sensitivity. (Casacuberta et al. 2022: in most libraries
 * sums that wrap, round or depend on the order of rows were.) The audit has teeth only if it comes close:
 * for every measure some pair must be further apart than half of what is declared. */
#include "tests/unit/sandbox/made_table.h"

#include "datasite/base/digest.h"
#include "datasite/base/json.h"
#include "sandbox/engine/question.h"
#include "sandbox/wire/rowport.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define PAIRS        3000 /* of random questions, and of unknown keys */
#define PLANS_A_PAIR 3    /* of all compositions */
#define VARIANTS     6    /* of each composition */
#define PERSONS      7
#define ROWS_MAX_    6
#define OPERATIONS_N (sizeof operations / sizeof *operations)
#define KINDS_N      (sizeof kinds / sizeof *kinds)
#define GROUPINGS_N  (sizeof groupings / sizeof *groupings)
#define MEASURES_N   (sizeof measures / sizeof *measures)

/* Persons have a name, or a number of which some lie beyond the column's bounds. */
#define SCHEMA(WHO)                                                                  \
    "{\"unit\":{\"column\":\"who\",\"max_rows\":3},\"columns\":["                    \
    "{\"name\":\"who\",\"type\":" WHO "},"                                           \
    "{\"name\":\"a\",\"type\":\"integer\",\"lower\":\"-5\",\"upper\":\"9\"},"        \
    "{\"name\":\"x\",\"type\":\"decimal\",\"decimals\":1,\"lower\":\"0\",\"upper\":" \
    "\"4\"},"                                                                        \
    "{\"name\":\"w\",\"type\":\"category\",\"categories\":[\"A\",\"B\",\"C\"]},"     \
    "{\"name\":\"b\",\"type\":\"boolean\"},"                                         \
    "{\"name\":\"t\",\"type\":\"text\"},"                                            \
    "{\"name\":\"n\",\"type\":\"integer\"}]}"

static const char *const schemas[] = {
    SCHEMA("\"id\""), SCHEMA("\"integer\",\"lower\":\"0\",\"upper\":\"3\"")};

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
    "{\"op\":\"truncate\",\"groups\":\"1\",\"by\":[\"a\"]}",
    "{\"op\":\"select\",\"columns\":[\"a\",\"x\",\"w\",\"b\",\"t\",\"n\"]}",
    "{\"op\":\"partition\",\"column\":\"t\",\"keys\":[\"p\",\"q\"],\"part\":\"p\"}",
    "{\"op\":\"partition\",\"column\":\"n\",\"keys\":[2,-1,5],\"part\":2}",
    "{\"op\":\"join_public\",\"key\":\"w\",\"table\":{\"columns\":[\"w\",\"n\"],"
    "\"rows\":[[\"A\",\"2\"],[\"B\",\"5\"]]}}",
    "{\"op\":\"join_public\",\"key\":\"t\",\"table\":{\"columns\":[\"t\",\"n\"],"
    "\"rows\":[[\"p\",\"2\"],[\"p\",\"-1\"],[\"q\",\"1\"]]}}",
    "{\"op\":\"join_public\",\"key\":\"n\",\"table\":{\"columns\":[\"n\",\"x\"],"
    "\"rows\":[[\"1\",\"0.5\"],[\"2\",\"8\"],[\"1\",\"-3\"]]}}",
    "{\"op\":\"map\",\"name\":\"a\",\"spec\":{\"decimals\":1,\"lower\":\"-4\","
    "\"upper\":"
    "\"6.5\",\"default\":\"1\"},\"source\":\"row.a + row.x\"}",
};

static const char *const groupings[] = {
    "",
    "",
    "{\"op\":\"group_by\",\"columns\":[\"w\"]}",
    "{\"op\":\"group_by\",\"columns\":[\"w\",\"b\"]}",
    "{\"op\":\"group_by\",\"columns\":[\"t\"],\"keys\":[[\"p\"],[\"q\"],[\"none\"]]}",
    "{\"op\":\"group_by\",\"columns\":[\"a\"],\"keys\":[[3],[-5],[0],[1]]}",
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
    "{\"kind\":\"quantile\",\"column\":\"x\",\"quantiles\":[\"0.1\"],"
    "\"candidates\":[\"0\",\"4\",\"0.5\"]}",
    "{\"kind\":\"variance\",\"column\":\"a\"}",
    "{\"kind\":\"covariance\",\"columns\":[\"a\",\"x\"]}",
    "{\"kind\":\"covariance\",\"columns\":[\"a\",\"x\",\"b\"]}",
    "{\"kind\":\"most_common\",\"column\":\"w\",\"k\":\"2\"}",
    "{\"kind\":\"above_threshold\",\"queries\":[\"a > 3\",\"t == 'p'\"],"
    "\"threshold\":\"4\"}",
    "{\"kind\":\"bounds\",\"column\":\"n\"}",
    "{\"kind\":\"fit\",\"model\":\"linear\",\"target\":\"a\",\"columns\":[\"x\"]}",
    "{\"kind\":\"fit\",\"model\":\"linear\",\"target\":\"x\",\"columns\":[\"a\",\"b\"],"
    "\"intercept\":false}",
    "{\"kind\":\"fit\",\"model\":\"logistic\",\"target\":\"b\",\"columns\":[\"x\","
    "\"a\"],\"steps\":\"2\"}",
    "{\"kind\":\"fit\",\"model\":\"logistic\",\"target\":\"b\",\"columns\":[\"x\","
    "\"a\"],\"intercept\":false,\"clip\":\"0.2\"}",
    "{\"kind\":\"sample_aggregate\",\"blocks\":\"4\",\"lower\":\"-1\",\"upper\":\"2\","
    "\"default\":\"2\",\"source\":\"row.a\"}",
};

static const char *const prices[] = {
    "{\"epsilon\":\"0.5\"}", "{\"rho\":\"0.01\"}", "{\"error\":\"30\"}"};

/* A port whose programs add up what they are fed. */
static int64_t
clamped(const struct row_program *p, int64_t v)
{
    return v < p->lower ? p->lower : v > p->upper ? p->upper : v;
}

static void
map_rows(
    void *self, const struct row_program *p, const struct row_batch *in, int64_t *out)
{
    (void)self;
    for (size_t i = 0; i < in->n; i++) {
        int64_t sum = 0;
        for (size_t k = 0; k < p->args_n; k++)
            sum += in->valid[k][i] ? in->values[k][i] : p->fallback;
        out[i] = clamped(p, sum);
    }
}

static void
open_block(void *self, const struct row_program *p)
{
    *(int64_t *)self = p->fallback;
}

static void
feed_block(void *self, const struct row_program *p, const struct row_batch *in)
{
    int64_t *sum = self;

    (void)p;
    for (size_t i = 0; i < in->n; i++)
        *sum += in->valid[0][i] ? in->values[0][i] * 1000000 : 0;
}

static int64_t
block_number(void *self, const struct row_program *p)
{
    return clamped(p, *(const int64_t *)self);
}

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
        snprintf(row, sizeof row, "%d,%s,%d.%d,%s,%s,%s,%s\n", person, a, (int)below(6),
            (int)below(10),
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
    const char *schema = schemas[below(2)];
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

/* Operations from their list, a grouping or "", a measure. */
static const char *
make_plan(struct arena *arena, const size_t *ops, size_t ops_n, const char *grouping,
    size_t measure)
{
    BUF_SCOPE(b);

    buf_init(&b, 1 << 14);
    buf_addz(&b, "{\"ops\":[");
    for (size_t i = 0; i < ops_n; i++)
        buf_addf(&b, "%s%s", i > 0 ? "," : "", operations[ops[i]]);
    if (*grouping != '\0')
        buf_addf(&b, "%s%s", ops_n > 0 ? "," : "", grouping);
    buf_addf(&b, "],\"measure\":%s,\"price\":%s}", measures[measure],
        prices[below(sizeof prices / sizeof *prices)]);
    return arena_strn(arena, b.ptr, b.len);
}

static enum err
parse(struct made_table *m, enum lane lane, const char *plan, struct question **out,
    struct diag *d)
{
    static int64_t sum;
    static const struct row_port port = {.self = &sum,
        .map = map_rows,
        .open = open_block,
        .feed = feed_block,
        .number = block_number};
    struct question_context c = {.schema = &m->schema,
        .lane = lane,
        .accounting = ACCOUNT_ZCDP,
        .rows_assumed = 20,
        .rows = &port};

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

static void
expect_within(struct distance far, struct sensitivity s, const char *plan)
{
    cr_assert(far.l1 <= s.l1, "L1 of %s", plan);
    cr_assert(far.l2sq <= s.l2sq, "L2 of %s", plan);
    cr_assert(far.linf <= s.linf, "Linf of %s", plan);
}

/* All that is told before data are read: price, error, mechanism, columns. */
static void
expect_same_words(const struct question *a, const struct question *b, const char *plan)
{
    struct diag d = {0};
    BUF_SCOPE(x);
    BUF_SCOPE(y);

    buf_init(&x, 1 << 16);
    buf_init(&y, 1 << 16);
    cr_assert_eq(question_explain(&d, a, &x), ERR_OK);
    cr_assert_eq(question_explain(&d, b, &y), ERR_OK);
    cr_assert_str_eq(x.ptr, y.ptr, "%s", plan);
    cr_assert(digest_eq(question_digest(a), question_digest(b)), "%s", plan);
    cr_assert_eq(question_width(a), question_width(b), "%s", plan);
}

/* How much of the declared distance is used, in hundredths; -1: the plan is refused. */
static int
compare(struct made_table *with, struct made_table *without, const char *plan)
{
    struct question *a, *b;
    struct diag da, db;
    __int128 *va, *vb;
    enum err err = parse(with, LANE_DP, plan, &a, &da);

    cr_assert_eq(parse(without, LANE_DP, plan, &b, &db), err, "%s", plan);
    cr_assert_str_eq(da.text, db.text, "%s", plan);
    if (err != ERR_OK)
        return -1;
    expect_same_words(a, b, plan);
    cr_assert_eq(question_vector(&da, with->arena, a, &with->table, &va), ERR_OK);
    cr_assert_eq(question_vector(&db, without->arena, b, &without->table, &vb), ERR_OK);
    struct distance far = distance_between(va, vb, question_width(a));
    struct sensitivity s = question_sensitivity(a);
    expect_within(far, s, plan);
    return (int)(far.linf * 100 / s.linf);
}

/* What an audit has seen of each measure. */
struct seen {
    int asked, refused, closest[MEASURES_N];
};

static void
ask_pair(struct made_table *with, struct made_table *without, const size_t *ops,
    size_t ops_n, struct seen *seen)
{
    size_t measure = below(MEASURES_N);
    const char *grouping = groupings[below(GROUPINGS_N)];
    int used =
        compare(with, without, make_plan(with->arena, ops, ops_n, grouping, measure));

    seen->asked++;
    seen->refused += used < 0;
    if (used > seen->closest[measure])
        seen->closest[measure] = used;
}

static void
expect_teeth(const struct seen *seen)
{
    cr_expect_lt(seen->refused, seen->asked / 3, "%d of %d plans were refused",
        seen->refused, seen->asked);
    for (size_t k = 0; k < MEASURES_N; k++)
        cr_expect_gt(seen->closest[k], 50, "%s comes within %d %% only", measures[k],
            seen->closest[k]);
}

Test(neighbours, are_no_further_apart_than_declared)
{
    struct seen seen = {0};

    for (int i = 0; i < PAIRS; i++) {
        struct made_table with, without;
        size_t ops[2] = {below(OPERATIONS_N), below(OPERATIONS_N)};
        make_pair(&with, &without);
        ask_pair(&with, &without, ops, below(3), &seen);
        made_table_release(&with);
        made_table_release(&without);
    }
    expect_teeth(&seen);
}

/* Where the variants of each operation stand in the list. */
static const struct {
    size_t first, n;
} kinds[] = {{0, 5}, {5, 3}, {8, 3}, {11, 6}, {17, 1}, {18, 2}, {20, 3}, {23, 1}};

static size_t
variant_of(size_t kind)
{
    return kinds[kind].first + below(kinds[kind].n);
}

/* No composition of three is left out, each in several variants. */
Test(neighbours, are_no_further_apart_after_any_three_operations)
{
    size_t n = KINDS_N * KINDS_N * KINDS_N * VARIANTS;
    struct seen seen = {0};

    cr_assert_eq(kinds[KINDS_N - 1].first + kinds[KINDS_N - 1].n, OPERATIONS_N);

    for (size_t i = 0; i < n;) {
        struct made_table with, without;
        make_pair(&with, &without);
        for (int k = 0; k < PLANS_A_PAIR && i < n; k++, i++) {
            const size_t ops[3] = {variant_of(i % KINDS_N),
                variant_of(i / KINDS_N % KINDS_N),
                variant_of(i / KINDS_N / KINDS_N % KINDS_N)};
            ask_pair(&with, &without, ops, 3, &seen);
        }
        made_table_release(&with);
        made_table_release(&without);
    }
    expect_teeth(&seen);
}

/* ---- keys that only the data know ---- */

static json_t *
keys_and_values(struct made_table *m, const char *plan)
{
    struct question *q;
    struct diag d;
    json_t *o = NULL;
    BUF_SCOPE(b);

    buf_init(&b, 1 << 16);
    cr_assert_eq(parse(m, LANE_EXACT, plan, &q, &d), ERR_OK, "%s: %s", plan, d.text);
    cr_assert_eq(question_exact(&d, m->arena, q, &m->table, &b), ERR_OK, "%s", d.text);
    cr_assert_eq(json_parse(&d, buf_str(&b), &o), ERR_OK);
    return o;
}

/* A value by its key; 0 where the data have no such key. */
static int64_t
value_at(const json_t *answer, const json_t *key, bool *there)
{
    const json_t *keys = json_object_get(answer, "keys");

    for (size_t i = 0; i < json_array_size(keys); i++)
        if (json_equal(json_array_get(keys, i), key)) {
            *there = true;
            return json_integer_value(
                json_array_get(json_object_get(answer, "values"), i));
        }
    *there = false;
    return 0;
}

/* Adds the keys of one that are not in the other, or all. Returns how many moved. */
static size_t
add_distance(const json_t *one, const json_t *other, bool missing, struct distance *far)
{
    const json_t *keys = json_object_get(one, "keys");
    size_t moved = 0;
    bool there;

    for (size_t i = 0; i < json_array_size(keys); i++) {
        const json_t *key = json_array_get(keys, i);
        int64_t mine = value_at(one, key, &there),
                theirs = value_at(other, key, &there);
        unsigned __int128 by =
            (unsigned __int128)(mine > theirs ? mine - theirs : theirs - mine);
        if (there && missing)
            continue;
        moved += !there || by > 0;
        far->l1 += by;
        far->l2sq += by * by;
        far->linf = by > far->linf ? by : far->linf;
    }
    return moved;
}

/* Truncations, but for their end, and the keys that one person's rows may then have. */
static const struct {
    const char *op;
    size_t keys;
} truncations[] = {
    {"\"rows\":\"3\"", 3},
    {"\"rows\":\"2\"", 2},
    {"\"groups\":\"1\",\"by\":[", 1},
};

/* How much of the declared L1 is used, in hundredths. */
static int
compare_unknown(struct made_table *with, struct made_table *without, size_t measure)
{
    static const char *const columns[] = {"\"t\"", "\"t\",\"w\"", "\"b\",\"t\""};
    struct arena *a = with->arena;
    const char *by = columns[below(3)];
    size_t less = below(3);
    bool by_key = truncations[less].keys == 1;
    const char *plan = arena_strf(a,
        "{\"ops\":[%s,{\"op\":\"truncate\",%s%s%s},{\"op\":\"group_by\",\"columns\":[%"
        "s]}"
        "],\"measure\":%s,",
        operations[below(11)], truncations[less].op, by_key ? by : "",
        by_key ? "]" : "", by, measures[measure]);
    const char *exact = arena_strf(a, "%s\"exact\":true}", plan);
    struct distance far = {0};
    struct question *q;
    struct diag d;

    plan = arena_strf(a, "%s\"price\":{\"epsilon\":\"1\",\"delta\":\"0.001\"}}", plan);
    cr_assert_eq(parse(with, LANE_DP, plan, &q, &d), ERR_OK, "%s: %s", plan, d.text);
    json_auto_t *mine = keys_and_values(with, exact);
    json_auto_t *theirs = keys_and_values(without, exact);
    size_t moved = add_distance(mine, theirs, false, &far);
    moved += add_distance(theirs, mine, true, &far);
    struct sensitivity s = question_sensitivity(q);
    expect_within(far, s, plan);
    cr_assert_leq(moved, truncations[less].keys, "%s", plan);
    return (int)(far.l1 * 100 / s.l1);
}

Test(neighbours, have_unknown_keys_no_further_apart_than_declared)
{
    int closest[3] = {0};

    for (int i = 0; i < PAIRS; i++) {
        struct made_table with, without;
        size_t measure = below(3);
        make_pair(&with, &without);
        int used = compare_unknown(&with, &without, measure);
        closest[measure] = used > closest[measure] ? used : closest[measure];
        made_table_release(&with);
        made_table_release(&without);
    }
    for (size_t k = 0; k < 3; k++)
        cr_expect_gt(
            closest[k], 50, "%s comes within %d %% only", measures[k], closest[k]);
}
