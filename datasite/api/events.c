/* events.c -- GET /events: what changed, to those who may know, as it happens. */
#include "datasite/core/event.h"

#include "datasite/api/routes.h"

#define EVENTS_AT_ONCE 200

struct reader {
    int64_t after; /* everything up to here was told, or is not for this reader */
};

static enum err
events_next(struct ctx *cx, void *state, struct buf *out)
{
    struct reader *reader = state;
    struct event *list;
    size_t n;

    TRY(event_since(cx, reader->after, EVENTS_AT_ONCE, &list, &n, &reader->after));
    for (size_t i = 0; i < n; i++)
        TRY(event_text(&cx->diag, &list[i], out));
    return ERR_OK;
}

/* Without Last-Event-ID, or with one that is not ours, the stream begins now. */
enum err
events_stream(struct request *rq, struct reply *rp)
{
    const char *last = request_header(rq, "Last-Event-ID");
    struct ctx *cx = rq->cx;
    struct reader *reader;

    TRY(query_end(rq));
    NEW(cx, reader, 1);
    if (last == NULL || !str_fixed(str_of(last), 0, &reader->after))
        TRY(event_latest(cx, &reader->after));
    return reply_stream(rq, rp, events_next, reader);
}
