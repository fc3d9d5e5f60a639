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

enum err
sdc_table_follows(struct diag *d, struct arena *a, const struct sdc_table *t,
    const uint8_t *withheld, size_t cell, bool *out)
{
    struct graph g;

    CHECK(cell < t->rows * t->columns && withheld[cell] != 0);
    TRY(graph_make(d, a, t, withheld, &g));
    *out = is_bridge(&g, cell);
    return ERR_OK;
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

enum err
sdc_table_withhold(struct diag *d, struct arena *a, const struct sdc_table *t,
    int64_t least, uint8_t *withheld)
{
    size_t n = t->rows * t->columns;
    struct graph g;

    TRY(graph_make(d, a, t, withheld, &g));
    for (size_t i = 0; i < n; i++)
        withheld[i] = t->counts[i] > 0 && t->counts[i] < least;
    /* A cell on a cycle stays on it, so that one look at each is enough; the corners that
     * are added are on the cycle that they were added for. */
    for (size_t i = 0; i < n; i++) {
        if (withheld[i] == 0 || !is_bridge(&g, i))
            continue;
        if (!close_cycle(t, i, withheld)) {
            return FAIL(d, ERR_UNPROCESSABLE,
                "a small cell of the table follows from its margins");
        }
    }
    return ERR_OK;
}

/* ---- rounding ---- */

int64_t
sdc_rounded(int64_t count, int64_t base)
{
    CHECK(count >= 0 && base > 0);
    return count / base * base + (count % base >= base - count % base ? base : 0);
}

int64_t
sdc_midpoint(int64_t count, int64_t base)
{
    CHECK(count >= 0 && base > 0);
    return count == 0 ? 0 : (count - 1) / base * base + base - base / 2;
}
