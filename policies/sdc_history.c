/* sdc_history.c -- do told cells, added and subtracted, tell of a few persons? */
#include "policies/sdc_history.h"

#include "datasite/base/check.h"
#include "policies/sdc_few.h"
#include "policies/sdc_span.h"

/* Rows are counted in blocks: sizes that tell most sets from one another. */
#define BLOCKS      8
#define TRIPLES_MAX (INT64_C(1) << 29) /* tried for one verdict */

/* Rows of a cell, in all and by block. */
struct size {
    int64_t all, block[BLOCKS];
};

struct history {
    struct sdc_few few;
    const struct sdc_told *cells; /* those of `least` persons or more, by size */
    const struct size *sizes;
    size_t n;
    uint64_t *mask; /* room for a combination */
    int64_t triples_left;
    struct sdc_difference *out;
};

/* ---- getting ready ---- */

static struct size
size_of(const uint64_t *rows, size_t words)
{
    struct size s = {0};

    for (size_t b = 0; b < BLOCKS; b++) {
        for (size_t w = words * b / BLOCKS; w < words * (b + 1) / BLOCKS; w++)
            s.block[b] += __builtin_popcountll(rows[w]);
        s.all += s.block[b];
    }
    return s;
}

/* Shell sort: there is no memory to ask for in a jail. */
static void
sort_by_size(struct sdc_told *cells, struct size *sizes, size_t n)
{
    for (size_t gap = n / 2; gap > 0; gap = gap > 2 ? gap * 5 / 11 : gap / 2) {
        for (size_t i = gap; i < n; i++) {
            struct sdc_told cell = cells[i];
            struct size size = sizes[i];
            size_t k = i;
            for (; k >= gap && sizes[k - gap].all > size.all; k -= gap) {
                cells[k] = cells[k - gap];
                sizes[k] = sizes[k - gap];
            }
            cells[k] = cell;
            sizes[k] = size;
        }
    }
}

static enum err
take_cells(struct diag *d, struct arena *a, struct history *h,
    const struct sdc_told *cells, size_t n)
{
    struct sdc_told *kept = arena_array(a, sizeof *kept, n + 1);
    struct size *sizes = arena_array(a, sizeof *sizes, n + 1);

    h->mask = arena_array(a, sizeof *h->mask, h->few.words + 1);
    if (kept == NULL || sizes == NULL || h->mask == NULL)
        return FAIL(d, ERR_TOO_LARGE, "the comparison needs too much memory");
    for (size_t i = 0; i < n; i++) {
        if (!sdc_few_is_many(&h->few, cells[i].rows))
            continue;
        sizes[h->n] = size_of(cells[i].rows, h->few.words);
        kept[h->n++] = cells[i];
    }
    sort_by_size(kept, sizes, h->n);
    h->cells = kept;
    h->sizes = sizes;
    return ERR_OK;
}

/* ---- two and three cells ---- */

/* Could the whole, less its parts, leave so few rows? parts: one or two. */
static bool
sizes_fit(const struct history *h, size_t whole, size_t x, size_t y)
{
    int64_t apart = 0;

    for (size_t b = 0; b < BLOCKS; b++) {
        int64_t left = h->sizes[whole].block[b] - h->sizes[x].block[b] -
            (y != h->n ? h->sizes[y].block[b] : 0);
        apart += left < 0 ? -left : left;
    }
    return apart <= h->few.slack;
}

/* Rows that do not cancel: where whole - x - y is not 0. */
static bool
is_short(struct history *h, size_t whole, size_t x, size_t y)
{
    const uint64_t *w = h->cells[whole].rows, *p = h->cells[x].rows;
    const uint64_t *q = y != h->n ? h->cells[y].rows : NULL;

    if (!sizes_fit(h, whole, x, y))
        return false;
    for (size_t i = 0; i < h->few.words; i++) {
        uint64_t other = q != NULL ? q[i] : 0;
        h->mask[i] = (w[i] ^ p[i] ^ other) | (p[i] & other);
    }
    return sdc_few_is(&h->few, h->mask);
}

/* New ones first; the order among others stays. True ends the search: among new cells
 * alone the first is noted, and one with what was told before is still looked for. */
static bool
note(struct history *h, size_t x, size_t y, size_t z)
{
    const size_t cells[] = {x, y, z};
    bool with_old = false;

    for (size_t i = 0; i < ARRAY_N(cells); i++)
        with_old = with_old || (cells[i] != h->n && !h->cells[cells[i]].is_new);
    if (h->out->found && !with_old)
        return false;
    *h->out =
        (struct sdc_difference){.found = true, .with_old = with_old, .complete = true};
    for (int fresh = 1; fresh >= 0; fresh--) {
        for (size_t i = 0; i < ARRAY_N(cells); i++) {
            if (cells[i] != h->n && h->cells[cells[i]].is_new == (fresh == 1))
                h->out->sources[h->out->sources_n++] = h->cells[cells[i]].source;
        }
    }
    return with_old;
}

static bool
find_pair(struct history *h)
{
    for (size_t i = 0; i < h->n; i++) {
        for (size_t k = i + 1; k < h->n; k++) {
            if (h->sizes[k].all - h->sizes[i].all > h->few.slack)
                break;
            if ((h->cells[i].is_new || h->cells[k].is_new) && is_short(h, k, i, h->n) &&
                note(h, k, i, h->n))
                return true;
        }
    }
    return false;
}

/* Two parts of a whole that is new: the second's sizes go down as the first's go up. */
static bool
find_parts(struct history *h, size_t whole)
{
    size_t top = whole; /* no part is larger than the whole, but for the slack */

    while (top < h->n && h->sizes[top].all <= h->sizes[whole].all + h->few.slack)
        top++;
    for (size_t i = 0; i < h->n && top > 0; i++) {
        int64_t left = h->sizes[whole].all - h->sizes[i].all;
        while (top > 0 && h->sizes[top - 1].all > left + h->few.slack)
            top--;
        for (size_t k = top; k-- > i + 1 && h->sizes[k].all >= left - h->few.slack;) {
            if (h->triples_left-- <= 0)
                return false;
            if (i != whole && k != whole && is_short(h, whole, i, k) &&
                note(h, whole, i, k))
                return true;
        }
    }
    return false;
}

/* The other part of a whole, one part of which is new. */
static bool
find_other(struct history *h, size_t part)
{
    size_t at = 0;

    for (size_t whole = 0; whole < h->n; whole++) {
        int64_t left = h->sizes[whole].all - h->sizes[part].all;
        while (at < h->n && h->sizes[at].all < left - h->few.slack)
            at++;
        for (size_t k = at; k < h->n && h->sizes[k].all <= left + h->few.slack; k++) {
            if (h->triples_left-- <= 0)
                return false;
            if (k != part && k != whole && part != whole &&
                is_short(h, whole, part, k) && note(h, whole, part, k))
                return true;
        }
    }
    return false;
}

static bool
find_triple(struct history *h)
{
    for (size_t i = 0; i < h->n; i++) {
        if (h->cells[i].is_new && (find_parts(h, i) || find_other(h, i)))
            return true;
    }
    return false;
}

/* Each source once. */
static void
make_distinct(struct sdc_difference *out)
{
    size_t n = 0;

    for (size_t i = 0; i < out->sources_n; i++) {
        size_t k = 0;
        while (k < n && out->sources[k] != out->sources[i])
            k++;
        if (k == n)
            out->sources[n++] = out->sources[i];
    }
    out->sources_n = n;
}

enum err
sdc_history_check(struct diag *d, struct arena *a, const struct sdc_people *people,
    const struct sdc_told *cells, size_t cells_n, int64_t least, uint64_t seed,
    struct sdc_difference *out)
{
    struct history h = {.out = out, .triples_left = TRIPLES_MAX};

    *out = (struct sdc_difference){.complete = true};
#ifdef MUTANT_RULE_DIFFERENCING
    return ERR_OK;
#endif
    if (least < 1)
        return ERR_OK;
    TRY(sdc_few_init(d, a, people, least, &h.few));
    TRY(take_cells(d, a, &h, cells, cells_n));
    if (!find_pair(&h) && h.n <= SDC_HISTORY_CELLS_MAX && !find_triple(&h))
        TRY(sdc_span_check(d, a, &h.few, h.cells, h.n, seed, out));
    out->complete = h.n <= SDC_HISTORY_CELLS_MAX && h.triples_left > 0;
    make_distinct(out);
    return ERR_OK;
}
