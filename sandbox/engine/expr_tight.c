/* expr_tight.c -- rewrites compiled steps to fewer ones that say the same.
 *
 * Operands that wait stand in registers above each other, so what a constant is for is
 * the step right after it, and what was last put into a register is what it holds. Only
 * declarations decide: the steps of an expression do not depend on a row. */
#include "sandbox/engine/expr.h"

#include <string.h>

bool
expr_reads_in_place(const struct expr_step *s)
{
    return s->op == EXPR_COMPARE_FIELD || s->op == EXPR_SCALE_FIELD ||
        s->op == EXPR_ADD_FIELD;
}

static bool
writes(const struct expr_step *s, enum expr_op op, int reg)
{
    return s != NULL && s->op == op && s->reg == reg;
}

static struct expr_step *
last_of(struct expr *e)
{
    return e->steps_n > 0 ? &e->steps[e->steps_n - 1] : NULL;
}

static void
add(struct expr *e, struct expr_step s)
{
    e->steps[e->steps_n++] = s;
}

/* A field beside a constant is compared where it lies. */
static void
add_comparison(struct expr *e, struct expr_step s)
{
    struct expr_step *last = last_of(e);

    if (!writes(last, EXPR_CONSTANT, s.reg + 1)) {
        add(e, s);
        return;
    }
    s.how = (enum kernel_compare)(s.op - EXPR_EQ);
    s.op = EXPR_COMPARE_CONSTANT;
    s.value = last->value;
    e->steps_n--;
    last = last_of(e);
    if (writes(last, EXPR_FIELD, s.reg)) {
        s.op = EXPR_COMPARE_FIELD;
        s.field = last->field;
        e->steps_n--;
    }
    add(e, s);
}

static void
add_scale(struct expr *e, struct expr_step s)
{
    struct expr_step *last = last_of(e);
    int64_t factor;

    if (writes(last, EXPR_FIELD, s.reg)) {
        last->op = EXPR_SCALE_FIELD;
        last->value = s.value;
    } else if ((writes(last, EXPR_SCALE, s.reg) ||
                   writes(last, EXPR_SCALE_FIELD, s.reg)) &&
        !__builtin_mul_overflow(last->value, s.value, &factor)) {
        last->value = factor;
    } else {
        add(e, s);
    }
}

static void
add_product(struct expr *e, struct expr_step s)
{
    struct expr_step *last = last_of(e);

    if (!writes(last, EXPR_CONSTANT, s.reg + 1)) {
        add(e, s);
        return;
    }
    s.op = EXPR_SCALE;
    s.value = last->value;
    e->steps_n--;
    add_scale(e, s);
}

/* What the left side is was settled before all that the right side takes. */
static void
add_sum(struct expr *e, struct expr_step s)
{
    size_t i = e->steps_n;

    while (i > 0 && e->steps[i - 1].reg > s.reg)
        i--;
    if (i > 0 && writes(&e->steps[i - 1], EXPR_FIELD, s.reg)) {
        s.op = EXPR_ADD_FIELD;
        s.field = e->steps[i - 1].field;
        memmove(&e->steps[i - 1], &e->steps[i], (e->steps_n - i) * sizeof s);
        e->steps_n--;
    }
    add(e, s);
}

void
expr_tighten(struct expr *e)
{
    size_t n = e->steps_n;

    e->steps_n = 0;
    for (size_t i = 0; i < n; i++) {
        struct expr_step s = e->steps[i];
        if (s.op == EXPR_CONSTANT && writes(last_of(e), EXPR_CONSTANT, s.reg))
            e->steps_n--; /* the same number with more decimals */
        if (s.op >= EXPR_EQ && s.op <= EXPR_GE)
            add_comparison(e, s);
        else if (s.op == EXPR_MULTIPLY)
            add_product(e, s);
        else if (s.op == EXPR_SCALE)
            add_scale(e, s);
        else if (s.op == EXPR_ADD)
            add_sum(e, s);
        else
            add(e, s);
    }
}
