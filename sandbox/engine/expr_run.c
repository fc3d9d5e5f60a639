/* expr_run.c -- runs a compiled expression over one batch of rows. */
#include "sandbox/engine/expr.h"

#include "datasite/base/check.h"

static const uint8_t ones[BATCH_ROWS] = {[0 ... BATCH_ROWS - 1] = 1};

static void
run_field(const struct expr_input *in, const struct expr_step *s, struct expr_reg *r)
{
    CHECK(in->values[s->field] != NULL);
    r->values = in->values[s->field];
    r->mask = in->valid[s->field];
}

static void
run_truth(struct expr_reg *r, size_t n)
{
    static const int64_t zeros[BATCH_ROWS];

    kernel_compare(KERNEL_NE, r->values, zeros, r->mask, ones, r->own_mask, n);
    r->mask = r->own_mask;
}

/* One operand: scaled, or divided and rounded. */
static void
run_scale(const struct expr_step *s, struct expr_reg *r, size_t n)
{
    if (s->op == EXPR_RESCALE)
        kernel_rescale(r->values, s->value, s->other, r->own_values, n);
    else
        kernel_scale(r->values, s->op == EXPR_NEGATE ? -1 : s->value, r->own_values, n);
    r->values = r->own_values;
}

/* The result is null where either side is, and some where the right side is zero. */
static void
run_arithmetic(const struct expr_step *s, struct expr_reg *r, size_t n)
{
    const int64_t *a = r[0].values, *b = r[1].values;
    int64_t *out = r[0].own_values;
    uint8_t *valid = r[0].own_mask;

    if (s->op <= EXPR_MULTIPLY_WIDE && r[0].mask == r[1].mask)
        valid = NULL; /* as before */
    else
        kernel_and(r[0].mask, r[1].mask, valid, n);
    if (s->op == EXPR_ADD)
        kernel_add(a, b, out, n);
    else if (s->op == EXPR_SUBTRACT)
        kernel_subtract(a, b, out, n);
    else if (s->op == EXPR_MULTIPLY)
        kernel_multiply(a, b, out, n);
    else if (s->op == EXPR_ADD_WIDE)
        kernel_add_saturating(a, b, out, n);
    else if (s->op == EXPR_SUBTRACT_WIDE)
        kernel_subtract_saturating(a, b, out, n);
    else if (s->op == EXPR_MULTIPLY_WIDE)
        kernel_multiply_saturating(a, b, s->value, out, n);
    else if (s->op == EXPR_DIVIDE)
        kernel_divide(a, b, s->value, valid, out, n);
    else if (s->op == EXPR_FLOOR_DIVIDE)
        kernel_floor_divide(a, b, valid, out, n);
    else
        kernel_modulo(a, b, valid, out, n);
    r[0].values = out;
    r[0].mask = valid != NULL ? valid : r[0].mask;
}

_Static_assert(EXPR_GE - EXPR_EQ == KERNEL_GE - KERNEL_EQ &&
        EXPR_LT - EXPR_EQ == KERNEL_LT - KERNEL_EQ,
    "comparisons stand in one order");

static void
run_compare(enum expr_op op, struct expr_reg *r, size_t n)
{
    enum kernel_compare how = (enum kernel_compare)(op - EXPR_EQ);

    kernel_compare(how, r[0].values, r[1].values, r[0].mask, r[1].mask, r->own_mask, n);
    r->mask = r->own_mask;
}

/* A field of a column, or one that was made before, as it lies. */
static struct expr_lying
lying(const struct expr_step *s, const struct expr_input *in)
{
    CHECK(in->lying[s->field].values != NULL);
    return in->lying[s->field];
}

static void
run_scale_field(const struct expr_step *s, const struct expr_input *in,
    struct expr_reg *r, size_t n)
{
    struct expr_lying a = lying(s, in);

    kernel_scale_column(a.values, a.width, s->value, r->own_values, n);
    r->values = r->own_values;
    r->mask = in->valid[s->field];
}

static void
run_add_field(const struct expr_step *s, const struct expr_input *in,
    struct expr_reg *r, size_t n)
{
    struct expr_lying a = lying(s, in);

    kernel_add_column(a.values, a.width, r[1].values, r->own_values, n);
    r->values = r->own_values;
    r->mask = in->valid[s->field];
    if (r[1].mask != r->mask) {
        kernel_and(r[1].mask, r->mask, r->own_mask, n);
        r->mask = r->own_mask;
    }
}

static void
run_compare_constant(const struct expr_step *s, const struct expr_input *in,
    struct expr_reg *r, size_t n)
{
    bool lies = s->op == EXPR_COMPARE_FIELD;
    struct expr_lying a =
        lies ? lying(s, in) : (struct expr_lying){r->values, (int)sizeof *r->values};

    kernel_compare_constant(s->how, a.values, a.width, s->value,
        lies ? in->valid[s->field] : r->mask, r->own_mask, n);
    r->mask = r->own_mask;
}

/* A text that no row holds has the code -1, which no row holds. */
static void
run_text(enum kernel_compare how, struct expr_reg *r, int64_t code, size_t n)
{
    int64_t codes[BATCH_ROWS];

    kernel_fill(codes, code, n);
    kernel_compare(how, r->values, codes, r->mask, ones, r->own_mask, n);
    r->mask = r->own_mask;
}

static void
run_logic(enum expr_op op, struct expr_reg *r, size_t n)
{
    if (op == EXPR_AND)
        kernel_and(r[0].mask, r[1].mask, r[0].own_mask, n);
    else if (op == EXPR_OR)
        kernel_or(r[0].mask, r[1].mask, r[0].own_mask, n);
    else
        kernel_not(r[0].mask, r[0].own_mask, n);
    r[0].mask = r[0].own_mask;
}

static void
run_step(const struct expr_step *s, const struct expr_input *in, int64_t code,
    struct expr_reg *r, size_t n)
{
    switch (s->op) {
    case EXPR_FIELD:
        run_field(in, s, r);
        return;
    case EXPR_CONSTANT:
        r->values = s->constant;
        r->mask = ones;
        return;
    case EXPR_TRUTH:
        run_truth(r, n);
        return;
    case EXPR_SCALE:
    case EXPR_RESCALE:
    case EXPR_NEGATE:
        run_scale(s, r, n);
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
    case EXPR_COMPARE_CONSTANT:
    case EXPR_COMPARE_FIELD:
        run_compare_constant(s, in, r, n);
        return;
    case EXPR_SCALE_FIELD:
        run_scale_field(s, in, r, n);
        return;
    case EXPR_ADD_FIELD:
        run_add_field(s, in, r, n);
        return;
    case EXPR_TEXT_EQ:
        run_text(KERNEL_EQ, r, code, n);
        return;
    case EXPR_TEXT_NE:
        run_text(KERNEL_NE, r, code, n);
        return;
    case EXPR_IS_VALUE:
        return; /* validity is the answer */
    case EXPR_IS_NULL:
    case EXPR_NOT:
    case EXPR_AND:
    case EXPR_OR:
        run_logic(s->op, r, n);
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
