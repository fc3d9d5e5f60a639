/* labels.c -- texts to small codes, by open addressing.
 *
 * The texts are an owner's, and an owner's mistake must not make loading quadratic: the
 * hash is SipHash under a key drawn for each dictionary. */
#include "sandbox/table/labels.h"

#include "datasite/base/arena.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 64
#define LABELS_MAX  (UINT32_MAX / 2)

struct slot {
    uint32_t hash;
    uint32_t code_plus_1; /* 0: free */
};

struct labels {
    struct arena *texts;
    struct str *list; /* by code */
    size_t n, cap;
    struct slot *slots; /* a power of two, at most three quarters in use */
    size_t mask;
    unsigned char key[crypto_shorthash_KEYBYTES];
};

struct labels *
labels_new(void)
{
    struct labels *l = calloc(1, sizeof *l);

    if (l == NULL)
        return NULL;
    l->texts = arena_new(SIZE_MAX / 2);
    l->slots = calloc(SLOTS_FIRST, sizeof *l->slots);
    l->mask = SLOTS_FIRST - 1;
    if (l->texts == NULL || l->slots == NULL) {
        labels_free(l);
        return NULL;
    }
    randombytes_buf(l->key, sizeof l->key);
    return l;
}

void
labels_free(struct labels *l)
{
    if (l == NULL)
        return;
    arena_free(l->texts);
    free(l->list);
    free(l->slots);
    free(l);
}

static uint32_t
hash_of(const struct labels *l, struct str text)
{
    uint64_t h;

    crypto_shorthash(
        (unsigned char *)&h, (const unsigned char *)text.ptr, text.len, l->key);
    return (uint32_t)h;
}

/* The slot that holds text, or the free one where it belongs. */
static struct slot *
slot_of(const struct labels *l, struct str text, uint32_t hash)
{
    size_t at = hash & l->mask;

    for (;; at = (at + 1) & l->mask) {
        struct slot *s = &l->slots[at];
        if (s->code_plus_1 == 0)
            return s;
        if (s->hash == hash && str_eq(l->list[s->code_plus_1 - 1], text))
            return s;
    }
}

static bool
slots_grow(struct labels *l)
{
    size_t mask = l->mask * 2 + 1;
    struct slot *slots = calloc(mask + 1, sizeof *slots);

    if (slots == NULL)
        return false;
    for (size_t i = 0; i <= l->mask; i++) {
        size_t at = l->slots[i].hash & mask;
        if (l->slots[i].code_plus_1 == 0)
            continue;
        while (slots[at].code_plus_1 != 0)
            at = (at + 1) & mask;
        slots[at] = l->slots[i];
    }
    free(l->slots);
    l->slots = slots;
    l->mask = mask;
    return true;
}

static bool
list_room(struct labels *l)
{
    size_t cap = l->cap == 0 ? SLOTS_FIRST : l->cap * 2;
    struct str *list;

    if (l->n < l->cap)
        return true;
    if (l->n >= LABELS_MAX)
        return false;
    list = realloc(l->list, cap * sizeof *list);
    if (list == NULL)
        return false;
    l->list = list;
    l->cap = cap;
    return true;
}

bool
labels_code(struct labels *l, struct str text, uint32_t *code)
{
    uint32_t hash = hash_of(l, text);
    struct slot *s = slot_of(l, text, hash);
    char *copy;

    if (s->code_plus_1 != 0) {
        *code = s->code_plus_1 - 1;
        return true;
    }
    if (l->n + l->n / 3 >= l->mask) {
        if (!slots_grow(l))
            return false;
        s = slot_of(l, text, hash);
    }
    copy = arena_strn(l->texts, text.ptr, text.len);
    if (copy == NULL || !list_room(l))
        return false;
    *code = (uint32_t)l->n;
    *s = (struct slot){.hash = hash, .code_plus_1 = *code + 1};
    l->list[l->n++] = (struct str){copy, text.len};
    return true;
}

int64_t
labels_find(const struct labels *l, struct str text)
{
    const struct slot *s = slot_of(l, text, hash_of(l, text));

    return (int64_t)s->code_plus_1 - 1;
}

size_t
labels_n(const struct labels *l)
{
    return l->n;
}

struct str
labels_text(const struct labels *l, size_t code)
{
    return l->list[code];
}
