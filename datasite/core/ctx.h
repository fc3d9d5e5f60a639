/* ctx.h -- everything one request (or one job step) may touch. Eight members at most. */
#ifndef DATASITE_CORE_CTX_H
#define DATASITE_CORE_CTX_H

#include "datasite/base/arena.h"
#include "datasite/base/clock.h"
#include "datasite/base/digest.h"
#include "datasite/base/ids.h"
#include "datasite/base/json.h"
#include "datasite/base/limits.h"
#include "datasite/store/db.h"

enum role {
    ROLE_RESEARCHER = 1,
    ROLE_OWNER = 2,
    ROLE_ADMIN = 4,
    ROLE_AUDITOR = 8,
    ROLE_SYSTEM = 16 /* the dispatcher; no user has it */
};

/* Who asks. id is "" for nobody. by_token: a bearer token, which may not decide. */
struct actor {
    char id[ID_BYTES];
    unsigned roles;
    bool by_token;
    char session[ID_BYTES]; /* session or token id, "" for none */
};

struct site; /* long-lived things of the server: site.h */

struct ctx {
    struct arena *arena;
    struct db *db;
    struct site *site;
    struct actor actor;
    struct unixus now;
    struct diag diag;
    char request_id[ID_BYTES];
};

#define NEW(cx, p, n)                                                              \
    do {                                                                           \
        (p) = arena_array((cx)->arena, sizeof *(p), (n));                          \
        if ((p) == NULL)                                                           \
            return FAIL(&(cx)->diag, ERR_TOO_LARGE, "this needs too much memory"); \
    } while (0)

#endif
