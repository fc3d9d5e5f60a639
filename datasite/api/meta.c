/* meta.c -- about the server itself: the API document, health, metrics, problem types, and
 * who this site is. Open to anyone: nothing here depends on private data or on people. */
#include "datasite/api/routes.h"
#include "datasite/base/check.h"
#include "datasite/base/embed.h"
#include "datasite/base/enc.h"
#include "datasite/core/audit.h"
#include "datasite/core/event.h"
#include "datasite/core/jailtest.h"
#include "datasite/core/keys.h"
#include "datasite/core/settings.h"
#include "datasite/core/site.h"
#include "datasite/core/slot.h"

#include <stdio.h>
#include <string.h>

static const struct problem {
    const char *slug, *meaning;
} problems[] = {
#define PROBLEM(slug, meaning) {slug, meaning},
#include "datasite/api/problems.def"
#undef PROBLEM
};

enum err
openapi_get(struct request *rq, struct reply *rp)
{
    TRY(query_end(rq));
    for (size_t i = 0; i < embedded_n; i++) {
        if (strcmp(embedded[i].path, "schema/openapi.json") == 0)
            return reply_bytes(rp, "application/json", embedded[i].bytes);
    }
    return FAIL(&rq->cx->diag, ERR_INTERNAL, "the API document is not embedded");
}

enum err
healthz_get(struct request *rq, struct reply *rp)
{
    TRY(query_end(rq));
    return reply_json(rq, rp, 200, json_pack("{s:s}", "status", "ok"));
}

/* Ready is a server whose database answers and whose jail holds. The answer waits for a
 * self-test that is under way: a server that has just begun is not called broken. */
enum err
readyz_get(struct request *rq, struct reply *rp)
{
    char level[128];
    int64_t seq;

    TRY(query_end(rq));
    TRY(event_latest(rq->cx, &seq));
    if (jailtest_await(rq->cx->site, &rq->cx->diag) != ERR_OK) {
        diag_clear(&rq->cx->diag);
        return FAIL(&rq->cx->diag, ERR_SANDBOX, "the sandbox failed its self-test");
    }
    jailtest_state(rq->cx->site, level);
    return reply_json(
        rq, rp, 200, json_pack("{s:s, s:s}", "status", "ready", "sandbox", level));
}

static void
metric(
    struct buf *b, const char *name, const char *type, const char *help, int64_t value)
{
    buf_addf(b, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name, type, name,
        (long long)value);
}

/* Every place a job can be in, so that a count that falls to zero is told. */
static enum err
metric_jobs(struct ctx *cx, struct buf *b)
{
    static const char *const places[] = {"approved", "blocked", "changes_requested",
        "checking", "ended", "in_review", "queued", "running"};
    int64_t counts[ARRAY_N(places)] = {0}, n = 0;
    const char *place = "";
    bool more;

    TRY(db_each(cx->db, &cx->diag, STMT_METRICS_JOBS));
    for (;;) {
        TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_METRICS_JOBS, &more, &place, &n));
        if (!more)
            break;
        for (size_t i = 0; i < ARRAY_N(places); i++)
            counts[i] = strcmp(places[i], place) == 0 ? n : counts[i];
    }
    buf_addz(b,
        "# HELP datasite_jobs Jobs by where they are.\n"
        "# TYPE datasite_jobs gauge\n");
    for (size_t i = 0; i < ARRAY_N(places); i++) {
        buf_addf(
            b, "datasite_jobs{state=\"%s\"} %lld\n", places[i], (long long)counts[i]);
    }
    metric(b, "datasite_queue_depth", "gauge", "Jobs that wait for their run.",
        counts[0] + counts[6]);
    return ERR_OK;
}

enum err
metrics_get(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    int64_t entries, veiled, events, refusals;
    struct digest head;
    const char *text;
    char level[128];
    BUF_SCOPE(b);
    TXN_SCOPE(txn);

    TRY(query_end(rq));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(audit_head(cx, &entries, &head));
    TRY(slot_veiled_rows(cx, NULL, &veiled)); /* else anyone counts along */
    TRY(event_latest(cx, &events));
    buf_init(&b, 64 << 10);
    metric(&b, "datasite_up", "gauge", "The server answers.", 1);
    metric(&b, "datasite_sandbox_ready", "gauge", "The sandbox passed its self-test.",
        jailtest_state(cx->site, level) == JAIL_HOLDS);
    metric(&b, "datasite_audit_entries_total", "counter", "Entries of the audit log.",
        entries - veiled);
    metric(&b, "datasite_events_total", "counter", "Events told to those concerned.",
        events);
    TRY(metric_jobs(cx, &b));
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_METRICS_REFUSALS, &refusals));
    metric(&b, "datasite_budget_refusals_total", "counter",
        "Runs in lane dp that a budget stopped.", refusals);
    request_traffic(rq, &b);
    text = arena_strn(cx->arena, b.ptr, b.len);
    if (text == NULL)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
    return reply_bytes(
        rp, "text/plain; version=0.0.4; charset=utf-8", (struct str){text, b.len});
}

/* The first code that answers with this slug. */
static bool
code_of(const char *slug, enum err *out)
{
    static const enum err codes[] = {
#define ERR(name, http, slug, title) ERR_##name,
#include "datasite/base/err.def"
#undef ERR
    };

    for (size_t i = 0; i < ARRAY_N(codes); i++) {
        if (strcmp(err_slug(codes[i]), slug) == 0) {
            *out = codes[i];
            return true;
        }
    }
    return false;
}

static const char *
meaning_of(const char *slug)
{
    for (size_t i = 0; i < ARRAY_N(problems); i++) {
        if (strcmp(problems[i].slug, slug) == 0)
            return problems[i].meaning;
    }
    return "";
}

enum err
problem_get(struct request *rq, struct reply *rp)
{
    const char *slug = rq->param[0];
    json_t *doc;
    enum err code;

    TRY(query_end(rq));
    if (!code_of(slug, &code))
        return FAIL(&rq->cx->diag, ERR_NOT_FOUND, "no problem type has this name");
    doc = json_pack("{s:o, s:s, s:i, s:s}", "type", json_sprintf("/problems/%s", slug),
        "title", err_title(code), "status", err_http(code), "meaning",
        meaning_of(slug));
    return reply_json(rq, rp, 200, doc);
}

/* What the configuration decided: read here, changed there alone. */
enum err
settings_get(struct request *rq, struct reply *rp)
{
    struct settings s;

    TRY(query_end(rq));
    TRY(settings_load(rq->cx, &s));
    return reply_json(rq, rp, 200,
        json_pack("{s:s, s:b, s:b, s:b, s:b}", "site_name", s.site_name,
            "tokens_may_decide", (int)s.tokens_may_decide, "second_admin",
            (int)s.second_admin, "transparency", (int)s.transparency,
            "private_webhooks", (int)rq->cx->site->private_webhooks));
}

/* site->runtime begins with the program's name and version. */
enum err
well_known_get(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    struct settings settings;
    char version[32] = "", key[48];

    TRY(query_end(rq));
    TRY(settings_load(cx, &settings));
    base64url_text(keys_public(cx->site->keys), 32, key);
    if (sscanf(cx->site->runtime, "%*s %31s", version) != 1)
        return FAIL(&cx->diag, ERR_INTERNAL, "the runtime has no version");
    return reply_json(rq, rp, 200,
        json_pack("{s:s, s:s, s:s, s:b}", "name", settings.site_name, "version",
            version, "key", key, "transparency", (int)settings.transparency));
}
