/* sdc_values.c -- do two told sums, over the same rows, tell of a few persons? */
#include "policies/sdc_values.h"

#include "policies/sdc_few.h"

#include <string.h>

#define WORD_BITS 64
#define TRIALS    32
#define DRAWS     64 /* of a second row with another value */

struct pair {
    const struct sdc_valued *x, *y;
    struct sdc_few *few;
    size_t *off;     /* room for the rows off a line: a few persons' and one more */
    uint64_t *apart; /* the same as a set; empty between looks */
    uint64_t state;  /* of the draws */
};

static uint64_t
draw(struct pair *p)
{
    uint64_t z = p->state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static bool
has_row(const struct sdc_valued *c, size_t row)
{
    return (c->rows[row / WORD_BITS] >> (row % WORD_BITS) & 1) != 0;
}

/* A row of both, by chance; rows in all if the draws hit none. */
static size_t
draw_row(struct pair *p)
{
    size_t all = p->few->people->rows;

    for (int i = 0; i < DRAWS && all > 0; i++) {
        size_t row = (size_t)(draw(p) % all);
        if (has_row(p->x, row))
            return row;
    }
    return all;
}

/* y - y0 is num / den times x - x0. */
struct line {
    int64_t x0, y0;
    __int128 num, den;
};

static bool
draw_line(struct pair *p, struct line *out)
{
    size_t all = p->few->people->rows, one = draw_row(p), other = one;

    for (int i = 0; i < DRAWS && one < all && other < all; i++) {
        const int64_t *x = p->x->values, *y = p->y->values;
        other = draw_row(p);
        if (other == all || x[one] == x[other])
            continue;
        *out = (struct line){
            x[one], y[one], (__int128)y[other] - y[one], (__int128)x[other] - x[one]};
        return true;
    }
    return false;
}

/* Values are below 2^62 in size and so their differences below 2^63: products fit. */
static bool
is_off(const struct line *l, int64_t x, int64_t y)
{
    return ((__int128)y - l->y0) * l->den != l->num * ((__int128)x - l->x0);
}

/* Are the values off the line those of somebody, and of a few? */
static bool
leaves_few(struct pair *p, const struct line *l)
{
    size_t n = 0;
    bool is_few;

    for (size_t w = 0; w < p->few->words; w++) {
        for (uint64_t left = p->x->rows[w]; left != 0; left &= left - 1) {
            size_t row = w * WORD_BITS + (size_t)__builtin_ctzll(left);
            if (!is_off(l, p->x->values[row], p->y->values[row]))
                continue;
            p->off[n++] = row;
            if (n > (size_t)p->few->slack)
                return false;
        }
    }
    for (size_t i = 0; i < n; i++)
        p->apart[p->off[i] / WORD_BITS] |= UINT64_C(1) << (p->off[i] % WORD_BITS);
    is_few = sdc_few_is(p->few, p->apart);
    for (size_t i = 0; i < n; i++)
        p->apart[p->off[i] / WORD_BITS] = 0;
    return is_few;
}

static bool
tells_of_few(struct pair *p)
{
    struct line same = {.num = 1, .den = 1}, l;

    if (memcmp(p->x->rows, p->y->rows, p->few->words * sizeof *p->x->rows) != 0)
        return false;
    if (leaves_few(p, &same))
        return true;
    for (int i = 0; i < TRIALS; i++) {
        if (draw_line(p, &l) && leaves_few(p, &l))
            return true;
    }
    return false;
}

/* The new one first; true ends the search. */
static bool
note(const struct pair *p, struct sdc_difference *out)
{
    bool with_old = !p->x->is_new || !p->y->is_new;
    const struct sdc_valued *first = p->x->is_new ? p->x : p->y;
    const struct sdc_valued *then = p->x->is_new ? p->y : p->x;

    if (out->found && !with_old)
        return false;
    *out = (struct sdc_difference){.found = true,
        .with_old = with_old,
        .sources = {first->source, then->source},
        .sources_n = first->source == then->source ? 1 : 2,
        .complete = out->complete};
    return with_old;
}

enum err
sdc_values_check(struct diag *d, struct arena *a, const struct sdc_people *people,
    const struct sdc_valued *cells, size_t n, int64_t least, uint64_t seed,
    struct sdc_difference *out)
{
    struct sdc_few few;
    struct pair p = {.few = &few, .state = seed};

#ifdef MUTANT_RULE_VALUES
    return ERR_OK;
#endif
    if (least < 1 || n < 2 || out->with_old)
        return ERR_OK;
    TRY(sdc_few_init(d, a, people, least, &few));
    p.apart = arena_array(a, sizeof *p.apart, few.words + 1);
    p.off = arena_array(a, sizeof *p.off, (size_t)few.slack + 1);
    if (p.apart == NULL || p.off == NULL)
        return FAIL(d, ERR_TOO_LARGE, "the comparison needs too much memory");
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++) {
            p.x = &cells[i];
            p.y = &cells[k];
            if ((p.x->is_new || p.y->is_new) && tells_of_few(&p) && note(&p, out))
                return ERR_OK;
        }
    }
    return ERR_OK;
}
