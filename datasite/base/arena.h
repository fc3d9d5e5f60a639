/* arena.h -- memory that lives exactly as long as one request or one run. */
#ifndef DATASITE_BASE_ARENA_H
#define DATASITE_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(size_t limit_bytes); /* owned by the caller; NULL: no memory */
void arena_free(struct arena *a);
/* n items of size bytes, zeroed, aligned to 16; NULL at the limit or on overflow. */
void *arena_array(struct arena *a, size_t size, size_t n);
/* Copies with a NUL at the end; NULL at the limit. */
char *arena_strn(struct arena *a, const char *s, size_t n);
char *arena_strf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void arena_free_p(struct arena **a); /* for ARENA_SCOPE */

#define ARENA_SCOPE(name, limit) \
    struct arena *name __attribute__((cleanup(arena_free_p))) = arena_new(limit)

#endif
