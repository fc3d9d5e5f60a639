/* router.h -- method and path to handler; the table says who may call and what it costs. */
#ifndef DATASITE_HTTP_ROUTER_H
#define DATASITE_HTTP_ROUTER_H

#include "datasite/core/ctx.h"

#define ROUTE_PARAMS_MAX 3

enum method {
    GET,
    POST,
    PUT,
    PATCH,
    DELETE,
    METHOD_N
};

enum route_flag {
    IF_MATCH = 1,   /* 428 without If-Match; the handler calls precondition_match */
    IDEMPOTENT = 2, /* honours Idempotency-Key */
    DECIDES = 4, /* reviews, releases, budgets: not by token unless tokens_may_decide */
    UPLOAD = 8,  /* text/csv, read with request_pour; cx->db reads (writer.h) */
    CSV_BODY = 16, /* text/csv body of at most body_max, whole, in request.text */
    SLOW = 32,     /* runs on the worker threads, never on the HTTP thread */
    SSE = 64,      /* an event stream */
    SESSION_ONLY = 128,
    NAME_BODY = 256 /* a JSON text will do as body, instead of an object */
};

#define ANYONE    0u
#define SIGNED_IN 255u /* any role, or none */

struct request {
    struct ctx *cx;
    enum method method;
    const char *path;                    /* decoded, NUL-terminated */
    const char *param[ROUTE_PARAMS_MAX]; /* {name} segments, in order */
    json_t *body; /* JSON object (or text: NAME_BODY), NULL when the route takes none */
    struct str text;       /* CSV_BODY */
    struct upload *upload; /* UPLOAD */
    const struct route *route;
    void *http; /* the exchange, for this floor alone */
};

struct reply {
    int status;       /* 0: 200 */
    json_t *json;     /* owned by the reply */
    struct str bytes; /* with type, instead of json; arena memory */
    const char *type; /* NULL: application/json */
    char etag[72];    /* without quotes; "" for none */
    char location[160];
    char set_cookie[256];
    char disposition[128];
    int retry_after_s;
    enum err (*stream_next)(struct ctx *cx, void *state, struct buf *out); /* SSE */
    void *stream_state;
};

struct route {
    enum method method;
    const char *path; /* "/api/v1/jobs/{id}" */
    const char *name; /* handler name: operationId of the document */
    enum err (*handle)(struct request *rq, struct reply *rp);
    unsigned roles; /* ANYONE, SIGNED_IN or roles, any of which will do */
    enum db_mode db;
    unsigned flags;
    size_t body_max; /* 0: a body is an error */
};

extern const struct route routes[]; /* datasite/api/routes.c */
extern const size_t routes_n;

/* NULL: no such path, or (*allow != 0) the path has other methods: a mask of 1 << method. */
const struct route *router_match(enum method m, const char *path, struct arena *a,
    const char *param[ROUTE_PARAMS_MAX], unsigned *allow);
/* No two rows match one path; run at start. */
enum err router_check_table(struct diag *d) NODISCARD;

#endif
