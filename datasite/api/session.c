/* session.c -- signing in and out, and asking who one is. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_people.h"

enum err
session_create(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    const char *email, *password;
    struct session_new session;
    enum err err;

    TRY(query_end(rq));
    TRY(json_take(
        &cx->diag, rq->body, "{s:s, s:s !}", "email", &email, "password", &password));
    err = session_sign_in(cx, email, str_of(password), request_address(rq), &session);
    rp->retry_after_s = session.retry_after_s;
    TRY(err);
    session_cookie_text(
        cx->site, session.cookie, rp->set_cookie, sizeof rp->set_cookie);
    return reply_json(rq, rp, 201, session_to_json(&session.user, session.csrf));
}

enum err
session_get(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    char csrf[SESSION_SECRET_BYTES] = "";
    struct user user;

    TRY(query_end(rq));
    TRY(user_by_id(cx, cx->actor.id, &user));
    if (!cx->actor.by_token)
        TRY(session_csrf(cx, cx->actor.session, csrf));
    return reply_json(rq, rp, 200, session_to_json(&user, csrf));
}

/* A program that signs out gives up the token it came with. */
enum err
session_delete(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;

    TRY(query_end(rq));
    if (cx->actor.by_token) {
        TRY(token_revoke(cx, cx->actor.session));
    } else {
        TRY(session_end(cx));
    }
    session_cookie_text(cx->site, "", rp->set_cookie, sizeof rp->set_cookie);
    return reply_none(rp);
}
