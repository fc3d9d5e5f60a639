/* versions.c -- the rows of several versions of a dataset as rows of one. */
#include "sandbox/runner/versions.h"

#include "datasite/base/check.h"

#define WORD_BITS 64

/* ---- hashes to dense numbers ---- */

/* Open addressing; in each place a number + 1, or 0. */
struct numbers {
    uint64_t *hash; /* by number */
    uint32_t *at;
    size_t n, mask;
};

static enum err
no_memory(struct diag *d)
{
    return FAIL(d, ERR_TOO_LARGE, "the versions need too much memory to be compared");
}

static enum err
numbers_init(struct diag *d, struct arena *a, size_t most, struct numbers *out)
{
    size_t places = 2;

    while (places < 2 * most)
        places *= 2;
    *out = (struct numbers){.hash = arena_array(a, sizeof *out->hash, most + 1),
        .at = arena_array(a, sizeof *out->at, places),
        .mask = places - 1};
    return out->hash != NULL && out->at != NULL ? ERR_OK : no_memory(d);
}

static uint32_t
number_of(struct numbers *x, uint64_t hash)
{
    size_t i = (size_t)hash & x->mask;

    while (x->at[i] != 0 && x->hash[x->at[i] - 1] != hash)
        i = (i + 1) & x->mask;
    if (x->at[i] == 0) {
        x->hash[x->n] = hash;
        x->at[i] = (uint32_t)++x->n;
    }
    return x->at[i] - 1;
}

/* ---- rows in common ---- */

/* Equal rows are a kind. Those of a kind stand in a list; a version takes them from the
 * first on, and adds what it has more of. Rows and kinds are counted from 1 here. */
struct joining {
    struct numbers kinds, persons;
    uint32_t *first, *last; /* of a kind */
    uint32_t *left;         /* of a kind: which the version at hand has not taken */
    uint32_t *next;         /* of a row: the next of its kind */
    uint32_t *of_row;       /* of a row: its person; NULL: rows have no identity */
    const uint8_t *key;
    size_t rows;
};

static enum err
joining_init(struct diag *d, struct arena *a, size_t most, const struct table *t,
    struct joining *j)
{
    *j = (struct joining){.key = t->key,
        .first = arena_array(a, sizeof *j->first, most + 1),
        .last = arena_array(a, sizeof *j->last, most + 1),
        .left = arena_array(a, sizeof *j->left, most + 1),
        .next = arena_array(a, sizeof *j->next, most + 1)};
    if (j->first == NULL || j->last == NULL || j->left == NULL || j->next == NULL)
        return no_memory(d);
    TRY(numbers_init(d, a, most, &j->kinds));
    if (t->units == NULL)
        return ERR_OK;
    j->of_row = arena_array(a, sizeof *j->of_row, most + 1);
    return j->of_row != NULL ? numbers_init(d, a, most, &j->persons) : no_memory(d);
}

static uint32_t
row_add(struct joining *j, const struct table *t, size_t row, uint32_t kind)
{
    uint32_t one = (uint32_t)++j->rows;

    if (j->last[kind] != 0)
        j->next[j->last[kind]] = one;
    else
        j->first[kind] = one;
    j->last[kind] = one;
    if (j->of_row != NULL)
        j->of_row[one - 1] = number_of(&j->persons, table_person_hash(t, j->key, row));
    return one;
}

static enum err
take_version(struct diag *d, struct arena *a, struct joining *j, const struct table *t,
    const uint32_t **row_of)
{
    uint32_t *out = arena_array(a, sizeof *out, t->rows + 1);

    if (out == NULL)
        return no_memory(d);
    for (size_t k = 0; k < j->kinds.n; k++)
        j->left[k] = j->first[k];
    for (size_t i = 0; i < t->rows; i++) {
        uint32_t kind = number_of(&j->kinds, table_row_hash(t, j->key, i));
        uint32_t one = j->left[kind];
        if (one != 0)
            j->left[kind] = j->next[one];
        else
            one = row_add(j, t, i, kind);
        out[i] = one - 1;
    }
    *row_of = out;
    return ERR_OK;
}

/* ---- who stands together ---- */

/* By version, the rows in common that it has. */
static enum err
take_together(struct diag *d, struct arena *a, const struct table *const *tables,
    size_t n, struct versions *v)
{
    uint64_t **sets = arena_array(a, sizeof *sets, n);

    for (size_t t = 0; sets != NULL && t < n; t++) {
        sets[t] = arena_array(a, sizeof *sets[t], v->people.rows / WORD_BITS + 1);
        if (sets[t] == NULL)
            return no_memory(d);
        for (size_t i = 0; i < tables[t]->rows; i++) {
            size_t row = v->row_of[t][i];
            sets[t][row / WORD_BITS] |= UINT64_C(1) << (row % WORD_BITS);
        }
    }
    if (sets == NULL)
        return no_memory(d);
    v->people.together = (const uint64_t *const *)sets;
    v->people.together_n = n;
    return ERR_OK;
}

/* One version's rows are its own. */
static void
of_one(const struct table *t, struct versions *out)
{
    out->people = (struct sdc_people){.rows = t->rows,
        .of_row = t->units != NULL ? t->units->of_row : NULL,
        .n = t->units != NULL ? t->units->n : t->rows};
}

enum err
versions_join(struct diag *d, struct arena *a, const struct table *const *tables,
    size_t n, struct versions *out)
{
    struct joining j;
    size_t most = 0;

    CHECK(n > 0);
    *out = (struct versions){.row_of = arena_array(a, sizeof *out->row_of, n)};
    if (out->row_of == NULL)
        return no_memory(d);
    if (n == 1) {
        of_one(tables[0], out);
        return ERR_OK;
    }
    for (size_t t = 0; t < n; t++)
        most += tables[t]->rows;
    if (most >= UINT32_MAX)
        return no_memory(d);
    TRY(joining_init(d, a, most, tables[0], &j));
    for (size_t t = 0; t < n; t++)
        TRY(take_version(d, a, &j, tables[t], &out->row_of[t]));
    out->people = (struct sdc_people){.rows = j.rows,
        .of_row = j.of_row,
        .n = j.of_row != NULL ? j.persons.n : j.rows};
    return j.of_row != NULL ? ERR_OK : take_together(d, a, tables, n, out);
}
