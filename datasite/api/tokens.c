/* tokens.c -- bearer tokens of the person who asks. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_people.h"

enum err
tokens_list(struct request *rq, struct reply *rp)
{
    struct token *list;
    struct page page;
    json_t *items;
    size_t n;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    TRY(token_list(rq->cx, page.after, page.limit + 1, &list, &n));
    items = json_array();
    for (size_t i = 0; i < n && i < (size_t)page.limit; i++)
        json_array_append_new(items, token_to_json(&list[i]));
    return reply_page(
        rq, rp, items, n > (size_t)page.limit ? list[page.limit - 1].id : NULL);
}

enum err
tokens_create(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    json_int_t days = TOKEN_DAYS_DEFAULT;
    uint64_t scopes = SCOPES_ALL;
    char text[TOKEN_TEXT_BYTES];
    json_t *asked = NULL, *doc;
    struct token token;
    const char *name;

    TRY(query_end(rq));
    TRY(json_take(&cx->diag, rq->body, "{s:s, s?o, s?I !}", "name", &name, "scopes",
        &asked, "expires_in_days", &days));
    TRY(scopes_take(&cx->diag, asked, &scopes));
    TRY(token_create(cx, name, scopes, days, &token, text));
    doc = token_to_json(&token);
    json_object_set_new(doc, "token", json_string(text));
    return reply_created(rq, rp, doc, "/api/v1/tokens/%s", token.id);
}

enum err
tokens_delete(struct request *rq, struct reply *rp)
{
    TRY(query_end(rq));
    TRY(token_revoke(rq->cx, rq->param[0]));
    return reply_none(rp);
}
