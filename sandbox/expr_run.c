/* expr_run.c -- runs a compiled expression over one batch of rows. */
#include "sandbox/expr.h"

#include "datasite/base/check.h"

#include <string.h>

static void
run_field(const struct expr_input *in, const struct expr_step *s, struct expr_reg *r,
    size_t n)
{
    CHECK(in->values[s->field] != NULL);
    memcpy(r->values, in->values[s->field], n * sizeof *r->values);
    memcpy(r->mask, in->valid[s->field], n);
}

static void
run_constant(struct expr_reg *r, int64_t value, size_t n)
{
    kernel_fill(r->values, value, n);
    memset(r->mask, 1, n);
}

static void
run_truth(struct expr_reg *r, size_t n)
{
    static const int64_t zeros[BATCH_ROWS];

    kernel_compare(KERNEL_NE, r->values, zeros, r->mask, n);
}

static void
run_negate(struct expr_reg *r, size_t n)
{
    kernel_scale(r->values, -1, n);
}

/* The result is null where either side is. */
static void
run_arithmetic(const struct expr_step *s, struct expr_reg *r, size_t n)
{
    int64_t *io = r[0].values;
    const int64_t *b = r[1].values;

    kernel_and(r[0].mask, r[1].mask, n);
    if (s->op == EXPR_ADD)
        kernel_add(io, b, n);
    else if (s->op == EXPR_SUBTRACT)
        kernel_subtract(io, b, n);
    else if (s->op == EXPR_MULTIPLY)
        kernel_multiply(io, b, n);
    else if (s->op == EXPR_ADD_WIDE)
        kernel_add_saturating(io, b, n);
    else if (s->op == EXPR_SUBTRACT_WIDE)
        kernel_subtract_saturating(io, b, n);
    else if (s->op == EXPR_MULTIPLY_WIDE)
        kernel_multiply_saturating(io, b, s->value, n);
    else if (s->op == EXPR_DIVIDE)
        kernel_divide(io, b, s->value, r[0].mask, n);
    else if (s->op == EXPR_FLOOR_DIVIDE)
        kernel_floor_divide(io, b, r[0].mask, n);
    else
        kernel_modulo(io, b, r[0].mask, n);
}

_Static_assert(EXPR_GE - EXPR_EQ == KERNEL_GE - KERNEL_EQ &&
        EXPR_LT - EXPR_EQ == KERNEL_LT - KERNEL_EQ,
    "comparisons stand in one order");

static void
run_compare(enum expr_op op, struct expr_reg *r, size_t n)
{
    enum kernel_compare how = (enum kernel_compare)(op - EXPR_EQ);

    kernel_and(r[0].mask, r[1].mask, n);
    kernel_compare(how, r[0].values, r[1].values, r[0].mask, n);
}

/* A text that no row holds has the code -1, which no row holds. */
static void
run_text(enum kernel_compare how, struct expr_reg *r, int64_t code, size_t n)
{
    int64_t codes[BATCH_ROWS];

    kernel_fill(codes, code, n);
    kernel_compare(how, r->values, codes, r->mask, n);
}

static void
run_step(const struct expr_step *s, const struct expr_input *in, int64_t code,
    struct expr_reg *r, size_t n)
{
    switch (s->op) {
    case EXPR_FIELD:
        run_field(in, s, r, n);
        return;
    case EXPR_CONSTANT:
        run_constant(r, s->value, n);
        return;
    case EXPR_TRUTH:
        run_truth(r, n);
        return;
    case EXPR_SCALE:
        kernel_scale(r->values, s->value, n);
        return;
    case EXPR_RESCALE:
        kernel_rescale(r->values, s->value, s->other, n);
        return;
    case EXPR_NEGATE:
        run_negate(r, n);
        return;
    case EXPR_ADD:
    case EXPR_SUBTRACT:
    case EXPR_MULTIPLY:
    case EXPR_ADD_WIDE:
    case EXPR_SUBTRACT_WIDE:
    case EXPR_MULTIPLY_WIDE:
    case EXPR_DIVIDE:
    case EXPR_FLOOR_DIVIDE:
    case EXPR_MODULO:
        run_arithmetic(s, r, n);
        return;
    case EXPR_EQ:
    case EXPR_NE:
    case EXPR_LT:
    case EXPR_LE:
    case EXPR_GT:
    case EXPR_GE:
        run_compare(s->op, r, n);
        return;
    case EXPR_TEXT_EQ:
        run_text(KERNEL_EQ, r, code, n);
        return;
    case EXPR_TEXT_NE:
        run_text(KERNEL_NE, r, code, n);
        return;
    case EXPR_IS_NULL:
        kernel_not(r->mask, n);
        return;
    case EXPR_IS_VALUE:
        return; /* validity is the answer */
    case EXPR_AND:
        kernel_and(r[0].mask, r[1].mask, n);
        return;
    case EXPR_OR:
        kernel_or(r[0].mask, r[1].mask, n);
        return;
    case EXPR_NOT:
        kernel_not(r->mask, n);
        return;
    }
    UNREACHABLE();
}

void
expr_run(
    const struct expr *e, const struct expr_input *in, struct expr_reg *regs, size_t n)
{
    for (size_t i = 0; i < e->steps_n; i++) {
        const struct expr_step *s = &e->steps[i];
        run_step(s, in, in->codes != NULL ? in->codes[i] : -1, &regs[s->reg], n);
    }
}
