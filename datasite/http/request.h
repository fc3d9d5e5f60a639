/* request.h -- what handlers may ask of a request, and how they answer. */
#ifndef DATASITE_HTTP_REQUEST_H
#define DATASITE_HTTP_REQUEST_H

#include "datasite/http/router.h"

/* Query parameters: each is checked off as it is read; one that no handler read is 400
 * (query_end). NULL: absent. */
const char *query_text(struct request *rq, const char *name);
enum err query_int(struct request *rq, const char *name, int64_t lo, int64_t hi,
    int64_t otherwise, int64_t *out) NODISCARD;
enum err query_end(struct request *rq) NODISCARD;
const char *request_header(struct request *rq, const char *name);
const char *request_cookie(struct request *rq, const char *name); /* NULL: absent */
const char *request_address(struct request *rq); /* the peer's, without the port */
void request_traffic(
    struct request *rq, struct buf *out); /* counters, as Prometheus text */
/* ERR_STALE unless If-Match names this ETag (or *). */
enum err precondition_match(struct request *rq, const char *etag) NODISCARD;
/* Whether If-None-Match names this ETag. Handlers need not ask: the server does. */
bool request_knows_tag(struct request *rq, const char *etag);
/* Copies the body of an UPLOAD into a descriptor (a pipe to the ingester), as it comes.
 * ERR_IO: the client went away. */
enum err request_pour(struct request *rq, int fd) NODISCARD;

/* A handler that fails may leave an object in reply.json: its members join the problem
 * document ("errors" with many places, for one).
 *
 * Answers. json is consumed; NULL json is ERR_INTERNAL (no memory). */
enum err reply_json(
    struct request *rq, struct reply *rp, int status, json_t *json) NODISCARD;
enum err reply_created(struct request *rq, struct reply *rp, json_t *json,
    const char *location_fmt, ...) __attribute__((format(printf, 4, 5))) NODISCARD;
enum err reply_none(struct reply *rp) NODISCARD; /* 204 */
enum err reply_bytes(struct reply *rp, const char *type, struct str bytes) NODISCARD;
/* ETag from the resource's revision; handles If-None-Match (304). Prefer: wait is the
 * server's business: it calls the handler again until the ETag differs. */
void reply_etag(struct reply *rp, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Event streams (routes with SSE). next appends whole events ("id: …\nevent: …\ndata: …\n\n")
 * that came after those it gave before, and may append none. The server calls it at once,
 * then after every commit (event_wake), on a worker thread, one call at a time, each with a
 * context of its own: cx->db reads, cx->arena lives for the call. state lives as long as
 * rq->cx->arena. Streams end after STREAM_LIFE_S: the client comes back with Last-Event-ID
 * and is asked for its credentials again. */
#define STREAM_LIFE_S 900
enum err reply_stream(struct request *rq, struct reply *rp,
    enum err (*next)(struct ctx *cx, void *state, struct buf *out),
    void *state) NODISCARD;

/* Lists: {items:[…], next_cursor}. A cursor is an opaque text made of the last item's key;
 * only the list that gave it takes it back. */
struct page {
    int64_t limit;
    const char *after; /* decoded key, NULL at the start */
};
enum err page_take(struct request *rq, struct page *out) NODISCARD; /* limit, cursor */
/* For a list whose keys are numbers: the last one seen, 0 at the start. */
enum err page_take_seq(struct request *rq, struct page *out, int64_t *after) NODISCARD;
/* items is consumed; last_key NULL: no more. */
enum err reply_page(struct request *rq, struct reply *rp, json_t *items,
    const char *last_key) NODISCARD;
const char *seq_key(struct ctx *cx, int64_t seq); /* of a number, in arena memory */

/* A list whose items come one by one, of which one more was asked for than fit on the page:
 * next gives the next one and its key, or ends with *more false. */
struct item {
    json_t *json; /* NULL: no memory */
    const char *key;
};
typedef enum err item_next(
    struct ctx *cx, const void *list, struct item *out, bool *more);
enum err reply_walk(struct request *rq, struct reply *rp, const struct page *page,
    item_next *next, const void *list) NODISCARD;

#endif
