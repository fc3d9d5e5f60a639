/* jail_heap.c -- the one piece of memory that a jailed worker has.
 *
 * A block is an 8-byte head and a payload aligned to 16. The head holds the block's size
 * (head included, a multiple of 16) and two flags: this block is free; the block before
 * it is free. A free block keeps its list links in the payload and repeats its size in
 * its last 8 bytes, where the next block finds it. Free blocks lie in lists by size
 * class: one class a size below 512 bytes, eight classes a power of two above. The last
 * head has size zero and is never free. */
#include "sandbox/worker/jail_heap.h"

#include "datasite/base/check.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define GRAIN         16
#define HEAD          8
#define BLOCK_MIN     32
#define EXACT_CLASSES 32
#define CLASSES       320
#define FREE          ((size_t)1)
#define BEFORE_FREE   ((size_t)2)
#define FLAGS         (FREE | BEFORE_FREE)

struct block {
    size_t head;
    struct block *next, *prev; /* only while free */
};

struct jail_heap {
    uint64_t filled[CLASSES / 64];
    struct block *lists[CLASSES];
    struct block *first;
    size_t bytes, used;
};

static size_t
size_of(const struct block *b)
{
    return b->head & ~FLAGS;
}

static struct block *
at(struct block *b, size_t offset)
{
    return (struct block *)(void *)((char *)b + offset);
}

static struct block *
after(struct block *b)
{
    return at(b, size_of(b));
}

/* The class of a block of this size. */
static size_t
class_of(size_t size)
{
    size_t grains = size / GRAIN;

    if (grains < EXACT_CLASSES)
        return grains;
    int top = 63 - __builtin_clzll(grains);
    return EXACT_CLASSES + (size_t)(top - 5) * 8 + (grains >> (top - 3) & 7);
}

/* The first class all of whose blocks hold this size. */
static size_t
class_for(size_t size)
{
    size_t grains = size / GRAIN;

    if (grains < EXACT_CLASSES)
        return grains;
    int top = 63 - __builtin_clzll(grains);
    return class_of(size + (((size_t)1 << (top - 3)) - 1) * GRAIN);
}

static void
list_add(struct jail_heap *h, struct block *b)
{
    size_t size = size_of(b), c = class_of(size);

    b->head |= FREE;
    b->prev = NULL;
    b->next = h->lists[c];
    if (b->next != NULL)
        b->next->prev = b;
    h->lists[c] = b;
    h->filled[c / 64] |= UINT64_C(1) << (c % 64);
    memcpy((char *)b + size - sizeof size, &size, sizeof size);
    after(b)->head |= BEFORE_FREE;
}

static void
list_remove(struct jail_heap *h, struct block *b)
{
    size_t c = class_of(size_of(b));

    if (b->next != NULL)
        b->next->prev = b->prev;
    if (b->prev != NULL) {
        b->prev->next = b->next;
    } else {
        h->lists[c] = b->next;
    }
    if (h->lists[c] == NULL)
        h->filled[c / 64] &= ~(UINT64_C(1) << (c % 64));
    b->head &= ~FREE;
    after(b)->head &= ~BEFORE_FREE;
}

/* A free block of at least this size, out of its list; NULL: there is none. */
static struct block *
list_find(struct jail_heap *h, size_t size)
{
    size_t c = class_for(size);

    for (size_t w = c / 64; w < CLASSES / 64; w++) {
        uint64_t bits = h->filled[w];
        if (w == c / 64)
            bits &= ~UINT64_C(0) << (c % 64);
        if (bits != 0) {
            struct block *b = h->lists[w * 64 + (size_t)__builtin_ctzll(bits)];
            list_remove(h, b);
            return b;
        }
    }
    return NULL;
}

/* Gives back what a block in use has beyond size, joined with a free block after it. */
static void
trim(struct jail_heap *h, struct block *b, size_t size)
{
    size_t spare = size_of(b) - size;

    if (spare < BLOCK_MIN)
        return;
    b->head = size | (b->head & FLAGS);
    struct block *rest = at(b, size);
    rest->head = spare;
    if (after(rest)->head & FREE) {
        struct block *next = after(rest);
        list_remove(h, next);
        rest->head += size_of(next);
    }
    list_add(h, rest);
}

static void
give_back(struct jail_heap *h, struct block *b)
{
    struct block *next = after(b);

    if (next->head & FREE) {
        list_remove(h, next);
        b->head += size_of(next);
    }
    if (b->head & BEFORE_FREE) {
        size_t before;
        memcpy(&before, (char *)b - sizeof before, sizeof before);
        struct block *prev = (struct block *)(void *)((char *)b - before);
        list_remove(h, prev);
        prev->head += size_of(b);
        b = prev;
    }
    list_add(h, b);
}

/* The block size for a payload; 0: no block can hold it. */
static size_t
block_bytes(const struct jail_heap *h, size_t payload)
{
    size_t size = (payload + HEAD + GRAIN - 1) & ~(size_t)(GRAIN - 1);

    if (payload > h->bytes)
        return 0;
    return size < BLOCK_MIN ? BLOCK_MIN : size;
}

static void *
block_new(struct jail_heap *h, size_t payload)
{
    size_t size = block_bytes(h, payload);
    struct block *b = size == 0 ? NULL : list_find(h, size);

    if (b == NULL)
        return NULL;
    trim(h, b, size);
    h->used += size_of(b);
    return (char *)b + HEAD;
}

static void
block_free(struct jail_heap *h, struct block *b)
{
    h->used -= size_of(b);
    give_back(h, b);
}

/* Grows or shrinks where the block lies; false: it must move. */
static bool
block_resize(struct jail_heap *h, struct block *b, size_t size)
{
    size_t had = size_of(b);
    struct block *next = after(b);

    if (size > had) {
        if (!(next->head & FREE) || had + size_of(next) < size)
            return false;
        list_remove(h, next);
        b->head += size_of(next);
    }
    trim(h, b, size);
    h->used += size_of(b) - had;
    return true;
}

void *
jail_heap_alloc(void *heap, void *ptr, size_t old_size, size_t size)
{
    struct jail_heap *h = heap;
    struct block *b;

    if (ptr == NULL) /* Lua passes the kind of the object as old_size here */
        return size == 0 ? NULL : block_new(h, size);
    b = (struct block *)(void *)((char *)ptr - HEAD);
    if (size == 0) {
        block_free(h, b);
        return NULL;
    }
    size_t bytes = block_bytes(h, size);
    if (bytes == 0)
        return NULL;
    if (block_resize(h, b, bytes))
        return ptr;
    void *moved = block_new(h, size);
    if (moved == NULL)
        return NULL;
    memcpy(moved, ptr, old_size < size ? old_size : size);
    block_free(h, b);
    return moved;
}

struct jail_heap *
jail_heap_over(void *memory, size_t bytes)
{
    struct jail_heap *h = memory;
    size_t start = (sizeof *h + GRAIN - 1) / GRAIN * GRAIN + HEAD;

    bytes = bytes / GRAIN * GRAIN;
    if (bytes < start + BLOCK_MIN + HEAD)
        return NULL;
    memset(h, 0, sizeof *h);
    h->bytes = bytes;
    h->first = (struct block *)(void *)((char *)memory + start);
    h->first->head = (bytes - HEAD - start) / GRAIN * GRAIN;
    after(h->first)->head = 0;
    list_add(h, h->first);
    return h;
}

struct jail_heap *
jail_heap_map(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return p == MAP_FAILED ? NULL : jail_heap_over(p, bytes);
}

size_t
jail_heap_used(const struct jail_heap *h)
{
    return h->used;
}

void
jail_heap_check(const struct jail_heap *h)
{
    size_t used = 0, total = 0, free_n = 0, listed_n = 0;
    bool before_free = false;

    for (struct block *b = h->first; size_of(b) != 0; b = after(b)) {
        bool is_free = (b->head & FREE) != 0;
        CHECK(size_of(b) >= BLOCK_MIN && size_of(b) % GRAIN == 0);
        CHECK(((b->head & BEFORE_FREE) != 0) == before_free);
        CHECK(!(is_free && before_free)); /* neighbours are always joined */
        used += is_free ? 0 : size_of(b);
        total += size_of(b);
        free_n += is_free;
        before_free = is_free;
    }
    for (size_t c = 0; c < CLASSES; c++) {
        CHECK((h->lists[c] != NULL) == ((h->filled[c / 64] >> (c % 64) & 1) != 0));
        for (const struct block *b = h->lists[c]; b != NULL; b = b->next) {
            CHECK((b->head & FREE) != 0 && class_of(size_of(b)) == c);
            listed_n++;
        }
    }
    CHECK(used == h->used && free_n == listed_n && total <= h->bytes);
}
