/* throttle.c -- how often something may fail before it must wait.
 *
 * A key's stamp is the time at which all its places are free again. An attempt moves it by
 * one interval; there is no place while it lies more than burst - 1 intervals ahead. */
#include "datasite/core/throttle.h"

#include "datasite/core/keys.h"
#include "datasite/core/site.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)

static enum err
key_of(struct ctx *cx, const struct throttle *t, const char *key, char out[65])
{
    char *text = arena_strf(cx->arena, "%s\n%s", t->name, key);

    if (text == NULL)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
    digest_text(keys_token_hash(cx->site->keys, "throttle", str_of(text)), out);
    return ERR_OK;
}

/* 0 when the key has no row, or one that is past. */
static enum err
clear_load(struct ctx *cx, const char *key, int64_t *clear_us)
{
    enum err err =
        db_one(cx->db, &cx->diag, cx->arena, STMT_THROTTLE_GET, key, clear_us);

    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    *clear_us = 0;
    return ERR_OK;
}

enum err
throttle_take(struct ctx *cx, const struct throttle *t, const char *key, int *wait_s)
{
    int64_t every_us = t->every_s * SECOND_US, clear_us, early_us;
    char hash[65];

    TRY(key_of(cx, t, key, hash));
    TRY(clear_load(cx, hash, &clear_us));
    if (clear_us < cx->now.us)
        clear_us = cx->now.us;
    early_us = clear_us - cx->now.us - (t->burst - 1) * every_us;
    *wait_s = early_us > 0 ? (int)((early_us + SECOND_US - 1) / SECOND_US) : 0;
    if (*wait_s > 0)
        return ERR_OK;
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_THROTTLE_PRUNE, cx->now.us));
    return db_run(
        cx->db, &cx->diag, NULL, STMT_THROTTLE_PUT, hash, clear_us + every_us);
}

enum err
throttle_give_back(struct ctx *cx, const struct throttle *t, const char *key)
{
    int64_t clear_us;
    char hash[65];

    TRY(key_of(cx, t, key, hash));
    TRY(clear_load(cx, hash, &clear_us));
    if (clear_us == 0)
        return ERR_OK;
    return db_run(cx->db, &cx->diag, NULL, STMT_THROTTLE_PUT, hash,
        clear_us - t->every_s * SECOND_US);
}

enum err
throttle_forgive(struct ctx *cx, const struct throttle *t, const char *key)
{
    char hash[65];

    TRY(key_of(cx, t, key, hash));
    return db_run(cx->db, &cx->diag, NULL, STMT_THROTTLE_DELETE, hash);
}

void
throttle_network(const char *address, char out[64])
{
    unsigned char b[16];

    if (inet_pton(AF_INET, address, b) == 1) {
        snprintf(out, 64, "%d.%d.%d.0/24", b[0], b[1], b[2]);
    } else if (inet_pton(AF_INET6, address, b) == 1) {
        snprintf(out, 64, "%02x%02x:%02x%02x:%02x%02x:%02x%02x::/64", b[0], b[1], b[2],
            b[3], b[4], b[5], b[6], b[7]);
    } else {
        snprintf(out, 64, "%s", address);
    }
}
