/* users.c -- accounts, for administrators; researchers and owners by name, for owners. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_people.h"
#include "datasite/core/forbidden.h"
#include "datasite/core/standing.h"

static void
user_etag(struct reply *rp, const struct user *u)
{
    reply_etag(rp, "%s-%lld", u->id, (long long)u->revision);
}

/* One who sends If-Match wants to have seen the newest. */
static enum err
user_match(struct request *rq, const struct user *u)
{
    struct reply now = {0};

    user_etag(&now, u);
    return precondition_match(rq, now.etag);
}

static enum err
reply_user(struct request *rq, struct reply *rp, const struct user *u)
{
    user_etag(rp, u);
    return reply_json(rq, rp, 200, user_to_json(&rq->cx->actor, u));
}

/* Who is listed: a role that the query names, of those the caller may see; without one
 * everybody for an administrator, researchers for an owner. */
static enum err
roles_wanted(struct ctx *cx, const char *role, unsigned *out)
{
    bool admin = cx->actor.roles & ROLE_ADMIN;

    *out = admin ? 0 : ROLE_RESEARCHER;
    if (role == NULL)
        return ERR_OK;
    if (!role_parse(role, out)) {
        return FAIL_FIELD(&cx->diag, ERR_INVALID, "/role",
            "role is one of researcher, owner, admin, auditor");
    }
    if (admin || *out & (ROLE_RESEARCHER | ROLE_OWNER))
        return ERR_OK;
    return forbidden(cx, "admin", "owners list researchers and owners");
}

enum err
users_list(struct request *rq, struct reply *rp)
{
    struct actor *me = &rq->cx->actor;
    const char *role = query_text(rq, "role");
    struct user *list;
    struct page page;
    unsigned roles;
    json_t *items;
    size_t n;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    TRY(roles_wanted(rq->cx, role, &roles));
    TRY(user_list(rq->cx, roles, page.after, page.limit + 1, &list, &n));
    items = json_array();
    for (size_t i = 0; i < n && i < (size_t)page.limit; i++)
        json_array_append_new(items, user_to_json(me, &list[i]));
    return reply_page(
        rq, rp, items, n > (size_t)page.limit ? list[page.limit - 1].id : NULL);
}

enum err
users_create(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    struct user_draft draft = {0};
    const char *password = NULL;
    struct user user;
    json_t *roles;

    TRY(query_end(rq));
    TRY(json_take(&cx->diag, rq->body, "{s:s, s:s, s:o, s?s !}", "email", &draft.email,
        "name", &draft.name, "roles", &roles, "password", &password));
    TRY(roles_take(&cx->diag, roles, &draft.roles));
    if (password != NULL)
        draft.password = str_of(password);
    TRY(user_create(cx, &draft, &user));
    user_etag(rp, &user);
    return reply_created(
        rq, rp, user_to_json(&cx->actor, &user), "/api/v1/users/%s", user.id);
}

enum err
users_get(struct request *rq, struct reply *rp)
{
    struct user user;

    TRY(query_end(rq));
    TRY(user_visible(rq->cx, rq->param[0], &user));
    return reply_user(rq, rp, &user);
}

enum err
users_update(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    struct user_change change = {.suspended = -1};
    const char *password = NULL;
    json_t *roles = NULL;
    struct user user;

    TRY(query_end(rq));
    TRY(json_take(&cx->diag, rq->body, "{s?s, s?o, s?b, s?s !}", "name", &change.name,
        "roles", &roles, "suspended", &change.suspended, "password", &password));
    TRY(roles_take(&cx->diag, roles, &change.roles));
    if (password != NULL)
        change.password = str_of(password);
    TRY(user_visible(cx, rq->param[0], &user));
    TRY(user_match(rq, &user));
    TRY(standing_user_update(cx, rq->param[0], &change, &user));
    return reply_user(rq, rp, &user);
}
