/* mockorder.c -- the child of the runner that holds a mock against a vault version. */
#include "sandbox/runner/mockcheck.h"

#include "datasite/base/log.h"
#include "sandbox/jail/jail.h"
#include "sandbox/vault/vault.h"

#include <stdlib.h>
#include <unistd.h>

#define SCHEMA_ARENA_BYTES ((size_t)64 << 20)

struct mock_order {
    char dataset_id[64];
    int64_t version;
    struct schema schema;
};

static enum err
read_order(
    struct diag *d, struct arena *a, const struct frame *frame, struct mock_order *o)
{
    json_auto_t *doc = NULL;
    struct fields f = fields_of(buf_str(&frame->body));

    field_z(&f, o->dataset_id, sizeof o->dataset_id);
    o->version = field_i64(&f, 1, INT64_MAX);
    struct str schema_json = field_str(&f, 4 << 20);
    if (!fields_end(&f) || a == NULL)
        return FAIL(d, ERR_INVALID, "an order that cannot be read");
    TRY(json_parse(d, schema_json, &doc));
    return schema_parse(d, a, doc, &o->schema);
}

static enum err
load_data(struct diag *d, struct arena *a, const struct broker_setup *s,
    const struct mock_order *o, struct table *out)
{
    bool *all = arena_array(a, sizeof *all, o->schema.columns_n + 1);
    struct vault *v = NULL;

    if (s->vault_path == NULL || s->key_path == NULL || all == NULL)
        return FAIL(d, ERR_SANDBOX, "this runner has no private data");
    for (size_t c = 0; c < o->schema.columns_n; c++)
        all[c] = true;
    TRY(vault_open(d, s->vault_path, s->key_path, &v));
    enum err e = vault_load(d, v, o->dataset_id, o->version, &o->schema, all, out);
    vault_close(v);
    return e;
}

/* The mock is read before there are data in this process, and the comparison runs with
 * every door shut. */
static enum err
compare(struct diag *d, const struct broker_setup *s, const struct frame *order,
    int mock_fd, struct mock_report *out)
{
    static const uint8_t key[32]; /* nothing about a mock is secret */
    ARENA_SCOPE(a, SCHEMA_ARENA_BYTES);
    struct table data __attribute__((cleanup(table_release_p))) = {0};
    struct table mock __attribute__((cleanup(table_release_p))) = {0};
    struct csv_report report = {0};
    struct jail jail = {.role = JAIL_BROKER, .has_empty = s->home.room.has_empty};
    struct mock_order o;

    TRY(read_order(d, a, order, &o));
    TRY(table_from_csv(d, &o.schema, mock_fd, key, &mock, &report));
    TRY(load_data(d, a, s, &o, &data));
    TRY(jail_seal(d, &jail));
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
    struct diag d = {0}, gone = {0};
    int server_fd = frame_take_fd(order, 0), mock_fd = frame_take_fd(order, 1);
    enum err e = compare(&d, s, order, mock_fd, &report);
    enum frame_type type = e == ERR_OK ? FRAME_PARITY : FRAME_FAILED;

    buf_init(&out, frame_bytes_max(type));
    if (e == ERR_OK) {
        put_parity(&out, &report);
    } else {
        field_put_diag(&out, &d);
    }
    if (frame_send(&gone, server_fd, FRAME_NO_DEADLINE, type, buf_str(&out), NULL, 0))
        log_diag(LOG_WARN, "mockcheck.nobody_waits", &gone);
    _exit(e == ERR_OK ? 0 : 1);
}
