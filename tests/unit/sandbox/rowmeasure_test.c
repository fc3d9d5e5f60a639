/* rowmeasure_test.c -- one person is in one block, whoever else is in the table. */
#include "sandbox/engine/rowmeasure.h"

#include "tests/unit/sandbox/made_table.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define BLOCKS  8
#define PERSONS 60

/* A port whose program adds up what it is fed: a block says its sum. */
struct sums {
    int64_t at[BLOCKS];
    size_t n;
};

static enum err
compiles(void *self, struct diag *d, const struct row_program *p)
{
    (void)self, (void)d, (void)p;
    return ERR_OK;
}

static void
open_one(void *self, const struct row_program *p)
{
    struct sums *s = self;

    (void)p;
    cr_assert_lt(s->n, BLOCKS);
    s->at[s->n++] = 0;
}

static void
feed_one(void *self, const struct row_program *p, const struct row_batch *in)
{
    struct sums *s = self;

    cr_assert_eq(p->args_n, 1);
    for (size_t i = 0; i < in->n; i++)
        s->at[s->n - 1] += in->values[0][i];
}

static int64_t
say_one(void *self, const struct row_program *p)
{
    const struct sums *s = self;

    (void)p;
    return s->at[s->n - 1];
}

static struct sums
blocks_of(const char *schema, const char *csv, struct sensitivity *sensitivity)
{
    static const char plan[] =
        "{\"ops\":[],\"measure\":{\"kind\":\"sample_aggregate\",\"blocks\":\"8\","
        "\"lower\":\"0\",\"upper\":\"2.5\",\"default\":\"1\",\"source\":\"row.x\"},"
        "\"price\":{\"epsilon\":\"1\"}}";
    struct sums sums = {.n = 0};
    struct row_port port = {.self = &sums,
        .check = compiles,
        .open = open_one,
        .feed = feed_one,
        .number = say_one};
    struct made_table m;
    struct question *q;
    __int128 *vector;

    cr_assert_eq(made_table(&m, schema, csv), ERR_OK, "%s", m.diag.text);
    struct question_context c = {.schema = &m.schema, .lane = LANE_DP, .rows = &port};
    cr_assert_eq(question_parse(&m.diag, m.arena, &c, str_of(plan), &q), ERR_OK, "%s",
        m.diag.text);
    cr_assert_eq(question_vector(&m.diag, m.arena, q, &m.table, &vector), ERR_OK);
    *sensitivity = question_sensitivity(q);
    cr_assert_eq(sums.n, BLOCKS);
    made_table_release(&m);
    return sums;
}

/* PERSONS rows or twice as many, without those of one person. */
static void
write_csv(char *out, size_t size, bool units, int without)
{
    size_t n = (size_t)snprintf(out, size, units ? "who,x\n" : "x\n");

    for (int i = 0; i < PERSONS; i++) {
        for (int k = 0; k < 1 + units && i != without; k++) {
            n += units ? (size_t)snprintf(out + n, size - n, "p%d,", i) : 0;
            n += (size_t)snprintf(out + n, size - n, "%d\n", 1 << (i % 20));
        }
    }
}

static void
one_block_differs(const char *schema, bool units)
{
    static char csv[PERSONS * 32];
    struct sensitivity s;
    size_t filled = 0;

    write_csv(csv, sizeof csv, units, -1);
    struct sums all = blocks_of(schema, csv, &s);
    for (size_t b = 0; b < BLOCKS; b++)
        filled += all.at[b] != 0;
    cr_expect_gt(filled, BLOCKS / 2, "blocks are used: %zu", filled);
    for (int i = 0; i < PERSONS; i++) {
        write_csv(csv, sizeof csv, units, i);
        struct sums fewer = blocks_of(schema, csv, &s);
        size_t differ = 0;
        for (size_t b = 0; b < BLOCKS; b++)
            differ += all.at[b] != fewer.at[b];
        cr_assert_eq(differ, 1, "without %d: %zu blocks differ", i, differ);
    }
    cr_expect_eq(s.linf, 2500000, "2.5 with six decimals");
    cr_expect(s.l1 == 2500000);
}

Test(rowmeasure, a_person_leaves_one_block)
{
    one_block_differs("{\"unit\":{\"column\":\"who\",\"max_rows\":2},\"columns\":["
                      "{\"name\":\"who\",\"type\":\"id\"},{\"name\":\"x\",\"type\":"
                      "\"integer\",\"lower\":\"0\",\"upper\":\"1000000\"}]}",
        true);
}

Test(rowmeasure, a_row_leaves_one_block_where_rows_are_persons)
{
    one_block_differs(
        "{\"unit\":null,\"columns\":[{\"name\":\"x\",\"type\":\"integer\","
        "\"lower\":\"0\",\"upper\":\"1000000\"}]}",
        false);
}

Test(rowmeasure, without_a_port_row_programs_are_refused)
{
    static const char *const plans[] = {
        "{\"ops\":[{\"op\":\"map\",\"name\":\"y\",\"spec\":{\"lower\":\"0\",\"upper\":"
        "\"1\",\"default\":\"0\"},\"source\":\"return 1\"}],\"measure\":{\"kind\":"
        "\"sum\",\"column\":\"y\"},\"price\":{\"epsilon\":\"1\"}}",
        "{\"measure\":{\"kind\":\"collect\",\"source\":\"return 1\"},\"exact\":true}"};
    struct made_table m;

    cr_assert_eq(made_table(&m,
                     "{\"unit\":null,\"columns\":[{\"name\":\"x\",\"type\":"
                     "\"integer\"}]}",
                     "x\n1\n"),
        ERR_OK);
    for (size_t i = 0; i < 2; i++)
        cr_expect_eq(ask(&m, plans[i]).err, ERR_NOT_YET, "%s", plans[i]);
    made_table_release(&m);
}
