/* arena.c -- chunks handed out from the front and freed all at once. */
#include "datasite/base/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGN       16
#define ARENA_CHUNK_BYTES ((size_t)16 << 10)

struct chunk {
    struct chunk *next;
    size_t used, cap;
    bool is_zero; /* else what is handed out has to be made so */
    alignas(ARENA_ALIGN) unsigned char bytes[];
};

struct arena {
    struct chunk *chunks; /* newest first */
    size_t limit, used;   /* of what was handed out, rounded up to the alignment */
};

struct arena *
arena_new(size_t limit_bytes)
{
    struct arena *a = calloc(1, sizeof *a);

    if (a != NULL)
        a->limit = limit_bytes;
    return a;
}

void
arena_free(struct arena *a)
{
    if (a == NULL)
        return;
    while (a->chunks != NULL) {
        struct chunk *c = a->chunks;
        a->chunks = c->next;
        free(c);
    }
    free(a);
}

void
arena_free_p(struct arena **a)
{
    arena_free(*a);
}

/* A chunk with room for n bytes: the newest, or a fresh one. A request of a size of its
 * own goes behind the newest, whose rest stays in use, and is zero as it comes. */
static struct chunk *
arena_chunk(struct arena *a, size_t n)
{
    struct chunk *newest = a->chunks;
    bool own = n > ARENA_CHUNK_BYTES / 4;
    size_t cap = own ? n : ARENA_CHUNK_BYTES;
    struct chunk *c;

    if (newest != NULL && newest->cap - newest->used >= n)
        return newest;
    c = own ? calloc(1, sizeof *c + cap) : malloc(sizeof *c + cap);
    if (c == NULL)
        return NULL;
    *c = (struct chunk){.cap = cap, .is_zero = own};
    if (newest != NULL && own) {
        c->next = newest->next;
        newest->next = c;
    } else {
        c->next = newest;
        a->chunks = c;
    }
    return c;
}

void *
arena_array(struct arena *a, size_t size, size_t n)
{
    struct chunk *c;
    size_t bytes;
    void *p;

    if (a == NULL || __builtin_mul_overflow(size, n, &bytes) ||
        bytes > SIZE_MAX - sizeof *c - ARENA_ALIGN)
        return NULL;
    bytes = bytes == 0 ? ARENA_ALIGN
                       : (bytes + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (bytes > a->limit - a->used)
        return NULL;
    c = arena_chunk(a, bytes);
    if (c == NULL)
        return NULL;
    p = c->bytes + c->used;
    if (!c->is_zero)
        memset(p, 0, bytes);
    c->used += bytes;
    a->used += bytes;
    return p;
}

char *
arena_strn(struct arena *a, const char *s, size_t n)
{
    char *p = n == SIZE_MAX ? NULL : arena_array(a, 1, n + 1);

    if (p != NULL && n > 0)
        memcpy(p, s, n);
    return p;
}

char *
arena_strf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    char *p;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return NULL;
    p = arena_array(a, 1, (size_t)n + 1);
    if (p == NULL)
        return NULL;
    va_start(ap, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return p;
}
