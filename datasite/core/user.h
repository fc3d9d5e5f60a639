/* user.h -- people with accounts, and what each may do. */
#ifndef DATASITE_CORE_USER_H
#define DATASITE_CORE_USER_H

#include "datasite/core/ctx.h"

#define EMAIL_BYTES_MAX 254
#define ROLES_N         4

struct user {
    const char *id, *email, *name; /* arena memory */
    unsigned roles;                /* enum role, or-ed */
    bool suspended;
    bool has_password;
    const char *created_at;
    int64_t revision; /* grows with every change */
};

/* What a new account is made of. password.ptr NULL: nobody can sign in until one is set. */
struct user_draft {
    const char *email, *name;
    unsigned roles;
    struct str password;
};

/* What is to change; what is absent (NULL, 0, -1) stays. */
struct user_change {
    const char *name;
    unsigned roles;
    int suspended; /* -1: as it is */
    struct str password;
};

/* The roles by bit order: role_name(0) is of bit 1. NULL past the last. */
const char *role_name(size_t i);
bool role_parse(const char *name, unsigned *role);
/* "admin,owner" -> "admin owner": the names of a set, for audit facts. */
char *roles_text(struct arena *a, unsigned roles);

/* ERR_CONFLICT: the e-mail has an account. Commits, or joins the open transaction. The
 * caller has checked that the actor may. */
enum err user_create(
    struct ctx *cx, const struct user_draft *draft, struct user *out) NODISCARD;
/* Suspending or a new password ends every session of the user; the last admin who is not
 * suspended can neither be suspended nor lose the role (ERR_CONFLICT). */
enum err user_update(struct ctx *cx, const char *id, const struct user_change *change,
    struct user *out) NODISCARD;
enum err user_by_id(struct ctx *cx, const char *id, struct user *out) NODISCARD;
enum err user_by_email(struct ctx *cx, const char *email, struct user *out) NODISCARD;
/* As user_by_id, for what the actor may see: itself, all for an admin, researchers and
 * owners for an owner. Anyone else is ERR_NOT_FOUND. */
enum err user_visible(struct ctx *cx, const char *id, struct user *out) NODISCARD;
/* Up to limit users whose id is after `after` ("" or NULL: from the first), oldest first.
 * roles: any of these, 0: all. */
enum err user_list(struct ctx *cx, unsigned roles, const char *after, int64_t limit,
    struct user **out, size_t *n) NODISCARD;
enum err user_count(struct ctx *cx, int64_t *out) NODISCARD;

/* Field checks, shared with setup: the sentence names the field. */
enum err user_draft_check(struct diag *d, const struct user_draft *draft) NODISCARD;
/* Lower case, no surrounding spaces; the form that is compared and stored. */
char *email_normal(struct arena *a, const char *email);

#endif
