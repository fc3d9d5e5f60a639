/* made_table.c -- tables for tests: a schema document and CSV text, in memory. */
#include "tests/unit/sandbox/made_table.h"

#include "datasite/base/fdio.h"
#include "datasite/base/json.h"

#include <criterion/criterion.h>
#include <string.h>

static const uint8_t test_key[32] = {7, 1, 2};

int
made_fd(const char *text, size_t n)
{
    struct diag d = {0};
    int fd = -1;

    cr_assert_eq(
        memfd_of(&d, "test", (struct str){text, n}, &fd), ERR_OK, "%s", d.text);
    return fd;
}

struct schema
made_schema(struct arena *a, const char *schema)
{
    struct diag d = {0};
    struct schema s;
    json_auto_t *doc = NULL;

    cr_assert_eq(json_parse(&d, str_of(schema), &doc), ERR_OK, "%s", d.text);
    cr_assert_eq(schema_parse(&d, a, doc, &s), ERR_OK, "%s %s", d.field, d.text);
    return s;
}

enum err
made_table_fd(struct made_table *m, const char *schema, int fd)
{
    *m = (struct made_table){.arena = arena_new((size_t)1 << 30)};
    m->schema = made_schema(m->arena, schema);
    return table_from_csv(&m->diag, &m->schema, fd, test_key, &m->table, &m->report);
}

enum err
made_table(struct made_table *m, const char *schema, const char *csv)
{
    FD_SCOPE(fd) = made_fd(csv, strlen(csv));

    return made_table_fd(m, schema, fd);
}

void
made_table_release(struct made_table *m)
{
    table_release(&m->table);
    arena_free(m->arena);
}

static enum err
answer(struct made_table *m, const struct question *q, struct diag *d, struct buf *out)
{
    struct rng *r;
    enum err err;

    if (question_is_exact(q))
        return question_exact(d, m->arena, q, &m->table, out);
    r = rng_new();
    err = question_answer(d, m->arena, q, &m->table, r, out);
    rng_free(r);
    return err;
}

struct asked
ask_in(
    struct made_table *m, enum lane lane, enum accounting accounting, const char *plan)
{
    struct question_context c = {.schema = &m->schema,
        .lane = lane,
        .accounting = accounting,
        .rows_assumed = 100};
    struct asked out = {.json = ""};
    struct diag d = {0};
    struct question *q;
    BUF_SCOPE(b);

    buf_init(&b, (size_t)64 << 20);
    out.err = question_parse(&d, m->arena, &c, str_of(plan), &q);
    if (out.err == ERR_OK) {
        out.price = question_price(q);
        out.err = answer(m, q, &d, &b);
    }
    out.text = arena_strf(m->arena, "%s", d.text);
    if (out.err == ERR_OK)
        out.json = arena_strn(m->arena, b.ptr, b.len);
    return out;
}

struct asked
ask(struct made_table *m, const char *plan)
{
    return ask_in(m, LANE_ROWS, ACCOUNT_PURE, plan);
}

const char *
exactly(struct made_table *m, const char *ops, const char *measure)
{
    struct asked a = ask(m,
        arena_strf(
            m->arena, "{\"ops\":[%s],\"measure\":%s,\"exact\":true}", ops, measure));

    cr_assert_eq(a.err, ERR_OK, "%s %s: %s", ops, measure, a.text);
    return a.json;
}
