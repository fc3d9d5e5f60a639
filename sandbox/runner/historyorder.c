/* historyorder.c -- the child of the runner that compares a result with what was
 * released. */
#include "sandbox/runner/history.h"

#include "datasite/base/fdio.h"
#include "datasite/base/limits.h"
#include "datasite/base/log.h"
#include "sandbox/runner/child.h"

#include <string.h>

#define ORDER_ARENA_BYTES ((size_t)1 << 30)

struct history_order {
    char dataset_id[64];
    struct history_ask ask;
    struct schema schema;
    struct buf plans;
};

/* ---- the order ---- */

static enum err
read_head(
    struct diag *d, struct arena *a, const struct frame *frame, struct history_order *o)
{
    struct fields f = fields_of(buf_str(&frame->body));

    field_z(&f, o->dataset_id, sizeof o->dataset_id);
    o->ask.data_version = field_i64(&f, 1, INT64_MAX);
    o->ask.least = field_i64(&f, 0, INT32_MAX);
    struct str schema_json = field_str(&f, CHILD_SCHEMA_BYTES_MAX);
    if (!fields_end(&f) || a == NULL)
        return FAIL(d, ERR_INVALID, "an order that cannot be read");
    return child_schema(d, a, schema_json, &o->schema);
}

static const char *
text_of(struct arena *a, struct fields *f, size_t bytes_max)
{
    struct str s = field_str(f, bytes_max);

    return arena_strn(a, s.ptr, s.len);
}

static enum err
read_plans(struct diag *d, struct arena *a, int fd, struct history_order *o)
{
    struct history_plan *plans;

    buf_init(&o->plans, HISTORY_BYTES_MAX);
    TRY(fd_read_all(d, fd, &o->plans));
    struct fields f = fields_of(buf_str(&o->plans));
    o->ask.plans_n = (size_t)field_i64(&f, 0, KEYS_MAX);
    o->ask.plans = plans = arena_array(a, sizeof *plans, o->ask.plans_n + 1);
    if (plans == NULL)
        return FAIL(d, ERR_TOO_LARGE, "too much was released to be compared");
    for (size_t i = 0; i < o->ask.plans_n; i++) {
        plans[i].is_new = field_i64(&f, 0, 1) != 0;
        plans[i].data_version = field_i64(&f, 1, INT64_MAX);
        plans[i].json = text_of(a, &f, PLAN_BYTES_MAX);
        plans[i].withheld = text_of(a, &f, KEYS_MAX);
        if (plans[i].json == NULL || plans[i].withheld == NULL)
            return FAIL(d, ERR_TOO_LARGE, "too much was released to be compared");
    }
    return fields_end(&f) ? ERR_OK
                          : FAIL(d, ERR_INVALID, "an order that cannot be read");
}

/* ---- the data ---- */

/* Plans are parsed behind the jail. Before it, they are text: a column is loaded when
 * some plan has its name in it. */
static bool
is_named(const struct history_order *o, const char *column)
{
    return o->plans.len > 0 &&
        memmem(o->plans.ptr, o->plans.len, column, strlen(column)) != NULL;
}

/* The version of the new plans, then those that others were told of, latest first. */
static size_t
versions_of(const struct history_order *o, int64_t out[HISTORY_VERSIONS_MAX])
{
    size_t n = 1;

    out[0] = o->ask.data_version;
    for (size_t i = o->ask.plans_n; i-- > 0;) {
        size_t k = 0;
        while (k < n && out[k] != o->ask.plans[i].data_version)
            k++;
        if (k == n && n < HISTORY_VERSIONS_MAX)
            out[n++] = o->ask.plans[i].data_version;
    }
    return n;
}

struct loaded {
    struct table tables[HISTORY_VERSIONS_MAX];
    struct history_data data[HISTORY_VERSIONS_MAX];
    size_t n;
};

static void
loaded_release(struct loaded *l)
{
    for (size_t i = 0; i < l->n; i++)
        table_release(&l->tables[i]);
}

/* An earlier version that is not kept any more is passed over. */
static enum err
load_versions(struct diag *d, struct vault *v, const struct history_order *o,
    const bool *wanted, struct loaded *out)
{
    int64_t versions[HISTORY_VERSIONS_MAX];
    size_t n = versions_of(o, versions);

    for (size_t i = 0; i < n; i++) {
        struct diag own = {0};
        struct table *t = &out->tables[out->n];
        enum err e =
            vault_load(&own, v, o->dataset_id, versions[i], &o->schema, wanted, t);
        if (e == ERR_NOT_FOUND && i > 0)
            continue;
        if (e != ERR_OK) {
            *d = own;
            return e;
        }
        out->data[out->n++] = (struct history_data){versions[i], t};
    }
    return ERR_OK;
}

static enum err
load_named(struct diag *d, struct arena *a, const struct broker_setup *s,
    const struct history_order *o, struct loaded *out)
{
    bool *wanted = arena_array(a, sizeof *wanted, o->schema.columns_n + 1);
    struct vault *v = NULL;

    if (wanted == NULL)
        return FAIL(d, ERR_SANDBOX, "no memory to compare with what was released");
    for (size_t c = 0; c < o->schema.columns_n; c++)
        wanted[c] = is_named(o, o->schema.columns[c].name);
    TRY(child_vault(d, s, &v));
    enum err e = load_versions(d, v, o, wanted, out);
    vault_close(v);
    return e;
}

static enum err
look(struct diag *d, const struct broker_setup *s, const struct frame *order,
    int plans_fd, struct history_verdict *out)
{
    static struct history_order o; /* one a process */
    ARENA_SCOPE(a, ORDER_ARENA_BYTES);
    struct loaded loaded __attribute__((cleanup(loaded_release))) = {.n = 0};

    TRY(read_head(d, a, order, &o));
    TRY(read_plans(d, a, plans_fd, &o));
    TRY(load_named(d, a, s, &o, &loaded));
    TRY(child_seal(d, s));
    return history_check(d, loaded.data, loaded.n, &o.ask, out);
}

/* read_verdict of runner_errand.c is the other side. */
static void
put_verdict(struct buf *out, const struct history_verdict *v)
{
    field_put_i64(out, v->difference.found);
    field_put_i64(out, v->difference.complete);
    field_put_i64(out, v->apart_new);
    field_put_i64(out, v->apart_old);
    field_put_i64(out, (int64_t)v->difference.sources_n);
    for (size_t i = 0; i < v->difference.sources_n; i++)
        field_put_i64(out, (int64_t)v->difference.sources[i]);
}

_Noreturn void
history_main(const struct broker_setup *s, struct frame *order)
{
    struct history_verdict verdict = {0};
    BUF_SCOPE(out);
    struct diag d = {0};
    int server_fd = frame_take_fd(order, 0), plans_fd = frame_take_fd(order, 1);
    enum err e = look(&d, s, order, plans_fd, &verdict);

    if (e != ERR_OK)
        log_diag(LOG_ERROR, "history.failed", &d);
    buf_init(&out, frame_bytes_max(FRAME_APART));
    put_verdict(&out, &verdict);
    child_end(server_fd, FRAME_APART, &out, e, &d);
}
