/* sdc_table.c -- a table of counts by two keys that may leave with its margins.
 *
 * Take rows and columns as the points of a graph and every withheld cell as an edge. What
 * is told fixes the sum of the edges at each point. Adding 1 and -1 in turn around a cycle
 * leaves all sums as they are, so an edge on a cycle cannot be worked out; an edge on none
 * is a bridge, and the sum of the points on one side of it gives it away. */
#include "policies/sdc_table.h"

#include "datasite/base/check.h"

#include <string.h>

struct graph {
    const struct sdc_table *t;
    const uint8_t *withheld;
    size_t points;
    size_t *queue;
    size_t *from; /* the point it was reached from, + 1; 0: not reached */
};

static bool
is_row(const struct graph *g, size_t point)
{
    return point < g->t->rows;
}

static size_t
cell_of(const struct graph *g, size_t a, size_t b)
{
    size_t row = is_row(g, a) ? a : b, column = is_row(g, a) ? b : a;

    return row * g->t->columns + (column - g->t->rows);
}

static enum err
graph_make(struct diag *d, struct arena *a, const struct sdc_table *t,
    const uint8_t *withheld, struct graph *g)
{
    *g = (struct graph){.t = t, .withheld = withheld, .points = t->rows + t->columns};
    g->queue = arena_array(a, sizeof *g->queue, g->points);
    g->from = arena_array(a, sizeof *g->from, g->points);
    if (g->queue == NULL || g->from == NULL)
        return FAIL(d, ERR_TOO_LARGE, "the table needs too much memory");
    return ERR_OK;
}

/* Breadth first over withheld cells, but for one. */
static bool
reaches(struct graph *g, size_t start, size_t goal, size_t without)
{
    size_t head = 0, tail = 0;

    memset(g->from, 0, g->points * sizeof *g->from);
    g->from[start] = start + 1;
    g->queue[tail++] = start;
    while (head < tail) {
        size_t at = g->queue[head++];
        size_t next = is_row(g, at) ? g->t->rows : 0;
        size_t end = is_row(g, at) ? g->points : g->t->rows;
        for (; next < end; next++) {
            size_t cell = cell_of(g, at, next);
            if (g->from[next] != 0 || cell == without || g->withheld[cell] == 0)
                continue;
            g->from[next] = at + 1;
            g->queue[tail++] = next;
        }
    }
    return g->from[goal] != 0;
}

static bool
is_bridge(struct graph *g, size_t cell)
{
    size_t row = cell / g->t->columns, column = g->t->rows + cell % g->t->columns;

    return !reaches(g, row, column, cell);
}

/* ---- what else to withhold ---- */

/* The cheapest rectangle that makes a cycle with the cell: its row and column, one other
 * of each. Counts are the price; what is withheld already is free; empty cells, which
 * hide nobody, come last. */
static int64_t
price_of(const struct sdc_table *t, const uint8_t *withheld, size_t cell)
{
    const int64_t dear = INT64_C(1) << 40;
    int64_t count = t->counts[cell];

    if (withheld[cell] != 0)
        return 0;
    return count == 0 ? dear : 1 + (count < dear / 8 ? count : dear / 8);
}

static bool
close_cycle(const struct sdc_table *t, size_t cell, uint8_t *withheld)
{
    size_t row = cell / t->columns, column = cell % t->columns, best[3] = {0};
    int64_t least = INT64_MAX;

    for (size_t r = 0; r < t->rows; r++) {
        for (size_t c = 0; c < t->columns; c++) {
            size_t corner[] = {
                row * t->columns + c, r * t->columns + column, r * t->columns + c};
            int64_t price = 0;
            for (size_t i = 0; i < ARRAY_N(corner); i++)
                price += price_of(t, withheld, corner[i]);
            if (r == row || c == column || price >= least)
                continue;
            least = price;
            memcpy(best, corner, sizeof best);
        }
    }
    for (size_t i = 0; i < ARRAY_N(best) && least < INT64_MAX; i++)
        withheld[best[i]] = 1;
    return least < INT64_MAX;
}

/* A cell on a cycle stays on it, so that one look at each is enough; the corners that are
 * added are on the cycle that they were added for. */
static enum err
close_cycles(
    struct diag *d, struct arena *a, const struct sdc_table *t, uint8_t *withheld)
{
    struct graph g;

    TRY(graph_make(d, a, t, withheld, &g));
    for (size_t i = 0; i < t->rows * t->columns; i++) {
        if (withheld[i] == 0 || !is_bridge(&g, i))
            continue;
        if (!close_cycle(t, i, withheld)) {
            return FAIL(d, ERR_UNPROCESSABLE,
                "a small cell of the table follows from its margins");
        }
    }
    return ERR_OK;
}

/* A row or a column: n cells from the first, step apart. */
struct line {
    size_t first, step, n;
};

/* The cheapest cell of the line that is told still; the table's size: there is none. */
static size_t
cheapest(const struct sdc_table *t, const struct line *l, const uint8_t *withheld)
{
    size_t best = t->rows * t->columns;

    for (size_t i = 0; i < l->n; i++) {
        size_t cell = l->first + i * l->step;
        bool better = best == t->rows * t->columns ||
            price_of(t, withheld, cell) < price_of(t, withheld, best);
        if (withheld[cell] == 0 && better)
            best = cell;
    }
    return best;
}

/* What a line withholds follows as a sum: it has to stand for enough persons, and for
 * more than one cell. True: something was added. */
static bool
fill_line(const struct sdc_table *t, const int64_t *persons, int64_t least,
    const struct line *l, uint8_t *withheld)
{
    bool changed = false;

    for (;;) {
        int64_t sum = 0;
        size_t cells = 0;
        for (size_t i = 0; i < l->n; i++) {
            size_t cell = l->first + i * l->step;
            cells += withheld[cell];
            sum += withheld[cell] != 0 ? persons[cell] : 0;
        }
        size_t more = cheapest(t, l, withheld);
        if (cells == 0 || (cells > 1 && sum >= least) || more == t->rows * t->columns)
            return changed;
        withheld[more] = 1;
        changed = true;
    }
}

static bool
fill_lines(
    const struct sdc_table *t, const int64_t *persons, int64_t least, uint8_t *withheld)
{
    bool changed = false;

    for (size_t r = 0; r < t->rows && t->columns > 1; r++) {
        struct line l = {r * t->columns, 1, t->columns};
        changed = fill_line(t, persons, least, &l, withheld) || changed;
    }
    for (size_t c = 0; c < t->columns && t->rows > 1; c++) {
        struct line l = {c, t->columns, t->rows};
        changed = fill_line(t, persons, least, &l, withheld) || changed;
    }
    return changed;
}

enum err
sdc_table_complete(struct diag *d, struct arena *a, const struct sdc_table *t,
    const int64_t *persons, int64_t least, uint8_t *withheld)
{
#ifdef MUTANT_RULE_COMPLEMENTARY
    return ERR_OK;
#endif
    do {
        if (t->rows > 1 && t->columns > 1)
            TRY(close_cycles(d, a, t, withheld));
    } while (fill_lines(t, persons, least, withheld));
    return ERR_OK;
}

/* ---- by more than two keys ---- */

/* Steps between cells that differ in one key alone. */
struct cube {
    const struct sdc_cube *c;
    size_t steps[SDC_AXES_MAX], cells;
};

static struct cube
cube_of(const struct sdc_cube *c)
{
    struct cube out = {.c = c, .cells = 1};

    for (size_t i = c->axes; i-- > 0;) {
        out.steps[i] = out.cells;
        out.cells *= c->sizes[i];
    }
    return out;
}

/* A corner of the box between two cells: a bit of `turn` says from which a key is. */
static size_t
corner_of(const struct cube *x, size_t cell, size_t opposite, unsigned turn)
{
    size_t out = 0;

    for (size_t i = 0; i < x->c->axes; i++) {
        size_t from = (turn >> i & 1) != 0 ? opposite : cell;
        out += from / x->steps[i] % x->c->sizes[i] * x->steps[i];
    }
    return out;
}

/* A box has two of each key that there are two of. */
static bool
is_opposite(const struct cube *x, size_t cell, size_t other)
{
    for (size_t i = 0; i < x->c->axes; i++) {
        size_t n = x->c->sizes[i];
        if (n > 1 && cell / x->steps[i] % n == other / x->steps[i] % n)
            return false;
    }
    return true;
}

/* Withholds the cheapest box that has the cell as a corner; false: there is none. */
static bool
close_box(
    const struct cube *x, const struct sdc_table *t, size_t cell, uint8_t *withheld)
{
    size_t best = x->cells;
    int64_t least = INT64_MAX;

    for (size_t other = 0; other < x->cells; other++) {
        int64_t price = 0;
        if (!is_opposite(x, cell, other))
            continue;
        for (unsigned turn = 0; turn < 1u << x->c->axes; turn++)
            price += price_of(t, withheld, corner_of(x, cell, other, turn));
        if (price < least) {
            least = price;
            best = other;
        }
    }
    for (unsigned turn = 0; best < x->cells && turn < 1u << x->c->axes; turn++)
        withheld[corner_of(x, cell, best, turn)] = 1;
    return best < x->cells;
}

static bool
fill_axis(const struct cube *x, const struct sdc_table *t, const int64_t *persons,
    int64_t least, size_t axis, uint8_t *withheld)
{
    size_t step = x->steps[axis], n = x->c->sizes[axis];
    bool changed = false;

    for (size_t cell = 0; cell < x->cells && n > 1; cell++) {
        struct line l = {cell, step, n};
        if (cell / step % n == 0)
            changed = fill_line(t, persons, least, &l, withheld) || changed;
    }
    return changed;
}

enum err
sdc_cube_complete(struct diag *d, struct arena *a, const struct sdc_cube *c,
    const int64_t *persons, int64_t least, uint8_t *withheld)
{
    struct cube x = cube_of(c);
    struct sdc_table t = {1, x.cells, c->counts};
    bool changed = true;

    if (c->axes <= 2) {
        t.columns = c->axes > 0 ? c->sizes[c->axes - 1] : 1;
        t.rows = x.cells / t.columns;
        return sdc_table_complete(d, a, &t, persons, least, withheld);
    }
#ifdef MUTANT_RULE_COMPLEMENTARY
    return ERR_OK;
#endif
    while (changed) {
        changed = false;
        for (size_t i = 0; i < x.cells; i++) {
            if (withheld[i] != 0 && !close_box(&x, &t, i, withheld)) {
                return FAIL(d, ERR_UNPROCESSABLE,
                    "a small cell of the table follows from its margins");
            }
        }
        for (size_t i = 0; i < c->axes; i++)
            changed = fill_axis(&x, &t, persons, least, i, withheld) || changed;
    }
    return ERR_OK;
}

/* ---- what an answer withholds ---- */

enum err
sdc_withhold(struct diag *d, struct arena *a, const struct sdc_limits *l,
    const struct sdc_evidence *e, const struct sdc_cube *shape, uint8_t *withheld)
{
    int64_t *counts = arena_array(a, sizeof *counts, e->cells_n + 1);
    int64_t *persons = arena_array(a, sizeof *persons, e->cells_n + 1);
    struct sdc_cube cube = *shape;
    struct diag none = {0};
    size_t unsafe = 0;

    CHECK(cube_of(shape).cells == e->cells_n);
    if (counts == NULL || persons == NULL)
        return FAIL(d, ERR_TOO_LARGE, "the table needs too much memory");
    cube.counts = counts;
    for (size_t i = 0; i < e->cells_n; i++) {
        counts[i] = e->cells[i].rows;
        persons[i] = e->cells[i].persons;
        withheld[i] = sdc_cell_is_unsafe(l, e, i);
        unsafe += withheld[i];
    }
    if (unsafe > 0 &&
        sdc_cube_complete(&none, a, &cube, persons, l->persons_min, withheld) != ERR_OK)
        memset(withheld, 0, e->cells_n);
    return ERR_OK;
}

/* ---- rounding ---- */

int64_t
sdc_rounded(int64_t count, int64_t base)
{
    CHECK(count >= 0 && base > 0);
    return count / base * base + (count % base >= base - count % base ? base : 0);
}
