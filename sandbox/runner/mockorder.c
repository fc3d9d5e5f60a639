/* mockorder.c -- the child of the runner that holds a mock against a vault version. */
#include "sandbox/runner/mockcheck.h"

#include "sandbox/runner/child.h"

struct mock_order {
    char dataset_id[64];
    int64_t version;
    struct schema schema;
};

static enum err
read_order(
    struct diag *d, struct arena *a, const struct frame *frame, struct mock_order *o)
{
    struct fields f = fields_of(buf_str(&frame->body));

    field_z(&f, o->dataset_id, sizeof o->dataset_id);
    o->version = field_i64(&f, 1, INT64_MAX);
    struct str schema_json = field_str(&f, CHILD_SCHEMA_BYTES_MAX);
    if (!fields_end(&f) || a == NULL)
        return FAIL(d, ERR_INVALID, "an order that cannot be read");
    return child_schema(d, a, schema_json, &o->schema);
}

static enum err
load_data(struct diag *d, struct arena *a, const struct broker_setup *s,
    const struct mock_order *o, struct table *out)
{
    bool *all = arena_array(a, sizeof *all, o->schema.columns_n + 1);

    if (all == NULL)
        return FAIL(d, ERR_SANDBOX, "no memory to hold a mock against the data");
    for (size_t c = 0; c < o->schema.columns_n; c++)
        all[c] = true;
    return child_load(d, s, o->dataset_id, o->version, &o->schema, all, out);
}

/* The mock is read before there are data in this process, and the comparison runs with
 * every door shut. */
static enum err
compare(struct diag *d, const struct broker_setup *s, const struct frame *order,
    int mock_fd, struct mock_report *out)
{
    static const uint8_t key[32]; /* nothing about a mock is secret */
    ARENA_SCOPE(a, CHILD_ARENA_BYTES);
    struct table data __attribute__((cleanup(table_release_p))) = {0};
    struct table mock __attribute__((cleanup(table_release_p))) = {0};
    struct csv_report report = {0};
    struct mock_order o;

    TRY(read_order(d, a, order, &o));
    TRY(table_from_csv(d, &o.schema, mock_fd, key, &mock, &report));
    TRY(load_data(d, a, s, &o, &data));
    TRY(child_seal(d, s));
    return mockcheck(d, &data, &mock, SDC_MOCK_ALL, out);
}

static void
put_parity(struct buf *out, const struct mock_report *r)
{
    field_put_i64(out, (int64_t)r->columns_n);
    for (size_t i = 0; i < r->columns_n; i++) {
        field_put_i64(out, r->columns[i].broken_rules);
        field_put_i64(out, r->columns[i].nulls);
        field_put_i64(out, r->columns[i].categories);
    }
}

_Noreturn void
mockcheck_main(const struct broker_setup *s, struct frame *order)
{
    static struct mock_report report;
    BUF_SCOPE(out);
    struct diag d = {0};
    int server_fd = frame_take_fd(order, 0), mock_fd = frame_take_fd(order, 1);
    enum err e = compare(&d, s, order, mock_fd, &report);

    buf_init(&out, frame_bytes_max(FRAME_PARITY));
    put_parity(&out, &report);
    child_end(server_fd, FRAME_PARITY, &out, e, &d);
}
