/* exchange.h -- one request from its head to its answer, in steps that know no sockets.
 *
 * server.c and call.c call the steps in this order, on their threads; each step that fails
 * leaves a problem document as the answer.
 *
 *     exchange_open    the head is sound, the address is known, the body may come
 *     exchange_admit   who asks, and may they (guard.c)
 *     exchange_body    the body is what the route reads
 *     exchange_run     the handler, once; again for long polls */
#ifndef DATASITE_HTTP_EXCHANGE_H
#define DATASITE_HTTP_EXCHANGE_H

#include "datasite/core/site.h"
#include "datasite/http/asset.h"
#include "datasite/http/gate.h"
#include "datasite/http/head.h"
#include "datasite/http/request.h"
#include "datasite/http/target.h"
#include "datasite/http/traffic.h"

#define ANSWER_FIELDS_MAX 24

/* What goes out. bytes, names and values live as long as the exchange. */
struct answer {
    int status;
    struct str bytes;
    bool closes;    /* the connection ends with it */
    bool is_stream; /* bytes come from rp.stream_next */
    size_t fields_n;
    struct {
        const char *name, *value;
    } field[ANSWER_FIELDS_MAX];
};

/* What all exchanges of one server share. */
struct service {
    struct site *site;
    struct gate *gate;
    struct assets *assets;
    struct traffic *traffic;
};

struct exchange {
    const struct service *service;
    struct site *site;
    struct arena *kept; /* as long as the exchange */
    struct arena *work; /* as long as one run of the handler: cx.arena */
    struct head head;
    struct target target;
    char address[48];
    const struct asset *asset; /* a file is asked for, not a route */
    const struct route *route;
    unsigned allow; /* methods of the path */
    bool is_options;
    int64_t body_bytes;    /* 0 none, -1 not told */
    struct buf body;       /* whole bodies */
    struct upload *upload; /* of UPLOAD routes; owned by the call */
    uint64_t seen;         /* event_seen() before the last run */
    int64_t wait_s;        /* Prefer: wait, of a GET with If-None-Match */
    struct ctx cx;
    struct request rq;
    struct reply rp;
    struct buf text; /* of a JSON answer */
    struct answer answer;
};

/* false: no memory. release frees what the exchange holds, not x itself. */
bool exchange_init(struct exchange *x, const struct service *service);
void exchange_release(struct exchange *x);

/* Each step returns whether the exchange goes on; if not, x->answer is complete. */
bool exchange_open(struct exchange *x);
bool exchange_admit(struct exchange *x);
bool exchange_body(struct exchange *x);
void exchange_run(struct exchange *x);
/* Forgets the last run and asks again who is calling: before another exchange_run. */
bool exchange_again(struct exchange *x);
/* Whether the answer is "not changed" and the caller would rather wait. */
bool exchange_would_wait(const struct exchange *x);
/* Makes the answer the problem that cx.diag holds. */
bool exchange_refuse(struct exchange *x, enum err code);

#endif
