/* unique.c -- how many persons stand alone with what some columns say.
 *
 * One pass puts every combination of values into a table of hashes under the dataset's
 * secret key, with the first person who has it and whether there is another; a second
 * pass marks the persons of those that have one. Two combinations of the same hash
 * (2^-64 for a pair) would count as one. */
#include "sandbox/runner/unique.h"

#include "datasite/base/check.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY    UINT32_MAX
#define NULL_MARK UINT64_C(0x6E756C6C)

struct combination {
    uint64_t hash;
    uint32_t first; /* person; NOBODY: the place is free */
    bool shared;
};
struct combinations {
    struct combination *at;
    size_t mask; /* places - 1; a power of two, half of them free at least */
};

static uint64_t
mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0x9E3779B97F4A7C15);
    h = (h ^ h >> 32) * UINT64_C(0xD6E8FEB86659FD93);
    return h ^ h >> 29;
}

static uint64_t
row_hash(const struct table *t, const bool *columns, size_t row)
{
    uint64_t h;

    memcpy(&h, t->key, sizeof h);
    for (size_t c = 0; c < t->schema->columns_n; c++) {
        const struct column *col = &t->columns[c];

        if (!columns[c])
            continue;
        h = mix(h, c);
        if (col->valid != NULL && col->valid[row] == 0) {
            h = mix(h, NULL_MARK);
        } else {
            h = mix(mix(h, 1), (uint64_t)column_value(col, row));
        }
    }
    return h;
}

/* Where a hash stands or would stand. */
static struct combination *
place_of(const struct combinations *all, uint64_t hash)
{
    size_t i = hash & all->mask;

    while (all->at[i].first != NOBODY && all->at[i].hash != hash)
        i = (i + 1) & all->mask;
    return &all->at[i];
}

static uint32_t
person_of(const struct table *t, size_t row)
{
    return t->units != NULL ? t->units->of_row[row] : (uint32_t)row;
}

static bool
counts(const struct table *t, size_t row)
{
    return t->kept == NULL || t->kept[row] != 0;
}

static void
note_all(const struct table *t, const bool *columns, struct combinations *all)
{
    for (size_t row = 0; row < t->rows; row++) {
        uint64_t hash = row_hash(t, columns, row);
        struct combination *c = place_of(all, hash);

        if (!counts(t, row))
            continue;
        if (c->first == NOBODY)
            *c = (struct combination){hash, person_of(t, row), false};
        c->shared = c->shared || c->first != person_of(t, row);
    }
}

static size_t
count_alone(const struct table *t, const bool *columns, const struct combinations *all,
    uint8_t *alone)
{
    size_t n = 0;

    for (size_t row = 0; row < t->rows; row++) {
        uint32_t person = person_of(t, row);

        if (!counts(t, row) || alone[person] != 0 ||
            place_of(all, row_hash(t, columns, row))->shared)
            continue;
        alone[person] = 1;
        n++;
    }
    return n;
}

static int64_t
coarse(size_t part, size_t whole)
{
    size_t step = whole * UNIQUE_STEP;

    return whole == 0 ? 0 : (int64_t)((part * 100 + step - 1) / step * UNIQUE_STEP);
}

enum err
unique_share(
    struct diag *d, const struct table *t, const bool *columns, int64_t *percent)
{
    size_t persons = t->units != NULL ? t->units->n : t->rows, places = 16;
    struct combinations all;
    uint8_t *alone;

    while (places < 2 * t->rows)
        places *= 2;
    all = (struct combinations){calloc(places, sizeof *all.at), places - 1};
    alone = calloc(persons + 1, 1);
    if (all.at == NULL || alone == NULL || t->rows >= NOBODY) {
        free(all.at);
        free(alone);
        return FAIL(d, ERR_TOO_LARGE, "the table is too large for this report");
    }
    for (size_t i = 0; i < places; i++)
        all.at[i].first = NOBODY;
    note_all(t, columns, &all);
    *percent = coarse(count_alone(t, columns, &all, alone), persons);
    free(all.at);
    free(alone);
    return ERR_OK;
}
