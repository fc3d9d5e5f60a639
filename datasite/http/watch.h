/* watch.h -- one thread that wakes what sleeps: when something was committed, or in time. */
#ifndef DATASITE_HTTP_WATCH_H
#define DATASITE_HTTP_WATCH_H

#include "datasite/base/err.h"
#include "datasite/base/units.h"

struct waiter {
    uint64_t seen; /* event_seen() when it looked last */
    struct monous deadline;
    void (*wake)(void *arg); /* on the watch's thread or the caller's; must not wait */
    void *arg;
    struct waiter *next, *prev; /* the watch's own */
    bool is_listed;
};
struct watch;

/* tick(arg) runs about once a second. */
enum err watch_start(
    struct diag *d, void (*tick)(void *arg), void *arg, struct watch **out) NODISCARD;
/* Wakes it once: at once when something has been committed since `seen`. */
void watch_add(struct watch *w, struct waiter *x);
/* False: it was not listed, for it has been woken. */
bool watch_remove(struct watch *w, struct waiter *x);
/* Wakes everybody, and from now on at once. watch_free comes later. */
void watch_stop(struct watch *w);
void watch_free(struct watch *w);

#endif
