/* uniqueorder.c -- the child of the runner that counts persons who stand alone. */
#include "sandbox/runner/unique.h"

#include "datasite/base/limits.h"
#include "datasite/base/log.h"
#include "sandbox/jail/jail.h"
#include "sandbox/vault/vault.h"

#include <unistd.h>

#define SCHEMA_ARENA_BYTES ((size_t)64 << 20)

struct unique_order {
    char dataset_id[64];
    int64_t version;
    struct schema schema;
    bool columns[COLUMNS_MAX];
};

/* runner_unique of runner_client.c is the other side. */
static enum err
read_order(
    struct diag *d, struct arena *a, const struct frame *frame, struct unique_order *o)
{
    json_auto_t *doc = NULL;
    struct fields f = fields_of(buf_str(&frame->body));

    field_z(&f, o->dataset_id, sizeof o->dataset_id);
    o->version = field_i64(&f, 1, INT64_MAX);
    size_t columns_n = (size_t)field_i64(&f, 0, COLUMNS_MAX);
    for (size_t i = 0; i < columns_n; i++)
        o->columns[i] = field_i64(&f, 0, 1) != 0;
    struct str schema_json = field_str(&f, 4 << 20);
    if (!fields_end(&f) || a == NULL)
        return FAIL(d, ERR_INVALID, "an order that cannot be read");
    TRY(json_parse(d, schema_json, &doc));
    TRY(schema_parse(d, a, doc, &o->schema));
    return columns_n == o->schema.columns_n
        ? ERR_OK
        : FAIL(d, ERR_INVALID, "an order that cannot be read");
}

static enum err
load_data(struct diag *d, const struct broker_setup *s, const struct unique_order *o,
    struct table *out)
{
    struct vault *v = NULL;

    if (s->vault_path == NULL || s->key_path == NULL)
        return FAIL(d, ERR_SANDBOX, "this runner has no private data");
    TRY(vault_open(d, s->vault_path, s->key_path, &v));
    enum err e =
        vault_load(d, v, o->dataset_id, o->version, &o->schema, o->columns, out);
    vault_close(v);
    return e;
}

static enum err
look(struct diag *d, const struct broker_setup *s, const struct frame *order,
    int64_t *percent)
{
    static struct unique_order o; /* one a process */
    ARENA_SCOPE(a, SCHEMA_ARENA_BYTES);
    struct table t __attribute__((cleanup(table_release_p))) = {0};
    struct jail jail = {.role = JAIL_BROKER, .has_empty = s->home.room.has_empty};

    TRY(read_order(d, a, order, &o));
    TRY(load_data(d, s, &o, &t));
    TRY(jail_seal(d, &jail));
    return unique_share(d, &t, o.columns, percent);
}

_Noreturn void
unique_main(const struct broker_setup *s, struct frame *order)
{
    BUF_SCOPE(out);
    struct diag d = {0}, gone = {0};
    int server_fd = frame_take_fd(order, 0);
    int64_t percent = 0;
    enum err e = look(&d, s, order, &percent);
    enum frame_type type = e == ERR_OK ? FRAME_SHARE : FRAME_FAILED;

    buf_init(&out, frame_bytes_max(type));
    if (e == ERR_OK) {
        field_put_i64(&out, percent);
    } else {
        field_put_diag(&out, &d);
    }
    if (frame_send(&gone, server_fd, FRAME_NO_DEADLINE, type, buf_str(&out), NULL, 0))
        log_diag(LOG_WARN, "unique.nobody_waits", &gone);
    _exit(e == ERR_OK ? 0 : 1);
}
