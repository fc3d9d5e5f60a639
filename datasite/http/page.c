/* page.c -- lists, page by page: which page is asked for, and how one is answered. */
#include "datasite/base/digest.h"
#include "datasite/base/enc.h"
#include "datasite/http/request.h"

#include <string.h>

/* A cursor is the key of the last item behind a mark of list and key: one of another list
 * or with a letter gone is refused instead of being taken for some place in this list. It
 * keeps out mistakes, not forgers, who learn nothing that the list would not tell. */
#define MARK_BYTES    6
#define KEY_BYTES_MAX 256

static enum err
no_memory(struct request *rq)
{
    return FAIL(&rq->cx->diag, ERR_TOO_LARGE, "this needs too much memory");
}

static enum err
not_of_this_list(struct request *rq)
{
    return FAIL_FIELD(&rq->cx->diag, ERR_INVALID, "/query/cursor",
        "The cursor is not the next_cursor of this list.");
}

static struct digest
mark_of(const struct request *rq, struct str key)
{
    struct digest path = digest_bytes(str_of(rq->path));

    return digest_keyed(path.b, key);
}

static json_t *
cursor_json(const struct request *rq, const char *key)
{
    struct str k = str_of(key);
    struct digest mark = mark_of(rq, k);
    char bytes[MARK_BYTES + KEY_BYTES_MAX], text[2 * sizeof bytes];

    if (k.len > KEY_BYTES_MAX)
        return NULL;
    memcpy(bytes, mark.b, MARK_BYTES);
    memcpy(bytes + MARK_BYTES, k.ptr, k.len);
    return json_string(base64url_text(bytes, MARK_BYTES + k.len, text));
}

static enum err
cursor_take(struct request *rq, const char **after)
{
    const char *text = query_text(rq, "cursor");
    char bytes[MARK_BYTES + KEY_BYTES_MAX];
    struct str key;
    size_t n;

    *after = NULL;
    if (text == NULL)
        return ERR_OK;
    if (!base64url_parse(str_of(text), bytes, sizeof bytes, &n) || n <= MARK_BYTES)
        return not_of_this_list(rq);
    key = (struct str){bytes + MARK_BYTES, n - MARK_BYTES};
    if (memcmp(mark_of(rq, key).b, bytes, MARK_BYTES) != 0 ||
        memchr(key.ptr, '\0', key.len) != NULL || !str_utf8_ok(key))
        return not_of_this_list(rq);
    *after = arena_strn(rq->cx->arena, key.ptr, key.len);
    return *after != NULL ? ERR_OK : no_memory(rq);
}

enum err
page_take(struct request *rq, struct page *out)
{
    TRY(query_int(rq, "limit", 1, PAGE_ITEMS_MAX, PAGE_ITEMS_DEFAULT, &out->limit));
    return cursor_take(rq, &out->after);
}

enum err
page_take_seq(struct request *rq, struct page *out, int64_t *after)
{
    *after = 0;
    TRY(page_take(rq, out));
    if (out->after == NULL || (str_fixed(str_of(out->after), 0, after) && *after >= 0))
        return ERR_OK;
    return not_of_this_list(rq);
}

enum err
reply_page(struct request *rq, struct reply *rp, json_t *items, const char *last_key)
{
    json_t *cursor = last_key == NULL ? json_null() : cursor_json(rq, last_key);

    return reply_json(
        rq, rp, 200, json_pack("{s:o, s:o}", "items", items, "next_cursor", cursor));
}

const char *
seq_key(struct ctx *cx, int64_t seq)
{
    return arena_strf(cx->arena, "%lld", (long long)seq);
}

enum err
reply_walk(struct request *rq, struct reply *rp, const struct page *page,
    item_next *next, const void *list)
{
    json_auto_t *items = json_array();
    const char *last = NULL;
    bool more;

    for (int64_t i = 0; i <= page->limit; i++) {
        struct item item = {0};

        TRY(next(rq->cx, list, &item, &more));
        if (!more)
            break;
        if (i == page->limit) {
            json_decref(item.json);
            break;
        }
        if (json_array_append_new(items, item.json) != 0)
            return FAIL(&rq->cx->diag, ERR_INTERNAL, "an item could not be made");
        last = item.key;
    }
    return reply_page(rq, rp, json_incref(items), more ? last : NULL);
}
