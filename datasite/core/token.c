/* token.c -- bearer tokens for programs. */
#include "datasite/core/token.h"

#include "datasite/base/check.h"
#include "datasite/base/enc.h"
#include "datasite/core/audit.h"
#include "datasite/core/field.h"
#include "datasite/core/keys.h"
#include "datasite/core/site.h"
#include "datasite/core/writer.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define SECOND_US         INT64_C(1000000)
#define DAY_US            (INT64_C(86400) * SECOND_US)
#define USE_NOTED_US      (3600 * SECOND_US)
#define TOKENS_OF_ONE_MAX 100

/* The bits of an area: read, and write beside it. A row of scopes.def that is longer than
 * another covers less, and wins where both match. Order is the bit order, so rows of new
 * areas go to the end of `areas`. */
static const char *const areas[] = {"datasets", "budgets", "projects", "jobs",
    "reviews", "results", "users", "audit", "events"};

struct cover {
    const char *area, *path;
};
static const struct cover covers[] = {
#define SCOPE(area, path) {#area, path},
#include "datasite/core/scopes.def"
#undef SCOPE
};

static uint64_t
bit_read(size_t area)
{
    return UINT64_C(1) << (2 * area);
}

static uint64_t
bit_write(size_t area)
{
    return UINT64_C(2) << (2 * area);
}

static uint64_t
all_reads(void)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < ARRAY_N(areas); i++)
        bits |= bit_read(i);
    return bits;
}

static bool
area_find(const char *name, size_t len, size_t *out)
{
    for (size_t i = 0; i < ARRAY_N(areas); i++) {
        if (strlen(areas[i]) == len && memcmp(areas[i], name, len) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

bool
scope_parse(const char *name, uint64_t *io)
{
    const char *colon = strchr(name, ':');
    size_t area;

    if (strcmp(name, "*") == 0 || strcmp(name, "write") == 0) {
        *io = SCOPES_ALL;
        return true;
    }
    if (strcmp(name, "read") == 0) {
        *io |= all_reads();
        return true;
    }
    if (colon == NULL || !area_find(name, (size_t)(colon - name), &area))
        return false;
    if (strcmp(colon, ":read") != 0 && strcmp(colon, ":write") != 0)
        return false;
    *io |= bit_read(area) | (colon[1] == 'w' ? bit_write(area) : 0);
    return true;
}

static void
add_name(json_t *list, const char *area, const char *what)
{
    json_array_append_new(list, json_sprintf("%s:%s", area, what));
}

json_t *
scopes_json(uint64_t scopes)
{
    json_t *list = json_array();
    bool reads_all = (scopes & all_reads()) == all_reads();

    if (scopes == SCOPES_ALL) {
        json_array_append_new(list, json_string("*"));
        return list;
    }
    if (reads_all)
        json_array_append_new(list, json_string("read"));
    for (size_t i = 0; i < ARRAY_N(areas); i++) {
        if (scopes & bit_write(i)) {
            add_name(list, areas[i], "write");
        } else if (!reads_all && scopes & bit_read(i)) {
            add_name(list, areas[i], "read");
        }
    }
    return list;
}

/* Whether path is the pattern or lies below it; "*" stands for one segment. */
static bool
is_below(const char *path, const char *pattern)
{
    while (*pattern != '\0') {
        if (*pattern == '*') {
            path += strcspn(path, "/");
            pattern++;
        } else if (*path++ != *pattern++) {
            return false;
        }
    }
    return *path == '\0' || *path == '/';
}

bool
scopes_allow(uint64_t scopes, const char *path, bool writes)
{
    static const char base[] = "/api/v1/";
    const struct cover *best = NULL;
    size_t area;

    if (scopes == SCOPES_ALL)
        return true;
    if (strncmp(path, base, sizeof base - 1) != 0)
        return true; /* outside the base nothing is anybody's own */
    path += sizeof base - 1;
    if (strcmp(path, "session") == 0 || strcmp(path, "openapi.json") == 0)
        return true;
    for (size_t i = 0; i < ARRAY_N(covers); i++) {
        if (is_below(path, covers[i].path) &&
            (best == NULL || strlen(covers[i].path) > strlen(best->path)))
            best = &covers[i];
    }
    if (best == NULL || !area_find(best->area, strlen(best->area), &area))
        return false;
    return scopes & (writes ? bit_write(area) : bit_read(area));
}

static char *
time_text(struct arena *a, int64_t us)
{
    char text[32];

    return arena_strf(a, "%s", clock_text((struct unixus){us}, text));
}

static void
hash_text(struct ctx *cx, const char *text, char out[65])
{
    digest_text(keys_token_hash(cx->site->keys, "token", str_of(text)), out);
}

static enum err
draft_check(struct ctx *cx, const char *name, int64_t days)
{
    int64_t n;

    TRY(field_line(&cx->diag, "/name", name, TITLE_BYTES_MAX));
    if (days < 1 || days > TOKEN_DAYS_MAX) {
        return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/expires_in_days",
            "1 to %d days", TOKEN_DAYS_MAX);
    }
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_TOKEN_PRUNE, cx->actor.id, cx->now.us));
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_TOKEN_COUNT, cx->actor.id, &n));
    if (n >= TOKENS_OF_ONE_MAX) {
        return FAIL(&cx->diag, ERR_CONFLICT, "nobody may hold more than %d tokens",
            TOKENS_OF_ONE_MAX);
    }
    return ERR_OK;
}

static void
random_token(char text[TOKEN_TEXT_BYTES])
{
    char secret[TOKEN_TEXT_BYTES - 4];
    unsigned char b[32];

    randombytes_buf(b, sizeof b);
    snprintf(text, TOKEN_TEXT_BYTES, "dsk_%s", base64url_text(b, sizeof b, secret));
    sodium_memzero(b, sizeof b);
    sodium_memzero(secret, sizeof secret);
}

enum err
token_create(struct ctx *cx, const char *name, uint64_t scopes, int64_t days,
    struct token *out, char text[TOKEN_TEXT_BYTES])
{
    char id[ID_BYTES], hash[65];
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(draft_check(cx, name, days));
    random_token(text);
    hash_text(cx, text, hash);
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_TOKEN_INSERT, id_new("tok", id),
        cx->actor.id, name, hash, (int64_t)scopes, cx->now.us,
        cx->now.us + days * DAY_US));
    TRY(audit_append(cx, "token.create", id, json_pack("{s:I}", "days", days)));
    *out = (struct token){
        .id = arena_strf(cx->arena, "%s", id),
        .name = name,
        .scopes = scopes,
        .created_at = time_text(cx->arena, cx->now.us),
        .expires_at = time_text(cx->arena, cx->now.us + days * DAY_US),
    };
    if (out->expires_at == NULL)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
    return txn_commit(&txn, &cx->diag);
}

static enum err
token_touch(struct ctx *cx, const char *id, int64_t used_us)
{
    if (cx->now.us - used_us < USE_NOTED_US)
        return ERR_OK;
    WRITER_SCOPE(writer, cx);
    return db_run(cx->db, &cx->diag, NULL, STMT_TOKEN_USE, id, cx->now.us);
}

enum err
token_by_bearer(struct ctx *cx, const char *text, struct actor *out, uint64_t *scopes)
{
    int64_t roles, bits, used_us;
    const char *id, *user_id;
    char hash[65];
    enum err err;

    hash_text(cx, text, hash);
    err = db_one(cx->db, &cx->diag, cx->arena, STMT_TOKEN_BY_HASH, hash, cx->now.us,
        &id, &user_id, &roles, &bits, &used_us);
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return FAIL(
            &cx->diag, ERR_UNAUTHENTICATED, "this token is not valid or no longer");
    }
    TRY(err);
    *out = (struct actor){.roles = (unsigned)roles, .by_token = true};
    snprintf(out->id, sizeof out->id, "%s", user_id);
    snprintf(out->session, sizeof out->session, "%s", id);
    *scopes = (uint64_t)bits;
    return token_touch(cx, id, used_us);
}

enum err
token_list(
    struct ctx *cx, const char *after, int64_t limit, struct token **out, size_t *n)
{
    int64_t scopes, created_us, expires_us, used_us;
    bool more;

    *n = 0;
    NEW(cx, *out, (size_t)limit);
    TRY(db_each(cx->db, &cx->diag, STMT_TOKEN_LIST, cx->actor.id,
        after != NULL ? after : "", limit));
    for (;;) {
        struct token t = {0};

        TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_TOKEN_LIST, &more, &t.id, &t.name,
            &scopes, &created_us, &expires_us, &used_us));
        if (!more)
            return ERR_OK;
        CHECK(*n < (size_t)limit);
        t.scopes = (uint64_t)scopes;
        t.created_at = time_text(cx->arena, created_us);
        t.expires_at = time_text(cx->arena, expires_us);
        t.last_used_at = used_us == INT64_MIN ? NULL : time_text(cx->arena, used_us);
        (*out)[(*n)++] = t;
    }
}

enum err
token_revoke(struct ctx *cx, const char *id)
{
    int64_t changed;
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, &changed, STMT_TOKEN_DELETE, id, cx->actor.id));
    if (changed == 0)
        return FAIL(&cx->diag, ERR_NOT_FOUND, "no such token");
    TRY(audit_append(cx, "token.revoke", id, NULL));
    return txn_commit(&txn, &cx->diag);
}
