/* peers.c -- a list of connections with what is awaited from each, since when. */
#include "datasite/http/peers.h"

#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "datasite/base/limits.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#define UPLOAD_BYTES_LEAST (16 << 10) /* in REQUEST_DEADLINE_S seconds */
#define SECOND_US          INT64_C(1000000)

struct peer {
    int fd;
    bool is_awaited;
    struct monous since;
    struct upload *upload;
    int64_t bytes_seen; /* of the upload, at `since` */
    struct peer *next, *prev;
};

struct peers {
    pthread_mutex_t lock;
    struct peer *first;
};

struct peers *
peers_new(void)
{
    struct peers *s = calloc(1, sizeof *s);

    if (s != NULL)
        CHECK(pthread_mutex_init(&s->lock, NULL) == 0);
    return s;
}

void
peers_free(struct peers *s)
{
    if (s == NULL)
        return;
    pthread_mutex_destroy(&s->lock);
    free(s);
}

struct peer *
peer_open(struct peers *s, int fd)
{
    struct peer *p = calloc(1, sizeof *p);

    CHECK(p != NULL);
    p->fd = fd;
    p->is_awaited = true;
    p->since = clock_mono();
    pthread_mutex_lock(&s->lock);
    p->next = s->first;
    if (p->next != NULL)
        p->next->prev = p;
    s->first = p;
    pthread_mutex_unlock(&s->lock);
    return p;
}

void
peer_close(struct peers *s, struct peer *p)
{
    pthread_mutex_lock(&s->lock);
    if (p->prev != NULL) {
        p->prev->next = p->next;
    } else {
        s->first = p->next;
    }
    if (p->next != NULL)
        p->next->prev = p->prev;
    pthread_mutex_unlock(&s->lock);
    free(p);
}

int
peer_fd(const struct peer *p)
{
    return p->fd;
}

static void
await(struct peers *s, struct peer *p, bool is_awaited, struct upload *u)
{
    pthread_mutex_lock(&s->lock);
    p->is_awaited = is_awaited;
    p->since = clock_mono();
    p->upload = u;
    p->bytes_seen = 0;
    pthread_mutex_unlock(&s->lock);
}

void
peer_head(struct peers *s, struct peer *p)
{
    await(s, p, true, NULL);
}

void
peer_body(struct peers *s, struct peer *p, struct upload *u)
{
    await(s, p, true, u);
}

void
peer_rest(struct peers *s, struct peer *p)
{
    await(s, p, false, NULL);
}

static bool
is_late(struct peer *p, struct monous now)
{
    int64_t bytes;

    if (!p->is_awaited || now.us - p->since.us <= REQUEST_DEADLINE_S * SECOND_US)
        return false;
    if (p->upload == NULL)
        return true;
    bytes = upload_bytes(p->upload);
    if (bytes - p->bytes_seen < UPLOAD_BYTES_LEAST && !upload_is_paused(p->upload))
        return true;
    p->bytes_seen = bytes;
    p->since = now;
    return false;
}

void
peers_cut_late(struct peers *s)
{
    struct monous now = clock_mono();

    pthread_mutex_lock(&s->lock);
    for (struct peer *p = s->first; p != NULL; p = p->next) {
        if (is_late(p, now))
            shutdown(p->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&s->lock);
}

void
peers_abort_uploads(struct peers *s)
{
    pthread_mutex_lock(&s->lock);
    for (struct peer *p = s->first; p != NULL; p = p->next) {
        if (p->upload != NULL)
            upload_abort(p->upload);
    }
    pthread_mutex_unlock(&s->lock);
}
