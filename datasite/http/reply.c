/* reply.c -- how handlers answer. */
#include "datasite/http/request.h"

#include <stdio.h>

enum err
reply_json(struct request *rq, struct reply *rp, int status, json_t *json)
{
    if (json == NULL)
        return FAIL(&rq->cx->diag, ERR_INTERNAL, "an answer could not be made");
    json_decref(rp->json);
    rp->json = json;
    rp->status = status;
    return ERR_OK;
}

enum err
reply_created(
    struct request *rq, struct reply *rp, json_t *json, const char *location_fmt, ...)
{
    va_list ap;
    int n;

    TRY(reply_json(rq, rp, 201, json));
    va_start(ap, location_fmt);
    n = vsnprintf(rp->location, sizeof rp->location, location_fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof rp->location)
        return FAIL(&rq->cx->diag, ERR_INTERNAL, "a location is too long");
    return ERR_OK;
}

enum err
reply_none(struct reply *rp)
{
    rp->status = 204;
    return ERR_OK;
}

enum err
reply_bytes(struct reply *rp, const char *type, struct str bytes)
{
    rp->type = type;
    rp->bytes = bytes;
    return ERR_OK;
}

void
reply_etag(struct reply *rp, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(rp->etag, sizeof rp->etag, fmt, ap);
    va_end(ap);
}

enum err
reply_stream(struct request *rq, struct reply *rp,
    enum err (*next)(struct ctx *cx, void *state, struct buf *out), void *state)
{
    (void)rq;
    rp->stream_next = next;
    rp->stream_state = state;
    rp->type = "text/event-stream";
    return ERR_OK;
}
