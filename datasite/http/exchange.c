/* exchange.c -- the steps of a request. */
#include "datasite/http/exchange.h"

#include "datasite/base/check.h"
#include "datasite/base/digest.h"
#include "datasite/base/log.h"
#include "datasite/core/event.h"
#include "datasite/core/idempotency.h"
#include "datasite/core/queue.h"
#include "datasite/core/writer.h"
#include "datasite/http/guard.h"
#include "datasite/http/problem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ANSWER_BYTES_MAX ((size_t)256 << 20)
#define PROBLEM_TYPE     "application/problem+json"

static const char *const method_names[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

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
    buf_release(&x->text);
    buf_init(&x->text, ANSWER_BYTES_MAX);
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

/* ---- answers ---- */

void
answer_add(struct answer *a, const char *name, const char *value)
{
    CHECK(a->fields_n < ANSWER_FIELDS_MAX);
    a->field[a->fields_n].name = name;
    a->field[a->fields_n].value = value;
    a->fields_n++;
}

static void
add_if(struct answer *a, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0')
        answer_add(a, name, value);
}

static void
add_etag(struct exchange *x, const char *etag)
{
    if (etag[0] != '\0')
        add_if(&x->answer, "ETag", arena_strf(x->kept, "\"%s\"", etag));
}

static const char *
allow_text(struct exchange *x)
{
    char text[64] = "";
    size_t n = 0;

    for (size_t m = 0; m < ARRAY_N(method_names); m++) {
        if ((x->allow & 1u << m) == 0)
            continue;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s, ", method_names[m],
            m == GET ? ", HEAD" : "");
    }
    return arena_strf(x->kept, "%sOPTIONS", text);
}

static void
answer_fields(struct exchange *x, const char *type, const char *cache)
{
    static const struct {
        const char *name, *value;
    } always[] = {
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
            "base-uri 'none'; require-trusted-types-for 'script'; trusted-types "
            "'none'"},
    };
    struct answer *a = &x->answer;

    for (size_t i = 0; i < ARRAY_N(always); i++)
        answer_add(a, always[i].name, always[i].value);
    answer_add(a, "X-Request-Id", x->cx.request_id);
    answer_add(a, "Cache-Control", cache);
    add_if(a, "Content-Type", type);
    if (a->closes)
        answer_add(a, "Connection", "close");
}

bool
exchange_refuse(struct exchange *x, enum err code)
{
    struct diag *d = &x->cx.diag;
    json_t *problem;

    CHECK(code != ERR_OK);
    if (d->code == ERR_OK)
        d->code = code;
    if (err_http(code) == 500)
        log_diag(LOG_ERROR, "http.failed", d);
    problem = problem_json(d, x->cx.request_id, x->rp.json);
    buf_release(&x->text);
    buf_init(&x->text, ANSWER_BYTES_MAX);
    if (problem != NULL && json_text(&(struct diag){0}, problem, &x->text) != ERR_OK)
        log_event(LOG_ERROR, "http.failed", "a problem document could not be made");
    json_decref(problem);
    x->answer = (struct answer){.status = err_http(d->code),
        .bytes = buf_str(&x->text),
        .closes = x->answer.closes};
    answer_fields(x, PROBLEM_TYPE, "no-store");
    if (x->answer.status == 401)
        answer_add(&x->answer, "WWW-Authenticate", "Bearer realm=\"datasite\"");
    if (x->answer.status == 405)
        add_if(&x->answer, "Allow", allow_text(x));
    if (x->rp.retry_after_s > 0) {
        add_if(
            &x->answer, "Retry-After", arena_strf(x->kept, "%d", x->rp.retry_after_s));
    }
    return false;
}

static void
answer_asset(struct exchange *x)
{
    const struct asset *file = x->asset;
    bool is_known = request_knows_tag(&x->rq, file->etag);

    x->answer = (struct answer){
        .status = is_known ? 304 : 200, .bytes = is_known ? STR("") : file->bytes};
    answer_fields(x, file->type, file->cache);
    add_etag(x, file->etag);
}

static void
answer_options(struct exchange *x)
{
    x->answer = (struct answer){.status = 204};
    answer_fields(x, NULL, "no-store");
    add_if(&x->answer, "Allow", allow_text(x));
}

/* What has no revision is tagged by its bytes. */
static void
tag_bytes(struct exchange *x)
{
    char text[65];

    if (x->rp.etag[0] == '\0' && !x->answer.is_stream)
        reply_etag(&x->rp, "%.32s", digest_text(digest_bytes(x->answer.bytes), text));
}

static enum err
answer_reply(struct exchange *x)
{
    struct reply *rp = &x->rp;
    int status = rp->status == 0 ? 200 : rp->status;
    const char *type = rp->type != NULL ? rp->type : "application/json";

    if (rp->json != NULL)
        TRY(json_text(&x->cx.diag, rp->json, &x->text));
    x->answer = (struct answer){.status = status,
        .is_stream = rp->stream_next != NULL,
        .bytes = rp->json != NULL ? buf_str(&x->text) : rp->bytes};
    if (x->rq.method == GET && status == 200) {
        tag_bytes(x);
        if (request_knows_tag(&x->rq, rp->etag))
            x->answer.status = 304;
    }
    if (x->answer.status == 304 || x->answer.status == 204) {
        x->answer.bytes = STR("");
        type = NULL;
    }
    answer_fields(x, type, "no-store");
    add_etag(x, rp->etag);
    add_if(&x->answer, "Location", rp->location);
    add_if(&x->answer, "Set-Cookie", rp->set_cookie);
    add_if(&x->answer, "Content-Disposition", rp->disposition);
    return ERR_OK;
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
    return FAIL(d, ERR_METHOD, "This resource knows: %s.", allow_text(x));
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

    x->answer.closes =
        true; /* whoever sends such a head is not to be talked to further */
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
        answer_options(x);
    } else if (x->asset != NULL) {
        answer_asset(x);
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
    if (x->body_bytes > 0 && (uint64_t)x->body_bytes > x->route->body_max) {
        return body_too_large(x);
    }
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
    if (x->body.full) {
        return body_too_large(x);
    }
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

static struct digest
fingerprint(const struct exchange *x)
{
    struct digest body = digest_bytes(buf_str(&x->body));
    BUF_SCOPE(text);

    buf_init(&text, 2 * HEAD_TARGET_BYTES_MAX + 128);
    buf_addf(&text, "%s %s\n", method_names[x->rq.method], x->rq.path);
    buf_add(&text, body.b, sizeof body.b);
    return digest_bytes(buf_str(&text));
}

static enum err
replay(struct exchange *x, const struct idempotency *known)
{
    struct reply *rp = &x->rp;

    json_decref(rp->json);
    rp->json = NULL;
    if (known->body.len > 0)
        TRY(json_parse(&x->cx.diag, known->body, &rp->json));
    rp->status = known->status;
    snprintf(rp->location, sizeof rp->location, "%s", known->location);
    snprintf(rp->etag, sizeof rp->etag, "%s", known->etag);
    return ERR_OK;
}

static enum err
remember(struct exchange *x, const char *key, struct digest print)
{
    const struct reply *rp = &x->rp;
    struct idempotency answer = {.status = rp->status == 0 ? 200 : rp->status,
        .location = rp->location,
        .etag = rp->etag};
    BUF_SCOPE(text);

    buf_init(&text, ANSWER_BYTES_MAX);
    if (rp->json != NULL)
        TRY(json_text(&x->cx.diag, rp->json, &text));
    answer.body = buf_str(&text);
    return idempotency_finish(&x->cx, key, print, &answer);
}

/* Whatever changed, somebody may wait for it, and there may be work to do. */
static void
wake(struct exchange *x)
{
    event_wake();
    queue_wake(x->site);
}

/* The act and the record of its answer are one transaction. */
static enum err
run_once(struct exchange *x, const char *key)
{
    struct digest print = fingerprint(x);
    struct idempotency known = {0};
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, x->cx.db, &x->cx.diag));
    TRY(idempotency_begin(&x->cx, key, print, &known));
    if (known.replay)
        return replay(x, &known);
    TRY(x->route->handle(&x->rq, &x->rp));
    TRY(remember(x, key, print));
    TRY(txn_commit(&txn, &x->cx.diag));
    wake(x);
    return ERR_OK;
}

/* The record alone, where the act came before it. Of two that acted at once the second
 * gives the first one's answer. */
static enum err
record(struct exchange *x, const char *key, struct digest print)
{
    struct idempotency known = {0};
    WRITER_SCOPE(writer, &x->cx);
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, x->cx.db, &x->cx.diag));
    TRY(idempotency_begin(&x->cx, key, print, &known));
    if (known.replay)
        return replay(x, &known);
    TRY(remember(x, key, print));
    return txn_commit(&txn, &x->cx.diag);
}

/* A handler that takes the writer for its last step alone, because it is slow before, must
 * do no harm when it runs twice. */
static enum err
run_then_record(struct exchange *x, const char *key)
{
    struct digest print = fingerprint(x);
    struct idempotency known = {0};

    TRY(idempotency_begin(&x->cx, key, print, &known));
    if (known.replay)
        return replay(x, &known);
    TRY(x->route->handle(&x->rq, &x->rp));
    TRY(record(x, key, print));
    wake(x);
    return ERR_OK;
}

static enum err
run(struct exchange *x)
{
    const char *key = request_header(&x->rq, "Idempotency-Key");

    if ((x->route->flags & IDEMPOTENT) != 0 && key != NULL)
        return x->route->db == DB_RW ? run_once(x, key) : run_then_record(x, key);
    TRY(x->route->handle(&x->rq, &x->rp));
    if (x->rq.method != GET)
        wake(x);
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
        code = answer_reply(x);
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
