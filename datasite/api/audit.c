/* audit.c -- the audit log, its signed head and checkpoints, and its export. */
#include "datasite/api/routes.h"
#include "datasite/core/checkpoint.h"
#include "datasite/core/site.h"

#include <stdio.h>
#include <string.h>

#define EXPORT_BYTES_MAX   ((size_t)32 << 20)
#define EXPORT_ENTRIES_MAX 1000000

/* "oldest", as without one, or "newest". */
static enum err
take_order(struct request *rq, bool *newest_first)
{
    const char *order = query_text(rq, "order");

    *newest_first = order != NULL && strcmp(order, "newest") == 0;
    if (order != NULL && !*newest_first && strcmp(order, "oldest") != 0)
        return FAIL_FIELD(
            &rq->cx->diag, ERR_INVALID, "/query/order", "order is oldest or newest");
    return ERR_OK;
}

enum err
audit_list(struct request *rq, struct reply *rp)
{
    struct audit_filter filter;
    struct audit_entry *list;
    struct page page;
    int64_t after;
    json_t *items;
    size_t n;

    TRY(page_take_seq(rq, &page, &after));
    filter = (struct audit_filter){.verb = query_text(rq, "verb"),
        .actor = query_text(rq, "actor"),
        .subject = query_text(rq, "subject")};
    TRY(take_order(rq, &filter.newest_first));
    TRY(query_end(rq));
    TRY(audit_entries(rq->cx, &filter, after, page.limit + 1, &list, &n));
    items = json_array();
    for (size_t i = 0; i < n && i < (size_t)page.limit; i++)
        json_array_append_new(items, audit_entry_json(&list[i]));
    return reply_page(rq, rp, items,
        n > (size_t)page.limit ? seq_key(rq->cx, list[page.limit - 1].seq) : NULL);
}

enum err
audit_head_get(struct request *rq, struct reply *rp)
{
    json_auto_t *doc = NULL;
    struct digest head;
    int64_t entries;
    char hex[65];

    TRY(query_end(rq));
    TRY(audit_head(rq->cx, &entries, &head));
    doc = json_pack(
        "{s:I, s:s}", "entries", (json_int_t)entries, "head", digest_text(head, hex));
    TRY(head_sign(&rq->cx->diag, rq->cx->site->keys, doc));
    return reply_json(rq, rp, 200, json_incref(doc));
}

enum err
audit_checkpoints_list(struct request *rq, struct reply *rp)
{
    struct checkpoint *list;
    struct page page;
    int64_t after;
    json_t *items;
    size_t n;

    TRY(page_take_seq(rq, &page, &after));
    TRY(query_end(rq));
    TRY(checkpoint_list(rq->cx, after, page.limit + 1, &list, &n));
    items = json_array();
    for (size_t i = 0; i < n && i < (size_t)page.limit; i++)
        json_array_append_new(items, checkpoint_json(&list[i]));
    return reply_page(rq, rp, items,
        n > (size_t)page.limit ? seq_key(rq->cx, list[page.limit - 1].entries) : NULL);
}

/* The newest one, made now where there was something new to sign. */
enum err
audit_checkpoints_create(struct request *rq, struct reply *rp)
{
    struct checkpoint c;

    TRY(query_end(rq));
    TRY(json_take(&rq->cx->diag, rq->body, "{!}"));
    TRY(checkpoint_make(rq->cx, &c));
    return reply_created(rq, rp, checkpoint_json(&c), "/api/v1/audit/checkpoints");
}

enum err
audit_export(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    int64_t after, limit;
    struct str text;
    BUF_SCOPE(lines);

    TRY(query_int(rq, "after", 0, INT64_MAX, 0, &after));
    TRY(query_int(rq, "limit", 1, EXPORT_ENTRIES_MAX, EXPORT_ENTRIES_MAX, &limit));
    TRY(query_end(rq));
    buf_init(&lines, EXPORT_BYTES_MAX);
    TRY(audit_export_lines(cx, after, limit, &lines));
    text = (struct str){arena_strn(cx->arena, lines.ptr, lines.len), lines.len};
    if (text.ptr == NULL)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
    snprintf(rp->disposition, sizeof rp->disposition,
        "attachment; filename=\"audit.jsonl\"");
    return reply_bytes(rp, "application/jsonl", text);
}
