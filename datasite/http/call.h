/* call.h -- a request on its way between the HTTP thread and those who work on it.
 *
 * One thread of the HTTP library moves bytes and runs handlers that are quick. All others
 * run on a crew: the connection is suspended and resumed when the answer stands.
 *
 *     FRESH    the head has come; checked in the first callback, before any body byte
 *     BODY     the body comes in, into x.body or through the upload's window
 *     AWAY     a crew or the watch has it; the connection is suspended (or swallows)
 *     READY    the answer stands
 *     SENT     the library has it                                                     */
#ifndef DATASITE_HTTP_CALL_H
#define DATASITE_HTTP_CALL_H

#include "datasite/http/crew.h"
#include "datasite/http/exchange.h"
#include "datasite/http/stream.h"
#include "datasite/http/watch.h"

#include <pthread.h>
#include <stdatomic.h>

enum phase {
    PHASE_FRESH,
    PHASE_BODY,
    PHASE_AWAY,
    PHASE_READY,
    PHASE_SENT
};

/* Who works on calls, and how a connection of the library is held. */
struct works {
    struct service service;
    struct crew *crew;    /* handlers */
    struct crew *loaders; /* uploads: long, so on threads of their own */
    struct watch *watch;
    void (*suspend)(void *connection);
    void (*resume)(void *connection);
    atomic_bool is_stopping;
    atomic_int open; /* calls that the library has not let go of */
};

struct call {
    struct exchange x;
    struct works *works;
    void *connection; /* the library's */
    struct peer *peer;
    const char *target; /* in the library's buffer: a place, no longer the text */
    enum phase phase;   /* the HTTP thread's, but for AWAY -> READY under lock */
    struct task task;
    struct waiter waiter;
    struct monous wait_until;
    struct stream stream;
    bool has_stream;
    int64_t excess_bytes;
    pthread_mutex_t lock;
    int refs; /* the library's and that of whoever works on it */
    bool is_suspended;
    bool is_gone; /* the library has let go of the connection */
};

/* NULL: no memory. */
struct call *call_new(struct works *w, void *connection);
/* The library lets go of the connection, and of its reference. */
void call_end(struct call *call);
enum phase call_phase(struct call *call);

/* For the HTTP thread. An upload has a window (false: no memory) … */
bool call_upload(struct call *call);
/* … that a loader empties … */
void call_load(struct call *call);
/* … and that may be full: *n is what did not fit, and the connection then waits … */
void call_upload_put(struct call *call, const void *p, size_t *n);
/* … until this was all of it. */
void call_upload_end(struct call *call);
/* The call is whole; a crew runs it, or it waits for what happens. */
void call_away(struct call *call);
/* Suspends until whoever has the call is ready with it. */
void call_await(struct call *call);
/* The answer is sent as it comes. */
void call_stream(struct call *call);

#endif
