/* exchange_answer.c -- what goes out: fields of every answer, files, replies, problems. */
#include "datasite/http/exchange_parts.h"

#include "datasite/base/check.h"
#include "datasite/base/digest.h"
#include "datasite/base/log.h"
#include "datasite/http/problem.h"

#include <stdio.h>

void
exchange_text_clear(struct exchange *x)
{
    buf_release(&x->text);
    buf_init(&x->text, ANSWER_BYTES_MAX);
}

static void
add(struct answer *a, const char *name, const char *value)
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
        add(a, name, value);
}

static void
add_etag(struct exchange *x, const char *etag)
{
    if (etag[0] != '\0')
        add_if(&x->answer, "ETag", arena_strf(x->kept, "\"%s\"", etag));
}

const char *
exchange_allow(struct exchange *x)
{
    char text[64] = "";
    size_t n = 0;

    for (size_t m = 0; m < METHOD_N; m++) {
        if ((x->allow & 1u << m) == 0)
            continue;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s, ",
            method_name((enum method)m), m == GET ? ", HEAD" : "");
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
        add(a, always[i].name, always[i].value);
    add(a, "X-Request-Id", x->cx.request_id);
    add(a, "Cache-Control", cache);
    add_if(a, "Content-Type", type);
    if (a->closes)
        add(a, "Connection", "close");
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
    exchange_text_clear(x);
    if (problem != NULL && json_text(&(struct diag){0}, problem, &x->text) != ERR_OK)
        log_event(LOG_ERROR, "http.failed", "a problem document could not be made");
    json_decref(problem);
    x->answer = (struct answer){.status = err_http(d->code),
        .bytes = buf_str(&x->text),
        .closes = x->answer.closes};
    answer_fields(x, "application/problem+json", "no-store");
    if (x->answer.status == 401)
        add(&x->answer, "WWW-Authenticate", "Bearer realm=\"datasite\"");
    if (x->answer.status == 405)
        add_if(&x->answer, "Allow", exchange_allow(x));
    if (x->rp.retry_after_s > 0) {
        add_if(
            &x->answer, "Retry-After", arena_strf(x->kept, "%d", x->rp.retry_after_s));
    }
    return false;
}

void
exchange_give_asset(struct exchange *x)
{
    const struct asset *file = x->asset;
    bool is_known = request_knows_tag(&x->rq, file->etag);

    x->answer = (struct answer){
        .status = is_known ? 304 : 200, .bytes = is_known ? STR("") : file->bytes};
    answer_fields(x, file->type, file->cache);
    add_etag(x, file->etag);
}

void
exchange_give_options(struct exchange *x)
{
    x->answer = (struct answer){.status = 204};
    answer_fields(x, NULL, "no-store");
    add_if(&x->answer, "Allow", exchange_allow(x));
}

/* What has no revision is tagged by its bytes. */
static void
tag_bytes(struct exchange *x)
{
    char text[65];

    if (x->rp.etag[0] == '\0' && !x->answer.is_stream)
        reply_etag(&x->rp, "%.32s", digest_text(digest_bytes(x->answer.bytes), text));
}

enum err
exchange_give_reply(struct exchange *x)
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
