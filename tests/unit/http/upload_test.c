/* upload_test.c -- bytes arrive whole and in order through a bounded window. */
#include "datasite/http/upload.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

struct meter {
    atomic_int drained;
};

static void
note(void *arg)
{
    struct meter *m = arg;

    atomic_fetch_add(&m->drained, 1);
}

static unsigned char
byte_at(int64_t i)
{
    return (unsigned char)(i * 31 + i / 251);
}

struct source {
    struct upload *u;
    struct meter *m;
    int64_t bytes;
};

/* Puts in odd pieces; when full, pauses until drained. */
static void *
feed(void *arg)
{
    struct source *s = arg;
    unsigned char piece[4099];

    for (int64_t at = 0; at < s->bytes;) {
        size_t n = sizeof piece, taken;

        if ((int64_t)n > s->bytes - at)
            n = (size_t)(s->bytes - at);
        for (size_t i = 0; i < n; i++)
            piece[i] = byte_at(at + (int64_t)i);
        taken = upload_put(s->u, piece, n);
        at += (int64_t)taken;
        if (taken < n) {
            int before = atomic_load(&s->m->drained);
            upload_pause(s->u);
            while (atomic_load(&s->m->drained) == before)
                usleep(50);
        }
    }
    upload_end(s->u);
    return NULL;
}

Test(upload, all_bytes_in_order)
{
    struct meter m = {0};
    struct source s = {
        upload_new(1 << 30, note, &m), &m, 3 * UPLOAD_WINDOW_BYTES + 777};
    pthread_t thread;
    unsigned char got[1000];
    int64_t at = 0;
    size_t n;

    cr_assert_eq(pthread_create(&thread, NULL, feed, &s), 0);
    do {
        struct diag d = {0};

        cr_assert_eq(upload_read(s.u, &d, got, sizeof got, &n), ERR_OK);
        for (size_t i = 0; i < n; i++)
            cr_assert_eq(got[i], byte_at(at + (int64_t)i), "byte %lld",
                (long long)at + (long long)i);
        at += (int64_t)n;
    } while (n > 0);
    pthread_join(thread, NULL);
    cr_assert_eq(at, s.bytes);
    cr_assert_eq(upload_bytes(s.u), s.bytes);
    cr_assert_gt(atomic_load(&m.drained), 0);
    upload_free(s.u);
}

Test(upload, the_window_is_a_bound)
{
    struct meter m = {0};
    struct upload *u = upload_new(1 << 30, note, &m);
    char *much = calloc(1, 2 * UPLOAD_WINDOW_BYTES);

    cr_assert_eq(upload_put(u, much, 2 * UPLOAD_WINDOW_BYTES), UPLOAD_WINDOW_BYTES);
    cr_assert_eq(upload_put(u, much, 1), 0);
    free(much);
    upload_free(u);
}

Test(upload, a_client_that_goes_away_is_an_error)
{
    struct meter m = {0};
    struct upload *u = upload_new(100, note, &m);
    struct diag d = {0};
    char c;
    size_t n;

    cr_assert_eq(upload_put(u, "x", 1), 1);
    upload_abort(u);
    cr_assert_eq(upload_read(u, &d, &c, 1, &n), ERR_IO);
    cr_assert_eq(n, 0);
    upload_free(u);
}

Test(upload, going_away_after_the_end_is_none)
{
    struct meter m = {0};
    struct upload *u = upload_new(100, note, &m);
    struct diag d = {0};
    char c;
    size_t n;

    cr_assert_eq(upload_put(u, "x", 1), 1);
    upload_end(u);
    upload_abort(u);
    cr_assert_eq(upload_read(u, &d, &c, 1, &n), ERR_OK);
    cr_assert_eq(n, 1);
    cr_assert_eq(upload_read(u, &d, &c, 1, &n), ERR_OK);
    cr_assert_eq(n, 0);
    upload_free(u);
}

Test(upload, longer_than_allowed_is_an_error)
{
    struct meter m = {0};
    struct upload *u = upload_new(3, note, &m);
    struct diag d = {0};
    char c[8];
    size_t n;

    cr_assert_eq(upload_put(u, "abc", 3), 3);
    cr_assert_eq(upload_read(u, &d, c, sizeof c, &n), ERR_OK);
    cr_assert_eq(upload_put(u, "d", 1), 1);
    cr_assert_eq(upload_read(u, &d, c, sizeof c, &n), ERR_TOO_LARGE);
    upload_free(u);
}

Test(upload, what_nobody_wants_is_swallowed)
{
    struct meter m = {0};
    struct upload *u = upload_new(1 << 30, note, &m);
    char *much = calloc(1, 2 * UPLOAD_WINDOW_BYTES);

    cr_assert_eq(upload_put(u, much, UPLOAD_WINDOW_BYTES), UPLOAD_WINDOW_BYTES);
    upload_pause(u);
    cr_assert_eq(atomic_load(&m.drained), 0);
    upload_discard(u);
    cr_assert_eq(atomic_load(&m.drained), 1);
    cr_assert_eq(upload_put(u, much, 2 * UPLOAD_WINDOW_BYTES), 2 * UPLOAD_WINDOW_BYTES);
    free(much);
    upload_free(u);
}
