/* exchange.c -- the steps of a request. */
#include "datasite/http/exchange_parts.h"

#include "datasite/base/check.h"
#include "datasite/core/event.h"
#include "datasite/core/queue.h"
#include "datasite/http/guard.h"

#include <string.h>
#include <strings.h>

static const char *const method_names[] = {
    [GET] = "GET",
    [POST] = "POST",
    [PUT] = "PUT",
    [PATCH] = "PATCH",
    [DELETE] = "DELETE",
};

const char *
method_name(enum method m)
{
    CHECK((size_t)m < ARRAY_N(method_names));
    return method_names[m];
}

bool
exchange_init(struct exchange *x, const struct service *service)
{
    *x = (struct exchange){.service = service, .site = service->site};
    x->kept = arena_new(REQUEST_ARENA_BYTES);
    x->work = arena_new(REQUEST_ARENA_BYTES);
    buf_init(&x->text, ANSWER_BYTES_MAX);
    buf_init(&x->body, 0);
    x->cx = (struct ctx){.arena = x->work, .site = service->site, .now = clock_wall()};
    x->rq = (struct request){.cx = &x->cx, .http = x};
    id_new("req", x->cx.request_id);
    return x->kept != NULL && x->work != NULL;
}

static void
run_forget(struct exchange *x)
{
    json_decref(x->rp.json);
    x->rp = (struct reply){0};
    x->answer = (struct answer){0};
    exchange_text_clear(x);
}

void
exchange_release(struct exchange *x)
{
    run_forget(x);
    buf_release(&x->text);
    buf_release(&x->body);
    json_decref(x->rq.body);
    arena_free(x->work);
    arena_free(x->kept);
}

/* ---- opening: what is asked for ---- */

static enum method
method_of(struct exchange *x)
{
    struct str name = x->head.method;

    x->is_options = str_eq(name, STR("OPTIONS"));
    if (str_eq(name, STR("HEAD")))
        return GET;
    for (size_t m = 0; m < ARRAY_N(method_names); m++) {
        if (str_eq(name, str_of(method_names[m])))
            return (enum method)m;
    }
    return METHOD_N;
}

static enum err
find_route(struct exchange *x)
{
    struct diag *d = &x->cx.diag;

    x->route =
        router_match(x->rq.method, x->target.path, x->kept, x->rq.param, &x->allow);
    if (x->allow == 0)
        x->asset = asset_find(x->service->assets, x->target.path);
    if (x->asset != NULL)
        x->allow = 1u << GET;
    x->rq.route = x->route;
    if (x->allow == 0)
        return FAIL(d, ERR_NOT_FOUND, "There is nothing at this address.");
    if (x->is_options || x->route != NULL || (x->asset != NULL && x->rq.method == GET))
        return ERR_OK;
    return FAIL(d, ERR_METHOD, "This resource knows: %s.", exchange_allow(x));
}

static int64_t
prefer_wait_s(struct request *rq)
{
    const char *prefer = request_header(rq, "Prefer");
    const char *wait = prefer == NULL ? NULL : strstr(prefer, "wait=");
    size_t digits = wait == NULL ? 0 : strspn(wait + 5, "0123456789");
    int64_t s;

    if (digits == 0 || digits > 9 || request_header(rq, "If-None-Match") == NULL)
        return 0;
    CHECK(str_fixed((struct str){wait + 5, digits}, 0, &s));
    return s < WAIT_S_MAX ? s : WAIT_S_MAX;
}

static enum err
find_target(struct exchange *x)
{
    x->rq.method = method_of(x);
    x->rq.path = x->target.path;
    TRY(find_route(x));
    if (x->rq.method == GET)
        x->wait_s = prefer_wait_s(&x->rq);
    if (x->rq.method != GET && x->target.query_n > 0)
        return query_end(&x->rq);
    return ERR_OK;
}

static enum err
pass_gate(struct exchange *x)
{
    struct diag *d = &x->cx.diag;
    const char *flaw = head_flaw(&x->head);
    struct str host;

    if (flaw != NULL)
        return FAIL(d, ERR_INVALID, "%s", flaw);
    host = head_host(&x->head);
    if (host.len > 0 && !gate_knows_host(x->service->gate, host)) {
        return FAIL(
            d, ERR_INVALID, "This site has no such name; see the setting hosts.");
    }
    x->rp.retry_after_s = gate_wait_s(x->service->gate, x->address, clock_mono());
    if (x->rp.retry_after_s > 0)
        return FAIL(d, ERR_RATE, "Too many requests from this address.");
    return target_parse(d, x->kept, x->head.target, &x->target);
}

static enum err
body_allowed(struct exchange *x)
{
    if (x->body_bytes == 0 || (x->route != NULL && x->route->body_max > 0))
        return ERR_OK;
    return FAIL(&x->cx.diag, ERR_INVALID, "This call takes no body.");
}

bool
exchange_open(struct exchange *x)
{
    enum err code = pass_gate(x);

    x->answer.closes = true; /* a head that fails here ends the connection */
    if (code != ERR_OK)
        return exchange_refuse(x, code);
    x->body_bytes = head_body_bytes(&x->head);
    x->answer.closes = x->body_bytes != 0;
    code = find_target(x);
    if (code == ERR_OK)
        code = body_allowed(x);
    if (code != ERR_OK)
        return exchange_refuse(x, code);
    if (x->is_options) {
        exchange_give_options(x);
    } else if (x->asset != NULL) {
        exchange_give_asset(x);
    }
    return x->answer.status == 0;
}

/* ---- admission ---- */

static enum err
type_check(struct exchange *x)
{
    bool wants_csv = (x->route->flags & (UPLOAD | CSV_BODY)) != 0;
    const char *want = wants_csv ? "text/csv" : "application/json";
    const char *type = request_header(&x->rq, "Content-Type");
    const char *coding = request_header(&x->rq, "Content-Encoding");
    size_t n = type == NULL ? 0 : strcspn(type, "; \t");

    if (x->body_bytes == 0 && !wants_csv)
        return ERR_OK;
    if (coding != NULL && strcasecmp(coding, "identity") != 0) {
        return FAIL(&x->cx.diag, ERR_MEDIA_TYPE,
            "Send the body as it is, not as %.20s.", coding);
    }
    if (n == strlen(want) && strncasecmp(type, want, n) == 0)
        return ERR_OK;
    return FAIL(&x->cx.diag, ERR_MEDIA_TYPE, "Send the body as %s.", want);
}

static enum err
body_too_large(struct exchange *x)
{
    char size[32];

    return FAIL(&x->cx.diag, ERR_TOO_LARGE, "This call takes a body of %s at most.",
        size_text((int64_t)x->route->body_max, size));
}

static enum err
admit(struct exchange *x)
{
    x->cx.db = db_take(x->site->db, DB_RO);
    TRY(guard_admit(x));
    if (x->body_bytes > 0 && (uint64_t)x->body_bytes > x->route->body_max)
        return body_too_large(x);
    if (x->route->body_max > 0)
        TRY(type_check(x));
    return ERR_OK;
}

bool
exchange_admit(struct exchange *x)
{
    enum err code = admit(x);

    if (x->cx.db != NULL)
        db_give(x->site->db, x->cx.db);
    x->cx.db = NULL;
    if (code != ERR_OK)
        return exchange_refuse(x, code);
    x->answer.closes = false;
    buf_release(&x->body);
    buf_init(&x->body, (x->route->flags & UPLOAD) != 0 ? 0 : x->route->body_max);
    return true;
}

static enum err
body_take(struct exchange *x)
{
    struct str text = x->body.len == 0 ? STR("{}") : buf_str(&x->body);

    if (x->route->body_max == 0 || (x->route->flags & UPLOAD) != 0)
        return ERR_OK;
    if (x->body.full)
        return body_too_large(x);
    if ((x->route->flags & CSV_BODY) != 0) {
        x->rq.text = buf_str(&x->body);
        return ERR_OK;
    }
    TRY(json_parse(&x->cx.diag, text, &x->rq.body));
    if (!json_is_object(x->rq.body) &&
        !((x->route->flags & NAME_BODY) != 0 && json_is_string(x->rq.body))) {
        return FAIL_FIELD(
            &x->cx.diag, ERR_INVALID, "/", "The body must be a JSON object.");
    }
    return ERR_OK;
}

bool
exchange_body(struct exchange *x)
{
    enum err code = body_take(x);

    return code == ERR_OK || exchange_refuse(x, code);
}

/* ---- the handler ---- */

void
exchange_wake(struct exchange *x)
{
    event_wake();
    queue_wake(x->site);
}

static enum err
run(struct exchange *x)
{
    const char *key = request_header(&x->rq, "Idempotency-Key");

    if ((x->route->flags & IDEMPOTENT) != 0 && key != NULL)
        return x->route->db == DB_RW ? exchange_run_once(x, key)
                                     : exchange_run_then_record(x, key);
    TRY(x->route->handle(&x->rq, &x->rp));
    if (x->rq.method != GET)
        exchange_wake(x);
    return query_end(&x->rq);
}

void
exchange_run(struct exchange *x)
{
    enum db_mode mode = (x->route->flags & UPLOAD) != 0 ? DB_RO : x->route->db;
    enum err code;

    x->seen = event_seen();
    x->cx.now = clock_wall();
    x->cx.db = db_take(x->site->db, mode);
    code = run(x);
    db_give(x->site->db, x->cx.db);
    x->cx.db = NULL;
    if (code == ERR_OK)
        code = exchange_give_reply(x);
    if (code != ERR_OK)
        (void)exchange_refuse(x, code);
}

bool
exchange_would_wait(const struct exchange *x)
{
    return x->wait_s > 0 && x->answer.status == 304;
}

bool
exchange_again(struct exchange *x)
{
    struct arena *fresh = arena_new(REQUEST_ARENA_BYTES);

    if (fresh == NULL)
        return exchange_refuse(x, FAIL(&x->cx.diag, ERR_TOO_LARGE, "no memory"));
    run_forget(x);
    diag_clear(&x->cx.diag);
    arena_free(x->work);
    x->work = x->cx.arena = fresh;
    return exchange_admit(x);
}
