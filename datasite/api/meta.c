/* meta.c -- about the server itself: the API document, health, metrics, problem types, and
 * who this site is. Open to anyone: nothing here depends on private data or on people. */
#include "datasite/api/routes.h"
#include "datasite/base/check.h"
#include "datasite/base/embed.h"
#include "datasite/base/enc.h"
#include "datasite/core/audit.h"
#include "datasite/core/event.h"
#include "datasite/core/keys.h"
#include "datasite/core/settings.h"
#include "datasite/core/site.h"
#include "policies/policy.h"

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

/* Ready is a server whose database answers and whose jail holds. */
enum err
readyz_get(struct request *rq, struct reply *rp)
{
    const struct site *site = rq->cx->site;
    int64_t seq;

    TRY(query_end(rq));
    TRY(event_latest(rq->cx, &seq));
    if (!site->jail_ok)
        return FAIL(&rq->cx->diag, ERR_SANDBOX, "the sandbox failed its self-test");
    return reply_json(rq, rp, 200,
        json_pack("{s:s, s:s}", "status", "ready", "sandbox", site->jail_level));
}

static void
metric(
    struct buf *b, const char *name, const char *type, const char *help, int64_t value)
{
    buf_addf(b, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name, type, name,
        (long long)value);
}

enum err
metrics_get(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    int64_t entries, events;
    struct digest head;
    const char *text;
    BUF_SCOPE(b);

    TRY(query_end(rq));
    TRY(audit_head(cx, &entries, &head));
    TRY(event_latest(cx, &events));
    buf_init(&b, 64 << 10);
    metric(&b, "datasite_up", "gauge", "The server answers.", 1);
    metric(&b, "datasite_sandbox_ready", "gauge", "The sandbox passed its self-test.",
        cx->site->jail_ok);
    metric(&b, "datasite_audit_entries_total", "counter", "Entries of the audit log.",
        entries);
    metric(&b, "datasite_events_total", "counter", "Events told to those concerned.",
        events);
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
        json_pack("{s:s, s:s, s:s}", "name", settings.site_name, "version", version,
            "key", key));
}

enum err
policies_list(struct request *rq, struct reply *rp)
{
    json_auto_t *items = json_array();
    const char *last = NULL;
    struct page page;
    size_t i;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    for (i = 0; i < policy_packs_n() && json_array_size(items) < (size_t)page.limit;
         i++) {
        const char *name = policy_pack_name(i); /* in the order of their names */
        json_t *doc;

        if (page.after != NULL && strcmp(name, page.after) <= 0)
            continue;
        TRY(policy_pack(&rq->cx->diag, str_of(name), &doc));
        json_array_append_new(items,
            json_pack("{s:s, s:O, s:o}", "name", name, "title",
                json_object_get(doc, "title"), "document", doc));
        last = name;
    }
    return reply_page(rq, rp, json_incref(items), i < policy_packs_n() ? last : NULL);
}
