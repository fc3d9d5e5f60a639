/* setup.c -- POST /setup: the first account, and a session for it. */
#include "datasite/core/setup.h"
#include "datasite/api/routes.h"
#include "datasite/api/wire_people.h"

enum err
setup_create(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    struct user_draft draft = {0};
    struct session_new session;
    const char *token, *password;
    struct user user;
    TXN_SCOPE(txn);

    TRY(query_end(rq));
    TRY(json_take(&cx->diag, rq->body, "{s:s, s:s, s:s, s:s !}", "token", &token,
        "email", &draft.email, "name", &draft.name, "password", &password));
    draft.password = str_of(password);
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(setup_redeem(cx, token, &draft, &user));
    TRY(session_open(cx, &user, &session));
    TRY(txn_commit(&txn, &cx->diag));
    session_cookie_text(
        cx->site, session.cookie, rp->set_cookie, sizeof rp->set_cookie);
    return reply_json(rq, rp, 201, session_to_json(&user, session.csrf));
}
