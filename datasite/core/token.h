/* token.h -- bearer tokens for programs: scoped, expiring, stored as a keyed hash. */
#ifndef DATASITE_CORE_TOKEN_H
#define DATASITE_CORE_TOKEN_H

#include "datasite/core/ctx.h"

#define TOKEN_TEXT_BYTES   48 /* "dsk_" and 43 characters, with the NUL */
#define TOKEN_DAYS_DEFAULT 90
#define TOKEN_DAYS_MAX     365

struct token {
    const char *id, *name;
    uint64_t scopes; /* scopes.def: two bits an area, read and write */
    const char *created_at, *expires_at, *last_used_at; /* the last may be NULL */
};

#define SCOPES_ALL UINT64_MAX
/* "jobs:read", "read", "*". False: no such scope. Adds to *io. */
bool scope_parse(const char *name, uint64_t *io);
/* The shortest list of names that says the same, as a JSON array; owned by the caller. */
json_t *scopes_json(uint64_t scopes);
/* Whether a token with these scopes may make this call. path: as routed. */
bool scopes_allow(uint64_t scopes, const char *path, bool writes);

/* Makes a token of the actor; text is shown once. Commits, or joins a transaction. */
enum err token_create(struct ctx *cx, const char *name, uint64_t scopes, int64_t days,
    struct token *out, char text[TOKEN_TEXT_BYTES]) NODISCARD;
/* Who holds "dsk_…". ERR_UNAUTHENTICATED: nobody, expired, revoked or suspended. Once an
 * hour it takes the writer to note the use. */
enum err token_by_bearer(
    struct ctx *cx, const char *text, struct actor *out, uint64_t *scopes) NODISCARD;
/* The actor's own, oldest first. */
enum err token_list(struct ctx *cx, const char *after, int64_t limit,
    struct token **out, size_t *n) NODISCARD;
/* The actor's own; ERR_NOT_FOUND otherwise. Commits, or joins a transaction. */
enum err token_revoke(struct ctx *cx, const char *id) NODISCARD;

#endif
