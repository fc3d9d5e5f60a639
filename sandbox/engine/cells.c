/* cells.c -- which cell of a grouping the rows of a batch fall in. */
#include "sandbox/engine/cells.h"

#include "datasite/base/check.h"

#include <string.h>

static int64_t
axis_code(const struct cells *c, const struct table *t, const struct axis *x, size_t i)
{
    const struct field *f = &c->plan->scope.fields[x->field];

    if (x->texts == NULL)
        return x->values[i];
    CHECK(f->kind == FIELD_COLUMN);
    return labels_find(t->columns[f->source].labels, x->texts[i]);
}

/* A table from an axis' values to the share of the cell that they stand for. */
static enum err
make_lut(struct diag *d, struct arena *a, struct cells *c, const struct table *t,
    size_t axis)
{
    const struct grouping *g = c->grouping;
    const struct axis *x = &g->axes[axis];
    const struct field *f = &c->plan->scope.fields[x->field];
    int64_t least = axis_code(c, t, x, 0), most = least;
    size_t stride = 1;
    uint32_t *lut;

    for (size_t i = axis + 1; i < g->axes_n; i++)
        stride *= g->axes[i].n;
    for (size_t i = 1; i < x->n; i++) {
        int64_t code = axis_code(c, t, x, i);
        least = code < least ? code : least;
        most = code > most ? code : most;
    }
    if (x->texts != NULL) { /* as long as the dictionary, whatever the keys are */
        least = -1;
        most = (int64_t)labels_n(t->columns[f->source].labels);
    }
    c->base[axis] = least;
    c->lut_n[axis] = (size_t)(most - least) + 1;
    c->lut[axis] = lut = arena_array(a, sizeof *lut, c->lut_n[axis]);
    if (lut == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
    for (size_t i = 0; i < c->lut_n[axis]; i++)
        lut[i] = (uint32_t)g->cells;
    for (size_t i = 0; i < x->n; i++)
        lut[axis_code(c, t, x, i) - least] = (uint32_t)(i * stride);
    c->even[axis] = (uint32_t)stride;
    for (size_t i = 0; i < c->lut_n[axis]; i++)
        if (lut[i] != i * stride)
            c->even[axis] = 0;
    return ERR_OK;
}

/* Integers of 32 bits: a column that is stored so, whose keys are as well. */
static bool
is_short(const struct cells *c, const struct table *t, size_t axis)
{
    const struct field *f = &c->plan->scope.fields[c->grouping->axes[axis].field];
    int64_t base = c->base[axis], last = base + (int64_t)c->lut_n[axis] - 1;

    return f->kind == FIELD_COLUMN &&
        t->columns[f->source].width <= (int)sizeof(int32_t) && base >= INT32_MIN &&
        last <= INT32_MAX;
}

void
cells_of(const struct cells *c, const struct batch *b, uint32_t *cell)
{
    const struct grouping *g = c->grouping;
    uint32_t none = (uint32_t)g->cells;

    if (c->alone) {
        size_t field = g->axes[0].field;
        kernel_cells_alone(b->values[field], b->valid[field], c->base[0], c->lut_n[0],
            none, cell, b->n);
        return;
    }
    memset(cell, 0, b->n * sizeof *cell);
    for (size_t i = 0; i < g->axes_n; i++) {
        size_t field = g->axes[i].field;
        if (c->even[i] != 0)
            kernel_cells_even(b->values[field], b->valid[field], c->base[i], c->even[i],
                c->lut_n[i], none, cell, b->n);
        else
            kernel_cells(b->values[field], b->valid[field], c->base[i], c->lut[i],
                c->lut_n[i], none, cell, b->n);
    }
    kernel_cells_close(cell, none, b->n);
}

enum err
cells_open(struct diag *d, struct arena *a, const struct plan *p,
    const struct grouping *g, const struct table *t, struct cells *out)
{
    *out = (struct cells){.plan = p, .grouping = g};
    for (size_t i = 0; i < g->axes_n; i++)
        TRY(make_lut(d, a, out, t, i));
    out->alone = g->axes_n == 1 && out->even[0] == 1 && is_short(out, t, 0);
    return ERR_OK;
}
