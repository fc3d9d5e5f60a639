/* request.c -- what handlers ask of a request. */
#include "datasite/http/request.h"

#include "datasite/base/fdio.h"
#include "datasite/http/exchange.h"
#include "datasite/http/upload.h"

#include <stdio.h>
#include <string.h>

#define POUR_BYTES (64 << 10)

static struct exchange *
exchange_of(struct request *rq)
{
    return rq->http;
}

const char *
query_text(struct request *rq, const char *name)
{
    struct target *t = &exchange_of(rq)->target;

    for (size_t i = 0; i < t->query_n; i++) {
        if (strcmp(t->query[i].name, name) != 0)
            continue;
        t->query[i].was_read = true;
        return t->query[i].value;
    }
    return NULL;
}

static enum err
query_fail(struct request *rq, const char *name, const char *what)
{
    char field[128];

    snprintf(field, sizeof field, "/query/%.100s", name);
    return FAIL_FIELD(
        &rq->cx->diag, ERR_INVALID, field, "The query parameter %.60s %s.", name, what);
}

enum err
query_int(struct request *rq, const char *name, int64_t lo, int64_t hi,
    int64_t otherwise, int64_t *out)
{
    const char *text = query_text(rq, name);
    char range[80];

    *out = otherwise;
    if (text == NULL)
        return ERR_OK;
    if (str_fixed(str_of(text), 0, out) && *out >= lo && *out <= hi)
        return ERR_OK;
    snprintf(range, sizeof range, "must be a whole number from %lld to %lld",
        (long long)lo, (long long)hi);
    return query_fail(rq, name, range);
}

enum err
query_end(struct request *rq)
{
    const struct target *t = &exchange_of(rq)->target;

    for (size_t i = 0; i < t->query_n; i++) {
        if (!t->query[i].was_read)
            return query_fail(rq, t->query[i].name, "is not known here");
    }
    return ERR_OK;
}

const char *
request_header(struct request *rq, const char *name)
{
    struct exchange *x = exchange_of(rq);
    struct str value = head_value(&x->head, name);

    return value.ptr == NULL ? NULL : arena_strn(x->kept, value.ptr, value.len);
}

const char *
request_cookie(struct request *rq, const char *name)
{
    const char *at = request_header(rq, "Cookie");
    size_t name_len = strlen(name);

    while (at != NULL && *at != '\0') {
        size_t n;

        at += strspn(at, " ;");
        n = strcspn(at, ";");
        if (n > name_len && at[name_len] == '=' && memcmp(at, name, name_len) == 0) {
            return arena_strn(
                exchange_of(rq)->kept, at + name_len + 1, n - name_len - 1);
        }
        at += n;
    }
    return NULL;
}

const char *
request_address(struct request *rq)
{
    return exchange_of(rq)->address;
}

void
request_traffic(struct request *rq, struct buf *out)
{
    traffic_text(exchange_of(rq)->service->traffic, out);
}

/* Whether a list such as `"a", W/"b"` or `*` holds the tag. Ours are strong; one that comes
 * back weak went through a proxy that packed the answer: good enough to know what one has,
 * not to say what one changes. */
static bool
tags_hold(const char *list, const char *etag, bool weak_will_do)
{
    size_t len = strlen(etag);

    while (*list != '\0') {
        size_t n;

        list += strspn(list, " \t,");
        if (weak_will_do && strncmp(list, "W/", 2) == 0)
            list += 2;
        n = strcspn(list, ",");
        while (n > 0 && (list[n - 1] == ' ' || list[n - 1] == '\t'))
            n--;
        if (n == 1 && *list == '*')
            return true;
        if (n == len + 2 && list[0] == '"' && list[n - 1] == '"' &&
            memcmp(list + 1, etag, len) == 0) {
            return true;
        }
        list += n;
        list += strcspn(list, ",");
    }
    return false;
}

enum err
precondition_match(struct request *rq, const char *etag)
{
    const char *sent = request_header(rq, "If-Match");

    if (sent == NULL) {
        if ((rq->route->flags & IF_MATCH) != 0) {
            return FAIL(
                &rq->cx->diag, ERR_PRECONDITION, "Send If-Match with the ETag.");
        }
        return ERR_OK;
    }
    if (tags_hold(sent, etag, false))
        return ERR_OK;
    return FAIL(&rq->cx->diag, ERR_STALE,
        "It has changed since the ETag in If-Match; look again.");
}

bool
request_knows_tag(struct request *rq, const char *etag)
{
    const char *sent = request_header(rq, "If-None-Match");

    return sent != NULL && tags_hold(sent, etag, true);
}

enum err
request_pour(struct request *rq, int fd)
{
    char *chunk = arena_array(rq->cx->arena, 1, POUR_BYTES);
    size_t got;

    if (rq->upload == NULL) /* an empty body */
        return ERR_OK;
    if (chunk == NULL)
        return FAIL(&rq->cx->diag, ERR_TOO_LARGE, "this needs too much memory");
    do {
        TRY(upload_read(rq->upload, &rq->cx->diag, chunk, POUR_BYTES, &got));
        TRY(fd_write_all(&rq->cx->diag, fd, chunk, got));
    } while (got > 0);
    return ERR_OK;
}
