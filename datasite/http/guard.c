/* guard.c -- session or token, origin, CSRF, roles, scopes, decisions, If-Match. */
#include "datasite/http/guard.h"

#include "datasite/base/check.h"
#include "datasite/core/session.h"
#include "datasite/core/settings.h"
#include "datasite/core/token.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What the steps tell each other about one request. */
struct pass {
    struct exchange *x;
    char csrf[SESSION_SECRET_BYTES];
    uint64_t scopes;
};

static enum err
forbid(struct exchange *x, const char *missing, const char *text)
{
    struct diag *d = &x->cx.diag;
    enum err code = FAIL(d, ERR_FORBIDDEN, "%s", text);

    snprintf(d->extra, sizeof d->extra, "{\"missing_permission\":\"%s\"}", missing);
    return code;
}

static bool
changes_things(const struct exchange *x)
{
    return x->route->method != GET;
}

static enum err
who_by_bearer(struct pass *p, const char *field)
{
    struct ctx *cx = &p->x->cx;

    if (strncasecmp(field, "Bearer ", 7) != 0) {
        return FAIL(
            &cx->diag, ERR_UNAUTHENTICATED, "Authorization is not a bearer token.");
    }
    return token_by_bearer(cx, field + 7, &cx->actor, &p->scopes);
}

static enum err
who(struct pass *p)
{
    struct exchange *x = p->x;
    const char *field = request_header(&x->rq, "Authorization");
    const char *cookie = request_cookie(&x->rq, session_cookie_name(x->site));

    if (x->route->roles == ANYONE)
        return ERR_OK;
    if (field != NULL)
        return who_by_bearer(p, field);
    if (cookie == NULL || cookie[0] == '\0') {
        return FAIL(
            &x->cx.diag, ERR_UNAUTHENTICATED, "Sign in, or send a bearer token.");
    }
    return session_by_cookie(&x->cx, cookie, &x->cx.actor, p->csrf);
}

/* A browser says where a call comes from; programs with tokens need not. */
static enum err
origin(struct pass *p)
{
    struct exchange *x = p->x;
    const char *from = request_header(&x->rq, "Origin");
    const char *site = request_header(&x->rq, "Sec-Fetch-Site");
    const char *host = request_header(&x->rq, "Host");
    const char *name;

    if (!changes_things(x) || x->cx.actor.by_token)
        return ERR_OK;
    if (site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return forbid(x, "same-origin", "The call comes from a page of another site.");
    if (from == NULL)
        return ERR_OK;
    name = strstr(from, "://");
    if (name == NULL || host == NULL || strcasecmp(name + 3, host) != 0)
        return forbid(x, "same-origin", "The call comes from a page of another site.");
    return ERR_OK;
}

static enum err
csrf(struct pass *p)
{
    struct exchange *x = p->x;
    const char *sent = request_header(&x->rq, "X-CSRF-Token");

    if (!changes_things(x) || x->cx.actor.by_token || x->route->roles == ANYONE)
        return ERR_OK;
    if (sent == NULL || p->csrf[0] == '\0' || strlen(sent) != strlen(p->csrf) ||
        sodium_memcmp(sent, p->csrf, strlen(sent)) != 0) {
        return forbid(
            x, "csrf-token", "Send the session's csrf_token as X-CSRF-Token.");
    }
    return ERR_OK;
}

static enum err
roles(struct pass *p)
{
    static const struct {
        unsigned role;
        const char *name;
    } names[] = {{ROLE_RESEARCHER, "researcher"}, {ROLE_OWNER, "owner"},
        {ROLE_ADMIN, "admin"}, {ROLE_AUDITOR, "auditor"}};
    unsigned want = p->x->route->roles;
    char text[96];

    if (want == ANYONE || want == SIGNED_IN || (want & p->x->cx.actor.roles) != 0)
        return ERR_OK;
    for (size_t i = 0; i < ARRAY_N(names); i++) {
        if ((want & names[i].role) != 0) {
            snprintf(text, sizeof text, "This needs the role %s.", names[i].name);
            return forbid(p->x, names[i].name, text);
        }
    }
    UNREACHABLE();
}

static enum err
scopes(struct pass *p)
{
    struct exchange *x = p->x;

    if (!x->cx.actor.by_token || x->route->roles == ANYONE)
        return ERR_OK;
    if ((x->route->flags & SESSION_ONLY) != 0)
        return forbid(x, "session", "This needs a browser session, not a token.");
    if (!scopes_allow(p->scopes, x->route->path, changes_things(x)))
        return forbid(x, "scope", "The token's scopes do not cover this.");
    return ERR_OK;
}

static enum err
decides(struct pass *p)
{
    struct exchange *x = p->x;
    struct settings settings;

    if ((x->route->flags & DECIDES) == 0 || !x->cx.actor.by_token)
        return ERR_OK;
    TRY(settings_load(&x->cx, &settings));
    if (!settings.tokens_may_decide)
        return forbid(x, "tokens_may_decide", "Tokens may not decide on this site.");
    return ERR_OK;
}

static enum err
precondition(struct pass *p)
{
    struct exchange *x = p->x;

    if ((x->route->flags & IF_MATCH) == 0 || request_header(&x->rq, "If-Match") != NULL)
        return ERR_OK;
    return FAIL(
        &x->cx.diag, ERR_PRECONDITION, "Send If-Match with the ETag that you saw.");
}

enum err
guard_admit(struct exchange *x)
{
    static enum err (*const steps[])(struct pass * p) = {
        who, origin, csrf, scopes, roles, decides, precondition};
    struct pass p = {.x = x};

    for (size_t i = 0; i < ARRAY_N(steps); i++)
        TRY(steps[i](&p));
    return ERR_OK;
}
