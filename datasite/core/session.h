/* session.h -- browser sessions: a random cookie whose keyed hash is stored, idle after
 * twelve hours, over after seven days. */
#ifndef DATASITE_CORE_SESSION_H
#define DATASITE_CORE_SESSION_H

#include "datasite/core/user.h"

#define SESSION_SECRET_BYTES 44              /* base64url of 256 bits, with its NUL */
#define SESSION_IDLE_S       INT64_C(43200)  /* twelve hours */
#define SESSION_LIFE_S       INT64_C(604800) /* seven days */

struct session_new {
    struct user user;
    char cookie[SESSION_SECRET_BYTES]; /* shown once: goes into the Set-Cookie */
    char csrf[SESSION_SECRET_BYTES];
    int retry_after_s; /* with ERR_RATE */
};

/* The same answer, in text and time, for an unknown e-mail, a wrong password and a suspended
 * account: ERR_UNAUTHENTICATED. Throttled by account and by address: ERR_RATE, with
 * retry_after_s. address: the peer's, without the port. cx->db should be a reader: the
 * writer is taken only when the slow hash is done. Commits. */
enum err session_sign_in(struct ctx *cx, const char *email, struct str password,
    const char *address, struct session_new *out) NODISCARD;
/* Opens a session without a password, after setup. Joins an open transaction. */
enum err session_open(
    struct ctx *cx, const struct user *user, struct session_new *out) NODISCARD;
/* Who holds this cookie. csrf holds SESSION_SECRET_BYTES. ERR_UNAUTHENTICATED: nobody,
 * expired, or suspended. Once an hour it takes the writer to note the use. */
enum err session_by_cookie(
    struct ctx *cx, const char *cookie, struct actor *out, char *csrf) NODISCARD;
/* The CSRF token of a session id, as session_by_cookie gives it. */
enum err session_csrf(
    struct ctx *cx, const char *session_id, char csrf[SESSION_SECRET_BYTES]) NODISCARD;
/* Ends the actor's own session. Commits. */
enum err session_end(struct ctx *cx) NODISCARD;
/* Ends every session of a user, in the open transaction. */
enum err session_end_all(struct ctx *cx, const char *user_id) NODISCARD;

/* "__Host-datasite" where the site is reached by https, "datasite" on plain http. */
const char *session_cookie_name(const struct site *site);
/* The Set-Cookie value; secret "" clears it. */
void session_cookie_text(
    const struct site *site, const char *secret, char *out, size_t cap);

#endif
