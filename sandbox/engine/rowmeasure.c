/* rowmeasure.c -- measurements whose arithmetic is a row program's.
 *
 * The kept rows are gathered first, ordered by block, and then fed one block at a time to
 * a process that sees no other. */
#include "sandbox/engine/rowmeasure.h"

#include "sandbox/engine/rows.h"

struct gathered {
    const struct row_program *p;
    const struct plan *plan;
    const struct table *t;
    size_t n; /* kept rows */
    int64_t *values[ROW_ARGS_MAX];
    uint8_t *valid[ROW_ARGS_MAX];
    uint32_t *block, *order;
};

static enum err
no_memory(struct diag *d)
{
    return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
}

/* Rows that are alike fall in one block, wherever in the table they stand. */
static uint64_t
hash_of_row(const struct gathered *g, const struct batch *b, size_t i)
{
    uint64_t words[2 * ROW_ARGS_MAX];
    size_t n = 0;

    for (size_t k = 0; k < g->p->args_n; k++) {
        size_t field = g->p->args[k];
        const struct field *f = &g->plan->scope.fields[field];
        int64_t v = b->valid[field][i] != 0 ? b->values[field][i] : 0;
        bool dictionary = schema_has_labels(&f->type);
        words[n++] = b->valid[field][i];
        words[n++] = dictionary && b->valid[field][i] != 0
            ? table_hash(g->t, labels_text(g->t->columns[f->source].labels, (size_t)v))
            : (uint64_t)v;
    }
    return table_hash(g->t, (struct str){(const char *)words, n * sizeof words[0]});
}

static void
gather_batch(struct gathered *g, const struct batch *b, uint64_t blocks)
{
    for (size_t i = 0; i < b->n; i++) {
        if (b->mask[i] == 0)
            continue;
        uint64_t h = g->t->units != NULL ? table_unit_hash(g->t, b->from + i)
                                         : hash_of_row(g, b, i);
        for (size_t k = 0; k < g->p->args_n; k++) {
            g->values[k][g->n] = b->values[g->p->args[k]][i];
            g->valid[k][g->n] = b->valid[g->p->args[k]][i];
        }
        g->block[g->n++] = (uint32_t)(h % blocks);
    }
}

static enum err
gather(struct diag *d, struct arena *a, struct gathered *g, uint64_t blocks)
{
    struct rows *w;
    struct batch b;

    g->block = arena_array(a, sizeof *g->block, g->t->rows + 1);
    g->order = arena_array(a, sizeof *g->order, g->t->rows + 1);
    if (g->block == NULL || g->order == NULL || g->t->rows >= UINT32_MAX)
        return no_memory(d);
    for (size_t k = 0; k < g->p->args_n; k++) {
        g->values[k] = arena_array(a, sizeof *g->values[k], g->t->rows + 1);
        g->valid[k] = arena_array(a, 1, g->t->rows + 1);
        if (g->values[k] == NULL || g->valid[k] == NULL)
            return no_memory(d);
    }
    TRY(rows_open(d, a, g->plan, g->t, &w));
    while (rows_next(w, &b))
        gather_batch(g, &b, blocks);
    return ERR_OK;
}

/* Block i is order[starts[i]] … order[starts[i + 1] - 1], in the table's order. */
static enum err
order_by_block(
    struct diag *d, struct arena *a, struct gathered *g, size_t blocks, size_t **out)
{
    size_t *starts = arena_array(a, sizeof *starts, blocks + 2);
    size_t *next = arena_array(a, sizeof *next, blocks + 1);

    if (starts == NULL || next == NULL)
        return no_memory(d);
    for (size_t i = 0; i < g->n; i++)
        starts[g->block[i] + 1]++;
    for (size_t i = 0; i < blocks; i++) {
        starts[i + 1] += starts[i];
        next[i] = starts[i];
    }
    for (size_t i = 0; i < g->n; i++)
        g->order[next[g->block[i]]++] = (uint32_t)i;
    *out = starts;
    return ERR_OK;
}

static void
feed_rows(const struct gathered *g, size_t from, size_t to)
{
    static int64_t values[ROW_ARGS_MAX][BATCH_ROWS];
    static uint8_t valid[ROW_ARGS_MAX][BATCH_ROWS];
    const struct row_port *port = g->plan->context->rows;
    struct row_batch b = {.n = to - from};

    for (size_t k = 0; k < g->p->args_n; k++) {
        const struct field *f = &g->plan->scope.fields[g->p->args[k]];
        bool dictionary = schema_has_labels(&f->type);
        for (size_t i = from; i < to; i++) {
            values[k][i - from] = g->values[k][g->order[i]];
            valid[k][i - from] = g->valid[k][g->order[i]];
        }
        b.values[k] = values[k];
        b.valid[k] = valid[k];
        b.labels[k] = dictionary ? g->t->columns[f->source].labels : NULL;
    }
    port->feed(port->self, g->p, &b);
}

static void
feed_block(const struct gathered *g, size_t from, size_t to)
{
    const struct row_port *port = g->plan->context->rows;

    port->open(port->self, g->p);
    for (size_t at = from; at < to; at += BATCH_ROWS)
        feed_rows(g, at, to - at < BATCH_ROWS ? to : at + BATCH_ROWS);
}

enum err
row_blocks_sum(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, __int128 *out)
{
    const struct row_port *port = p->context->rows;
    struct gathered g = {.p = p->measure.program, .plan = p, .t = t};
    size_t blocks = (size_t)p->measure.blocks, *starts;

    *out = 0;
    TRY(gather(d, a, &g, blocks));
    TRY(order_by_block(d, a, &g, blocks, &starts));
    for (size_t i = 0; i < blocks; i++) {
        feed_block(&g, starts[i], starts[i + 1]);
        *out += port->number(port->self, g.p);
    }
    return ERR_OK;
}

enum err
row_collect(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, struct buf *json)
{
    const struct row_port *port = p->context->rows;
    struct gathered g = {.p = p->measure.program, .plan = p, .t = t};
    size_t *starts;

    TRY(gather(d, a, &g, 1));
    TRY(order_by_block(d, a, &g, 1, &starts));
    feed_block(&g, 0, g.n);
    return port->value(port->self, d, g.p, json);
}
