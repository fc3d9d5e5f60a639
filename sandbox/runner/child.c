/* child.c -- what the children of the runner share. */
#include "sandbox/runner/child.h"

#include "datasite/base/log.h"
#include "sandbox/jail/jail.h"

#include <unistd.h>

enum err
child_schema(struct diag *d, struct arena *a, struct str json, struct schema *out)
{
    json_auto_t *doc = NULL;

    TRY(json_parse(d, json, &doc));
    return schema_parse(d, a, doc, out);
}

enum err
child_vault(struct diag *d, const struct broker_setup *s, struct vault **out)
{
    if (s->vault_path == NULL || s->key_path == NULL)
        return FAIL(d, ERR_SANDBOX, "this runner has no private data");
    return vault_open(d, s->vault_path, s->key_path, out);
}

enum err
child_load(struct diag *d, const struct broker_setup *s, const char *dataset_id,
    int64_t version, const struct schema *schema, const bool *columns,
    struct table *out)
{
    struct vault *v = NULL;
    enum err e;

    TRY(child_vault(d, s, &v));
    e = vault_load(d, v, dataset_id, version, schema, columns, out);
    vault_close(v);
    return e;
}

enum err
child_seal(struct diag *d, const struct broker_setup *s)
{
    struct jail jail = {.role = JAIL_BROKER, .has_empty = s->home.room.has_empty};

    return jail_seal(d, &jail);
}

_Noreturn void
child_end(int fd, enum frame_type type, const struct buf *body, enum err e,
    const struct diag *d)
{
    BUF_SCOPE(failed);
    struct diag gone = {0};
    struct str text = buf_str(body);

    buf_init(&failed, frame_bytes_max(FRAME_FAILED));
    if (e != ERR_OK) {
        type = FRAME_FAILED;
        field_put_diag(&failed, d);
        text = buf_str(&failed);
    }
    if (frame_send(&gone, fd, FRAME_NO_DEADLINE, type, text, NULL, 0) != ERR_OK) {
        log_event(LOG_WARN, "runner.nobody_waits", "%s is not heard: %s",
            frame_name(type), gone.text);
    }
    _exit(e == ERR_OK ? 0 : 1);
}
