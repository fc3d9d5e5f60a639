/* expr_reduce.c -- an operation and its operands become code: types, decimals, bounds. */
#include "sandbox/engine/expr_compile.h"

#include "datasite/base/check.h"
#include "datasite/base/units.h"
#include "policies/schema_value.h"

#define QUOTIENT_PLACES 6

static int64_t
saturated(__int128 v)
{
    return (int64_t)(v > EXPR_SATURATED ? EXPR_SATURATED
            : v < -EXPR_SATURATED       ? -EXPR_SATURATED
                                        : v);
}

static bool
fits(__int128 lower, __int128 upper)
{
    return lower >= -EXPR_SATURATED && upper <= EXPR_SATURATED;
}

/* ---- code ---- */

enum err
expr_emit(struct compiler *c, struct expr_step step)
{
    if (c->out->steps_n == EXPR_NODES_MAX)
        return lex_fail(&c->lexer, (int)c->lexer.at, "the expression is too long");
    c->out->steps[c->out->steps_n++] = step;
    if (step.reg + 2 > c->out->regs_n)
        c->out->regs_n = step.reg + 2;
    return ERR_OK;
}

enum err
expr_emit_constant(struct compiler *c, int reg, int64_t value)
{
    int64_t *constant = arena_array(c->lexer.a, sizeof *constant, BATCH_ROWS);

    if (constant == NULL)
        return FAIL(c->lexer.d, ERR_TOO_LARGE, "The question needs too much memory.");
    kernel_fill(constant, value, BATCH_ROWS);
    return expr_emit(c,
        (struct expr_step){
            .op = EXPR_CONSTANT, .reg = reg, .value = value, .constant = constant});
}

/* ---- reducing: the operation's operands are l and r, in registers reg and reg + 1 ---- */

struct pair {
    struct operand *l, *r;
    int reg, column;
};

enum err
expr_be_condition(struct compiler *c, struct operand *o, int reg, const char *symbol)
{
    if (o->kind == KIND_CONDITION)
        return ERR_OK;
    if (o->kind != KIND_BOOLEAN)
        return lex_fail(&c->lexer, o->column,
            "%s needs a condition here, such as a comparison", symbol);
    o->kind = KIND_CONDITION;
    return expr_emit(c, (struct expr_step){.op = EXPR_TRUTH, .reg = reg});
}

static enum err
reduce_logic(struct compiler *c, struct pair p, const struct operation *op)
{
    TRY(expr_be_condition(c, p.l, p.reg, op->symbol));
    TRY(expr_be_condition(c, p.r, p.reg + 1, op->symbol));
    return expr_emit(c, (struct expr_step){.op = op->op, .reg = p.reg});
}

/* Gives a number more decimals. */
static enum err
be_scaled(struct compiler *c, struct operand *o, int reg, int decimals)
{
    int64_t factor = power_of_ten(decimals - o->decimals);
    __int128 lower = (__int128)o->lower * factor, upper = (__int128)o->upper * factor;
    bool safe = fits(lower, upper);

    if (o->decimals == decimals)
        return ERR_OK;
    o->decimals = decimals;
    o->lower = saturated(lower);
    o->upper = saturated(upper);
    if (o->constant)
        return expr_emit_constant(c, reg, o->lower);
    return expr_emit(c,
        (struct expr_step){.op = safe ? EXPR_SCALE : EXPR_RESCALE,
            .reg = reg,
            .value = factor,
            .other = 1});
}

static enum err
align(struct compiler *c, struct pair p)
{
    int most = p.l->decimals > p.r->decimals ? p.l->decimals : p.r->decimals;

    TRY(be_scaled(c, p.l, p.reg, most));
    return be_scaled(c, p.r, p.reg + 1, most);
}

static enum err
category_literal(struct compiler *c, const struct operand *o,
    const struct operand *text, int64_t *code)
{
    if (schema_value(&o->field->type, text->text, code) == NULL)
        return ERR_OK;
    return lex_fail(&c->lexer, text->column, "'%.*s' is not a declared category of %s",
        (int)(text->text.len < 64 ? text->text.len : 64), text->text.ptr,
        o->field->type.name);
}

/* A string literal beside a category or a date becomes a constant of that kind. */
static enum err
settle_literal(
    struct compiler *c, const struct operand *o, struct operand *text, int text_reg)
{
    int64_t value;

    if (text->kind != KIND_STRING || o->kind == KIND_TEXT || o->kind == KIND_STRING)
        return ERR_OK;
    if (o->kind == KIND_CATEGORY) {
        TRY(category_literal(c, o, text, &value));
    } else if (o->kind != KIND_DATE || !date_parse(text->text, &value)) {
        return lex_fail(&c->lexer, text->column,
            o->kind == KIND_DATE ? "this is not a date such as '2001-12-31'"
                                 : "a string compares with a category, text or date");
    }
    text->kind = o->kind;
    text->field = o->field;
    text->lower = text->upper = value;
    return expr_emit_constant(c, text_reg, value);
}

static enum err
compare_nil(struct compiler *c, struct pair p, bool equal)
{
    if (p.l->kind == KIND_NIL || p.l->kind == KIND_CONDITION ||
        p.l->kind == KIND_STRING)
        return lex_fail(&c->lexer, p.column, "nil compares with a column on its left");
    return expr_emit(c,
        (struct expr_step){.op = equal ? EXPR_IS_NULL : EXPR_IS_VALUE, .reg = p.reg});
}

static enum err
compare_text(struct compiler *c, struct pair p, bool equal)
{
    if (p.r->kind != KIND_STRING)
        return lex_fail(
            &c->lexer, p.column, "a text column compares with a string on its right");
    return expr_emit(c,
        (struct expr_step){.op = equal ? EXPR_TEXT_EQ : EXPR_TEXT_NE,
            .reg = p.reg,
            .field = (size_t)(p.l->field - c->scope->fields),
            .text = p.r->text});
}

static enum err
reduce_comparison(struct compiler *c, struct pair p, const struct operation *op)
{
    bool equality = op->op == EXPR_EQ || op->op == EXPR_NE;
    bool ordered;

    TRY(settle_literal(c, p.l, p.r, p.reg + 1));
    TRY(settle_literal(c, p.r, p.l, p.reg));
    ordered = p.l->kind == KIND_NUMBER || p.l->kind == KIND_DATE;
    if (!equality && !ordered)
        return lex_fail(
            &c->lexer, p.column, "only numbers and dates have an order; use == or ~=");
    if (p.r->kind == KIND_NIL && equality)
        return compare_nil(c, p, op->op == EXPR_EQ);
    if (p.l->kind == KIND_TEXT)
        return compare_text(c, p, op->op == EXPR_EQ);
    if (p.l->kind != p.r->kind || p.l->kind == KIND_CONDITION ||
        p.l->kind == KIND_STRING || p.l->kind == KIND_NIL) {
        return lex_fail(
            &c->lexer, p.column, "these two cannot be compared with each other");
    }
    if (p.l->kind == KIND_CATEGORY &&
        p.l->field->type.categories != p.r->field->type.categories) {
        return lex_fail(&c->lexer, p.column, "compare a category with a string");
    }
    TRY(align(c, p));
    return expr_emit(c, (struct expr_step){.op = op->op, .reg = p.reg});
}

static enum err
need_number(struct compiler *c, const struct operand *o, const struct operation *op)
{
    if (o->kind == KIND_NUMBER)
        return ERR_OK;
    return lex_fail(&c->lexer, o->column, "%s needs a number here", op->symbol);
}

/* Days between dates; a date some days on. */
static enum err
settle_dates(
    struct compiler *c, struct pair p, const struct operation *op, enum kind *out)
{
    int dates;

    if (p.l->kind == KIND_DATE)
        TRY(settle_literal(c, p.l, p.r, p.reg + 1));
    if (p.r->kind == KIND_DATE)
        TRY(settle_literal(c, p.r, p.l, p.reg));
    dates = (p.l->kind == KIND_DATE) + (p.r->kind == KIND_DATE);
    *out = dates == 1 ? KIND_DATE : KIND_NUMBER;
    if (p.l->kind != KIND_DATE)
        TRY(need_number(c, p.l, op));
    if (p.r->kind != KIND_DATE)
        TRY(need_number(c, p.r, op));
    if (dates == 0)
        return ERR_OK;
    if (p.l->decimals + p.r->decimals > 0 || (dates == 2 && op->op == EXPR_ADD) ||
        (dates == 1 && op->op == EXPR_SUBTRACT && p.r->kind == KIND_DATE)) {
        return lex_fail(&c->lexer, p.column,
            "dates can be subtracted from each other or moved by whole days");
    }
    return ERR_OK;
}

static enum err
reduce_sum(struct compiler *c, struct pair p, const struct operation *op)
{
    bool minus = op->op == EXPR_SUBTRACT;
    enum expr_op wide = minus ? EXPR_SUBTRACT_WIDE : EXPR_ADD_WIDE;
    __int128 lower, upper;
    enum kind kind;

    TRY(settle_dates(c, p, op, &kind));
    TRY(align(c, p));
    lower = (__int128)p.l->lower + (minus ? -p.r->upper : p.r->lower);
    upper = (__int128)p.l->upper + (minus ? -p.r->lower : p.r->upper);
    p.l->kind = kind;
    p.l->constant = false;
    p.l->lower = saturated(lower);
    p.l->upper = saturated(upper);
    return expr_emit(
        c, (struct expr_step){.op = fits(lower, upper) ? op->op : wide, .reg = p.reg});
}

static int64_t
greatest(const struct operand *o)
{
    return o->upper > -o->lower ? o->upper : -o->lower;
}

static enum err
reduce_multiply(struct compiler *c, struct pair p)
{
    int places = p.l->decimals + p.r->decimals;
    int64_t divisor =
        power_of_ten(places > EXPR_DECIMALS_MAX ? places - EXPR_DECIMALS_MAX : 0);
    __int128 least = 0, most = 0;

    for (int i = 0; i < 4; i++) { /* the corners hold the extremes */
        __int128 corner = (__int128)(i & 1 ? p.l->upper : p.l->lower) *
            (i & 2 ? p.r->upper : p.r->lower) / divisor;
        least = i == 0 || corner < least ? corner : least;
        most = i == 0 || corner > most ? corner : most;
    }
    if (divisor > 1) { /* rounding may go one beyond */
        least--;
        most++;
    }
    p.l->decimals = places > EXPR_DECIMALS_MAX ? EXPR_DECIMALS_MAX : places;
    p.l->lower = saturated(least);
    p.l->upper = saturated(most);
    if (divisor == 1 && fits(least, most))
        return expr_emit(c, (struct expr_step){.op = EXPR_MULTIPLY, .reg = p.reg});
    return expr_emit(c,
        (struct expr_step){.op = EXPR_MULTIPLY_WIDE, .reg = p.reg, .value = divisor});
}

static enum err
reduce_divide(struct compiler *c, struct pair p)
{
    int most = p.l->decimals > p.r->decimals ? p.l->decimals : p.r->decimals;
    int places = most > QUOTIENT_PLACES ? most : QUOTIENT_PLACES;
    int64_t factor = power_of_ten(places + p.r->decimals - p.l->decimals);
    int64_t bound = saturated((__int128)greatest(p.l) * factor);

    p.l->decimals = places;
    p.l->lower = -bound;
    p.l->upper = bound;
    return expr_emit(
        c, (struct expr_step){.op = EXPR_DIVIDE, .reg = p.reg, .value = factor});
}

static enum err
reduce_whole_division(struct compiler *c, struct pair p, const struct operation *op)
{
    int64_t bound;

    if (op->op == EXPR_FLOOR_DIVIDE) {
        bound = saturated((__int128)greatest(p.l) + 1);
        p.l->decimals = 0;
    } else {
        bound = greatest(p.r);
    }
    p.l->lower = -bound;
    p.l->upper = bound;
    return expr_emit(c, (struct expr_step){.op = op->op, .reg = p.reg});
}

static enum err
reduce_product(struct compiler *c, struct pair p, const struct operation *op)
{
    TRY(need_number(c, p.l, op));
    TRY(need_number(c, p.r, op));
    if (op->op == EXPR_FLOOR_DIVIDE || op->op == EXPR_MODULO)
        TRY(align(c, p));
    p.l->constant = false;
    if (op->op == EXPR_MULTIPLY)
        return reduce_multiply(c, p);
    if (op->op == EXPR_DIVIDE)
        return reduce_divide(c, p);
    return reduce_whole_division(c, p, op);
}

static enum err
reduce_unary(struct compiler *c, const struct pending *pending)
{
    struct operand *o = &c->operands[c->operands_n - 1];
    int reg = c->operands_n - 1;
    int64_t lower = o->lower;

    if (pending->operation->op == EXPR_NOT) {
        TRY(expr_be_condition(c, o, reg, "not"));
        return expr_emit(c, (struct expr_step){.op = EXPR_NOT, .reg = reg});
    }
    TRY(need_number(c, o, pending->operation));
    o->constant = false;
    o->lower = -o->upper;
    o->upper = -lower;
    return expr_emit(c, (struct expr_step){.op = EXPR_NEGATE, .reg = reg});
}

enum err
expr_reduce(struct compiler *c)
{
    struct pending top = c->pending[--c->pending_n];
    struct pair p = {.reg = c->operands_n - 2, .column = top.column};

    if (top.operation->family == UNARY)
        return reduce_unary(c, &top);
    p.l = &c->operands[p.reg];
    p.r = &c->operands[p.reg + 1];
    c->operands_n--;
    switch (top.operation->family) {
    case LOGIC:
        return reduce_logic(c, p, top.operation);
    case COMPARISON:
        TRY(reduce_comparison(c, p, top.operation));
        p.l->kind = KIND_CONDITION;
        return ERR_OK;
    case SUM:
        return reduce_sum(c, p, top.operation);
    case PRODUCT:
        return reduce_product(c, p, top.operation);
    case UNARY:
        break;
    }
    UNREACHABLE();
}
