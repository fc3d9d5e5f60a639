/* setup.h -- the first account of a new site, made with a link that works once. */
#ifndef DATASITE_CORE_SETUP_H
#define DATASITE_CORE_SETUP_H

#include "datasite/core/user.h"

#define SETUP_TOKEN_BYTES   44
#define SETUP_TOKEN_MINUTES 30

/* A new single-use token; older ones end. ERR_CONFLICT: the site has accounts. Commits. */
enum err setup_token_new(struct ctx *cx, char out[SETUP_TOKEN_BYTES]) NODISCARD;
/* Makes the first account, admin and owner. ERR_UNAUTHENTICATED: the token is unknown, used
 * or too old. A draft that is refused leaves the token good. Commits, or joins. */
enum err setup_redeem(struct ctx *cx, const char *token, const struct user_draft *draft,
    struct user *out) NODISCARD;

#endif
