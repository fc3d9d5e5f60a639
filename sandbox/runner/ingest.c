/* ingest.c -- children of the runner that change the vault. */
#include "sandbox/runner/ingest.h"

#include "sandbox/runner/child.h"

static void
put_report(struct buf *out, const struct csv_report *r)
{
    field_put_i64(out, r->rows);
    field_put_i64(out, r->outside_bounds);
    field_put_digest(out, r->sha256);
    field_put_i64(out, (int64_t)r->places_n);
    for (size_t i = 0; i < r->places_n; i++) {
        field_put_i64(out, r->places[i].line);
        field_put_i64(out, r->places[i].column);
        field_put_z(out, r->places[i].name);
        field_put_z(out, r->places[i].text);
    }
}

static enum err
ingest(struct diag *d, const struct broker_setup *s, struct frame *order, int data_fd,
    struct csv_report *report)
{
    ARENA_SCOPE(a, CHILD_ARENA_BYTES);
    struct fields f = fields_of(buf_str(&order->body));
    struct schema schema;
    struct vault *v = NULL;
    char dataset_id[64];

    field_z(&f, dataset_id, sizeof dataset_id);
    int64_t version = field_i64(&f, 1, INT64_MAX);
    struct str schema_json = field_str(&f, CHILD_SCHEMA_BYTES_MAX);
    if (!fields_end(&f) || a == NULL || data_fd == -1)
        return FAIL(d, ERR_INVALID, "an order that cannot be read");
    TRY(child_schema(d, a, schema_json, &schema));
    TRY(child_vault(d, s, &v));
    enum err e = vault_ingest(d, v, dataset_id, version, &schema, data_fd, report);
    vault_close(v);
    return e;
}

_Noreturn void
ingest_main(const struct broker_setup *s, struct frame *order)
{
    static struct csv_report report;
    BUF_SCOPE(out);
    struct diag d = {0};
    int server_fd = frame_take_fd(order, 0), data_fd = frame_take_fd(order, 1);

    enum err e = ingest(&d, s, order, data_fd, &report);
    buf_init(&out, frame_bytes_max(FRAME_REPORT));
    put_report(&out, &report);
    if (e == ERR_UNPROCESSABLE && report.places_n > 0)
        e = ERR_OK; /* the places say more than the diag */
    child_end(server_fd, FRAME_REPORT, &out, e, &d);
}

static enum err
forget(struct diag *d, const struct broker_setup *s, struct frame *order)
{
    struct fields f = fields_of(buf_str(&order->body));
    struct vault *v = NULL;
    char dataset_id[64];

    field_z(&f, dataset_id, sizeof dataset_id);
    int64_t version = field_i64(&f, 1, INT64_MAX);
    if (!fields_end(&f))
        return FAIL(d, ERR_INVALID, "an order that cannot be read");
    TRY(child_vault(d, s, &v));
    enum err e = vault_forget(d, v, dataset_id, version);
    vault_close(v);
    return e;
}

_Noreturn void
forget_main(const struct broker_setup *s, struct frame *order)
{
    struct diag d = {0};
    struct buf nothing = {0};
    int server_fd = frame_take_fd(order, 0);

    child_end(server_fd, FRAME_KEPT, &nothing, forget(&d, s, order), &d);
}
