/* uniqueorder.c -- the child of the runner that counts persons who stand alone. */
#include "sandbox/runner/unique.h"

#include "datasite/base/limits.h"
#include "sandbox/runner/child.h"

struct unique_order {
    char dataset_id[64];
    int64_t version;
    struct schema schema;
    bool columns[COLUMNS_MAX];
};

/* runner_unique of runner_errand.c is the other side. */
static enum err
read_order(
    struct diag *d, struct arena *a, const struct frame *frame, struct unique_order *o)
{
    struct fields f = fields_of(buf_str(&frame->body));

    field_z(&f, o->dataset_id, sizeof o->dataset_id);
    o->version = field_i64(&f, 1, INT64_MAX);
    size_t columns_n = (size_t)field_i64(&f, 0, COLUMNS_MAX);
    for (size_t i = 0; i < columns_n; i++)
        o->columns[i] = field_i64(&f, 0, 1) != 0;
    struct str schema_json = field_str(&f, CHILD_SCHEMA_BYTES_MAX);
    if (!fields_end(&f) || a == NULL)
        return FAIL(d, ERR_INVALID, "an order that cannot be read");
    TRY(child_schema(d, a, schema_json, &o->schema));
    return columns_n == o->schema.columns_n
        ? ERR_OK
        : FAIL(d, ERR_INVALID, "an order that cannot be read");
}

static enum err
look(struct diag *d, const struct broker_setup *s, const struct frame *order,
    int64_t *percent)
{
    static struct unique_order o; /* one a process */
    ARENA_SCOPE(a, CHILD_ARENA_BYTES);
    struct table t __attribute__((cleanup(table_release_p))) = {0};

    TRY(read_order(d, a, order, &o));
    TRY(child_load(d, s, o.dataset_id, o.version, &o.schema, o.columns, &t));
    TRY(child_seal(d, s));
    return unique_share(d, &t, o.columns, percent);
}

_Noreturn void
unique_main(const struct broker_setup *s, struct frame *order)
{
    BUF_SCOPE(out);
    struct diag d = {0};
    int server_fd = frame_take_fd(order, 0);
    int64_t percent = 0;
    enum err e = look(&d, s, order, &percent);

    buf_init(&out, frame_bytes_max(FRAME_SHARE));
    field_put_i64(&out, percent);
    child_end(server_fd, FRAME_SHARE, &out, e, &d);
}
