/* upload.c -- a bounded ring between the thread of the connection and the handler's. */
#include "datasite/http/upload.h"

#include "datasite/base/check.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct upload {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    void (*drained)(void *arg);
    void *arg;
    size_t start, len; /* of what the ring holds */
    int64_t bytes, bytes_max;
    bool is_paused, is_ended, is_aborted, is_discarding;
    unsigned char ring[UPLOAD_WINDOW_BYTES];
};

struct upload *
upload_new(int64_t bytes_max, void (*drained)(void *arg), void *arg)
{
    struct upload *u = calloc(1, sizeof *u);

    if (u == NULL)
        return NULL;
    CHECK(pthread_mutex_init(&u->lock, NULL) == 0);
    CHECK(pthread_cond_init(&u->filled, NULL) == 0);
    u->bytes_max = bytes_max;
    u->drained = drained;
    u->arg = arg;
    return u;
}

void
upload_free(struct upload *u)
{
    if (u == NULL)
        return;
    pthread_cond_destroy(&u->filled);
    pthread_mutex_destroy(&u->lock);
    free(u);
}

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Copies into the free part, which may wrap around. Precondition: n bytes fit. */
static void
ring_put(struct upload *u, const unsigned char *p, size_t n)
{
    size_t at = (u->start + u->len) % UPLOAD_WINDOW_BYTES;
    size_t first = least(n, UPLOAD_WINDOW_BYTES - at);

    memcpy(u->ring + at, p, first);
    memcpy(u->ring, p + first, n - first);
    u->len += n;
}

static void
ring_take(struct upload *u, unsigned char *p, size_t n)
{
    size_t first = least(n, UPLOAD_WINDOW_BYTES - u->start);

    memcpy(p, u->ring + u->start, first);
    memcpy(p + first, u->ring, n - first);
    u->start = (u->start + n) % UPLOAD_WINDOW_BYTES;
    u->len -= n;
}

size_t
upload_put(struct upload *u, const void *p, size_t n)
{
    size_t taken;

    pthread_mutex_lock(&u->lock);
    taken = least(n, UPLOAD_WINDOW_BYTES - u->len);
    if (u->is_discarding || u->bytes > u->bytes_max) {
        taken = n;
    } else {
        ring_put(u, p, taken);
    }
    u->bytes += (int64_t)taken;
    pthread_cond_signal(&u->filled);
    pthread_mutex_unlock(&u->lock);
    return taken;
}

/* Runs without the lock: drained may put at once. */
static void
wake_if(struct upload *u, bool is_needed)
{
    if (is_needed)
        u->drained(u->arg);
}

void
upload_pause(struct upload *u)
{
    bool has_room;

    pthread_mutex_lock(&u->lock);
    has_room = u->is_discarding || u->len < UPLOAD_WINDOW_BYTES;
    u->is_paused = !has_room;
    pthread_mutex_unlock(&u->lock);
    wake_if(u, has_room);
}

void
upload_end(struct upload *u)
{
    pthread_mutex_lock(&u->lock);
    u->is_ended = true;
    pthread_cond_signal(&u->filled);
    pthread_mutex_unlock(&u->lock);
}

void
upload_abort(struct upload *u)
{
    pthread_mutex_lock(&u->lock);
    u->is_aborted = !u->is_ended;
    pthread_cond_signal(&u->filled);
    pthread_mutex_unlock(&u->lock);
}

int64_t
upload_bytes(struct upload *u)
{
    int64_t n;

    pthread_mutex_lock(&u->lock);
    n = u->bytes;
    pthread_mutex_unlock(&u->lock);
    return n;
}

bool
upload_is_paused(struct upload *u)
{
    bool yes;

    pthread_mutex_lock(&u->lock);
    yes = u->is_paused;
    pthread_mutex_unlock(&u->lock);
    return yes;
}

void
upload_discard(struct upload *u)
{
    bool was_paused;

    pthread_mutex_lock(&u->lock);
    u->is_discarding = true;
    u->len = 0;
    was_paused = u->is_paused;
    u->is_paused = false;
    pthread_mutex_unlock(&u->lock);
    wake_if(u, was_paused);
}

/* Half a window is let free before the connection goes on: fewer, larger steps. */
static bool
unpause(struct upload *u)
{
    bool wakes = u->is_paused && u->len <= UPLOAD_WINDOW_BYTES / 2;

    if (wakes)
        u->is_paused = false;
    return wakes;
}

enum err
upload_read(struct upload *u, struct diag *d, void *p, size_t n, size_t *got)
{
    bool is_aborted, is_long, wakes;

    pthread_mutex_lock(&u->lock);
    while (u->len == 0 && !u->is_ended && !u->is_aborted && u->bytes <= u->bytes_max)
        pthread_cond_wait(&u->filled, &u->lock);
    is_aborted = u->is_aborted;
    is_long = u->bytes > u->bytes_max;
    *got = is_aborted || is_long ? 0 : least(n, u->len);
    ring_take(u, p, *got);
    wakes = unpause(u);
    pthread_mutex_unlock(&u->lock);
    wake_if(u, wakes);
    if (is_aborted)
        return FAIL(d, ERR_IO, "the client went away");
    if (is_long)
        return FAIL(d, ERR_TOO_LARGE, "The body is longer than this resource takes.");
    return ERR_OK;
}
