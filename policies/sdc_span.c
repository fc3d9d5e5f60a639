/* sdc_span.c -- differences that take any number of cells. */
#include "policies/sdc_span.h"

#include <string.h>

#define WORD_BITS  64
#define WORK       (INT64_C(1) << 28) /* words that all trials together combine */
#define TRIALS_MAX 64
#define JOINED_MAX 64 /* cells of a line that are compared in rational numbers */
#define PRIME      INT64_C(2147483647)
#define SEEN_N     4096 /* remembers signatures, so that most are looked at once */

/* A line of the span: its rows, and the cells that it is the sum of. */
struct line {
    uint64_t *rows, *cells;
    size_t pivot;
};

struct span {
    struct sdc_few *few;
    const struct sdc_told *told;
    size_t n, cell_words;
    struct line *lines;
    size_t lines_n;
    uint64_t state; /* of the draws */
};

/* ---- echelon form ---- */

static uint64_t
draw(struct span *s)
{
    uint64_t z = s->state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static bool
has_bit(const uint64_t *bits, size_t i)
{
    return (bits[i / WORD_BITS] >> (i % WORD_BITS) & 1) != 0;
}

static void
add_line(const struct span *s, struct line *to, const struct line *from)
{
    uint64_t *restrict out = to->rows;
    const uint64_t *restrict in = from->rows;

    for (size_t w = 0; w < s->few->words; w++)
        out[w] ^= in[w];
    for (size_t w = 0; w < s->cell_words; w++)
        to->cells[w] ^= from->cells[w];
}

/* One of the line's rows, by chance; false: it has none. */
static bool
draw_pivot(struct span *s, struct line *l)
{
    size_t words = s->few->words, from = words > 0 ? draw(s) % words : 0;

    for (size_t i = 0; i < words; i++) {
        size_t w = (from + i) % words;
        uint64_t left = l->rows[w];
        if (left == 0)
            continue;
        for (int skip = (int)(draw(s) % (uint64_t)__builtin_popcountll(left)); skip > 0;
             skip--)
            left &= left - 1;
        l->pivot = w * WORD_BITS + (size_t)__builtin_ctzll(left);
        return true;
    }
    return false;
}

static void
reduce(struct span *s)
{
    s->lines_n = 0;
    for (size_t i = 0; i < s->n; i++) {
        struct line *l = &s->lines[s->lines_n];
        memcpy(l->rows, s->told[i].rows, s->few->words * sizeof *l->rows);
        memset(l->cells, 0, s->cell_words * sizeof *l->cells);
        l->cells[i / WORD_BITS] = UINT64_C(1) << (i % WORD_BITS);
        for (size_t k = 0; k < s->lines_n; k++) {
            if (has_bit(l->rows, s->lines[k].pivot))
                add_line(s, l, &s->lines[k]);
        }
        if (!draw_pivot(s, l))
            continue;
        for (size_t k = 0; k < s->lines_n; k++) {
            if (has_bit(s->lines[k].rows, l->pivot))
                add_line(s, &s->lines[k], l);
        }
        s->lines_n++;
    }
}

/* ---- in rational numbers ---- */

/* Signatures of rows, as vectors over a prime field, in echelon form. */
struct rank {
    int64_t lines[JOINED_MAX][JOINED_MAX];
    bool has[JOINED_MAX];
    size_t n, width;
    uint64_t seen[SEEN_N];
};

static int64_t
inverse(int64_t v)
{
    int64_t out = 1;

    for (int64_t n = PRIME - 2; n > 0; n /= 2, v = v * v % PRIME)
        if (n % 2 != 0)
            out = out * v % PRIME;
    return out;
}

static void
rank_add(struct rank *r, uint64_t signature)
{
    int64_t v[JOINED_MAX];
    uint64_t *seen = &r->seen[(signature * UINT64_C(0x9e3779b97f4a7c15)) >> 52];

    if (signature == 0 || *seen == signature)
        return;
    *seen = signature;
    for (size_t i = 0; i < r->width; i++)
        v[i] = (int64_t)(signature >> i & 1);
    for (size_t i = 0; i < r->width; i++) {
        int64_t f = v[i];
        if (f == 0)
            continue;
        if (!r->has[i]) {
            int64_t scale = inverse(f);
            for (size_t k = 0; k < r->width; k++)
                r->lines[i][k] = v[k] * scale % PRIME;
            r->has[i] = true;
            r->n++;
            return;
        }
        for (size_t k = i; k < r->width; k++)
            v[k] = (v[k] + (PRIME - f) * r->lines[i][k]) % PRIME;
    }
}

/* Rows of the line, or all others: which of the cells each is in. */
static void
rank_rows(const struct span *s, const struct line *l, const size_t *cells,
    bool of_the_line, struct rank *r)
{
    for (size_t w = 0; w < s->few->words; w++) {
        uint64_t some = 0;
        for (size_t c = 0; c < r->width; c++)
            some |= s->told[cells[c]].rows[w];
        some &= of_the_line ? l->rows[w] : ~l->rows[w];
        for (; some != 0; some &= some - 1) {
            int bit = __builtin_ctzll(some);
            uint64_t signature = 0;
            for (size_t c = 0; c < r->width; c++)
                signature |= (s->told[cells[c]].rows[w] >> bit & 1) << c;
            rank_add(r, signature);
        }
    }
}

static size_t
cells_of(const struct span *s, const struct line *l, size_t out[JOINED_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        if (!has_bit(l->cells, i))
            continue;
        if (n < JOINED_MAX)
            out[n] = i;
        n++;
    }
    return n;
}

/* Do weights exist with which all but the line's rows cancel, and not those? So many
 * cells that they are not tried count as if there were. */
static bool
is_rational(const struct span *s, const struct line *l)
{
    static _Thread_local struct rank r;
    size_t cells[JOINED_MAX], n = cells_of(s, l, cells);

    if (n > JOINED_MAX)
        return true;
    memset(&r, 0, sizeof r);
    r.width = n;
    rank_rows(s, l, cells, false, &r);
    size_t outside = r.n;
    rank_rows(s, l, cells, true, &r);
    return r.n > outside;
}

/* ---- what is found ---- */

static bool
has(const struct span *s, const struct line *l, bool is_new)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->told[i].is_new == is_new && has_bit(l->cells, i))
            return true;
    }
    return false;
}

/* True ends the search, as in sdc_history.c. */
static bool
note(const struct span *s, const struct line *l, struct sdc_difference *out)
{
    bool with_old = has(s, l, false);

    if (out->found && !with_old)
        return false;
    *out =
        (struct sdc_difference){.found = true, .with_old = with_old, .complete = true};
    for (int fresh = 1; fresh >= 0; fresh--) {
        for (size_t i = 0; i < s->n && out->sources_n < SDC_SOURCES_MAX; i++) {
            if (has_bit(l->cells, i) && s->told[i].is_new == (fresh == 1))
                out->sources[out->sources_n++] = s->told[i].source;
        }
    }
    return with_old;
}

static bool
find_line(struct span *s, struct sdc_difference *out)
{
    for (size_t i = 0; i < s->lines_n; i++) {
        const struct line *l = &s->lines[i];
        if (has(s, l, true) && sdc_few_is(s->few, l->rows) && is_rational(s, l) &&
            note(s, l, out))
            return true;
    }
    return false;
}

static enum err
make_room(struct diag *d, struct arena *a, struct span *s)
{
    s->cell_words = (s->n + WORD_BITS - 1) / WORD_BITS;
    s->lines = arena_array(a, sizeof *s->lines, s->n + 1);
    for (size_t i = 0; s->lines != NULL && i < s->n; i++) {
        s->lines[i].rows = arena_array(a, sizeof(uint64_t), s->few->words + 1);
        s->lines[i].cells = arena_array(a, sizeof(uint64_t), s->cell_words);
        if (s->lines[i].rows == NULL || s->lines[i].cells == NULL)
            s->lines = NULL;
    }
    return s->lines != NULL
        ? ERR_OK
        : FAIL(d, ERR_TOO_LARGE, "the comparison needs too much memory");
}

enum err
sdc_span_check(struct diag *d, struct arena *a, struct sdc_few *few,
    const struct sdc_told *cells, size_t n, uint64_t seed, struct sdc_difference *out)
{
    struct span s = {.few = few, .told = cells, .n = n, .state = seed};
    __int128 cost = (__int128)n * n * (few->words + 1) / 4 + 1;
    __int128 trials = WORK / cost + 1;

    TRY(make_room(d, a, &s));
    for (int t = 0; t < trials && t < TRIALS_MAX && !out->with_old; t++) {
        reduce(&s);
        (void)find_line(&s, out);
    }
    return ERR_OK;
}
