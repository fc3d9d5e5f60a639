/* jail_heap.h -- the one piece of memory that a jailed worker has.
 *
 * Mapped before the jail is shut, never grown: an allocator in the form that Lua asks
 * for, so that running a script needs no system call. Best fit by size classes in
 * constant time; neighbours that are free are joined at once. Blocks carry 8 bytes. */
#ifndef SANDBOX_WORKER_JAIL_HEAP_H
#define SANDBOX_WORKER_JAIL_HEAP_H

#include <stddef.h>

struct jail_heap;

struct jail_heap *jail_heap_map(size_t bytes); /* NULL: no memory */
struct jail_heap *jail_heap_over(
    void *memory, size_t bytes); /* aligned to 16; NULL: too small */
/* A lua_Alloc: heap is the first argument. Shrinking never fails. */
void *jail_heap_alloc(void *heap, void *ptr, size_t old_size, size_t size);
size_t jail_heap_used(const struct jail_heap *h); /* bytes in blocks in use */
/* Walks every block: sizes, flags, lists and sums agree. For tests. */
void jail_heap_check(const struct jail_heap *h);

#endif
