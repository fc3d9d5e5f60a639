/* offline.c -- a site's database without its server, which may be running beside. */
#include "datasite/offline.h"

#include <stdio.h>

#define OFFLINE_ARENA_BYTES ((size_t)256 << 20)

enum err
offline_open(
    struct diag *d, const char *dir, bool make, enum db_mode mode, struct offline *out)
{
    bool is_new;

    TRY(datadir_name(d, dir, &out->dir));
    if (!make)
        TRY(datadir_exists(d, &out->dir));
    if (mode == DB_RW) /* who only reads changes nothing, not even the schema */
        TRY(datadir_prepare(d, &out->dir, &is_new));
    TRY(db_pool_open(d, out->dir.database, 1, &out->site.db));
    out->cx.arena = arena_new(OFFLINE_ARENA_BYTES);
    if (out->cx.arena == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory");
    snprintf(out->site.data_dir, sizeof out->site.data_dir, "%s", dir);
    out->cx.site = &out->site;
    out->cx.db = db_take(out->site.db, mode);
    out->cx.actor.roles = ROLE_SYSTEM;
    out->cx.now = clock_wall();
    id_new("cli", out->cx.request_id);
    return ERR_OK;
}

enum err
offline_fail(struct diag *d, const struct offline *o, enum err code)
{
    if (code != ERR_OK && d->code == ERR_OK)
        *d = o->cx.diag;
    return code;
}

void
offline_close(struct offline *o)
{
    if (o->cx.db != NULL)
        db_give(o->site.db, o->cx.db);
    arena_free(o->cx.arena);
    db_pool_close(o->site.db);
    *o = (struct offline){0};
}
