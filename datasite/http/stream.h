/* stream.h -- an event stream on its way out: asks the handler after every commit, keeps
 * what the client has not read yet, and says now and then that it is still there. */
#ifndef DATASITE_HTTP_STREAM_H
#define DATASITE_HTTP_STREAM_H

#include "datasite/http/crew.h"
#include "datasite/http/exchange.h"
#include "datasite/http/watch.h"

#include <pthread.h>

struct stream {
    struct exchange *x; /* its reply has stream_next */
    struct crew *crew;
    struct watch *watch;
    /* Called with the stream's lock held, never at the same time. */
    void (*suspend)(void *arg); /* there is nothing to give */
    void (*resume)(void *arg);  /* there is something, or the end */
    void (*done)(void *arg);    /* once, last: the stream needs nothing any more */
    void *arg;
    /* the stream's own */
    pthread_mutex_t lock;
    struct task task;
    struct waiter waiter;
    struct buf pending;
    size_t sent;
    struct monous until;
    bool is_over, is_cut;
};

/* The members above are set; starts to look for events. */
void stream_begin(struct stream *s);
/* Bytes for the client: 0, none now (suspend was called); -1, the end. */
ssize_t stream_give(struct stream *s, char *to, size_t max);
/* The client is gone: resume and suspend are not called any more. */
void stream_cut(struct stream *s);
void stream_release(struct stream *s);

#endif
