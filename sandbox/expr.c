/* expr.c -- compiles an expression to straight code, by operation precedence.
 *
 * An operand that waits for its operation stands in the register of its place on the
 * operand stack; an operation takes the two topmost and leaves its result in the lower. */
#include "sandbox/expr.h"

#include "datasite/base/check.h"
#include "datasite/base/limits.h"
#include "sandbox/lex.h"

#include <string.h>

#define SATURATED       (VALUE_ABS_MAX - 1)
#define DECIMALS_MAX    9
#define QUOTIENT_PLACES 6
#define OPERATORS_MAX   64
#define DATE_LEAST      (-719162) /* 0001-01-01 */
#define DATE_MOST       2932896   /* 9999-12-31 */

/* What a text stands for while it is being compiled. */
enum kind {
    KIND_NUMBER,
    KIND_DATE,
    KIND_BOOLEAN,
    KIND_CATEGORY,
    KIND_TEXT,
    KIND_CONDITION,
    KIND_STRING, /* a literal: no code yet */
    KIND_NIL
};

struct operand {
    enum kind kind;
    int column, decimals;
    bool constant; /* a literal: lower is its value */
    int64_t lower, upper;
    const struct field *field; /* CATEGORY, TEXT */
    struct str text;           /* STRING */
};

enum family {
    LOGIC,
    COMPARISON,
    SUM,
    PRODUCT,
    UNARY
};
struct operation {
    const char *symbol;
    int binds; /* the more, the tighter */
    enum family family;
    enum expr_op op;
};

static const struct operation binary_operators[] = {
    {"or", 1, LOGIC, EXPR_OR},
    {"and", 2, LOGIC, EXPR_AND},
    {"==", 3, COMPARISON, EXPR_EQ},
    {"~=", 3, COMPARISON, EXPR_NE},
    {"<", 3, COMPARISON, EXPR_LT},
    {"<=", 3, COMPARISON, EXPR_LE},
    {">", 3, COMPARISON, EXPR_GT},
    {">=", 3, COMPARISON, EXPR_GE},
    {"+", 4, SUM, EXPR_ADD},
    {"-", 4, SUM, EXPR_SUBTRACT},
    {"*", 5, PRODUCT, EXPR_MULTIPLY},
    {"/", 5, PRODUCT, EXPR_DIVIDE},
    {"//", 5, PRODUCT, EXPR_FLOOR_DIVIDE},
    {"%", 5, PRODUCT, EXPR_MODULO},
};
static const struct operation unary_operators[] = {
    {"not", 6, UNARY, EXPR_NOT},
    {"-", 6, UNARY, EXPR_NEGATE},
};

/* An operation, or an opening parenthesis (NULL), that waits for its right side. */
struct pending {
    const struct operation *operation;
    int column;
};

struct compiler {
    struct lexer lexer;
    const struct scope *scope;
    struct expr *out;
    struct operand operands[EXPR_REGS_MAX];
    int operands_n;
    struct pending pending[OPERATORS_MAX];
    int pending_n;
};

static int64_t
power_of_ten(int n)
{
    int64_t p = 1;

    CHECK(n >= 0 && n <= 18);
    while (n-- > 0)
        p *= 10;
    return p;
}

static int64_t
saturated(__int128 v)
{
    return (int64_t)(v > SATURATED ? SATURATED : v < -SATURATED ? -SATURATED : v);
}

static bool
fits(__int128 lower, __int128 upper)
{
    return lower >= -SATURATED && upper <= SATURATED;
}

/* ---- code ---- */

static enum err
emit(struct compiler *c, struct expr_step step)
{
    if (c->out->steps_n == EXPR_NODES_MAX)
        return lex_fail(&c->lexer, (int)c->lexer.at, "the expression is too long");
    c->out->steps[c->out->steps_n++] = step;
    if (step.reg + 2 > c->out->regs_n)
        c->out->regs_n = step.reg + 2;
    return ERR_OK;
}

static enum err
emit_constant(struct compiler *c, int reg, int64_t value)
{
    int64_t *constant = arena_array(c->lexer.a, sizeof *constant, BATCH_ROWS);

    if (constant == NULL)
        return FAIL(c->lexer.d, ERR_TOO_LARGE, "The question needs too much memory.");
    kernel_fill(constant, value, BATCH_ROWS);
    return emit(c,
        (struct expr_step){
            .op = EXPR_CONSTANT, .reg = reg, .value = value, .constant = constant});
}

static enum err
push(struct compiler *c, struct operand operand)
{
    if (c->operands_n == EXPR_REGS_MAX)
        return lex_fail(
            &c->lexer, operand.column, "the expression is nested too deeply");
    c->operands[c->operands_n++] = operand;
    return ERR_OK;
}

/* ---- operands ---- */

static enum err
push_field(struct compiler *c, struct str name, int column)
{
    const struct field *f = scope_find(c->scope, name);
    struct operand o = {.column = column, .field = f};

    if (f == NULL)
        return lex_fail(&c->lexer, column, "there is no column %.*s here",
            (int)(name.len < 64 ? name.len : 64), name.ptr);
    switch (f->type.type) {
    case COL_INTEGER:
    case COL_DECIMAL:
        o.kind = KIND_NUMBER;
        o.decimals = f->type.decimals;
        o.lower = f->type.bounded ? f->type.lower : -SATURATED;
        o.upper = f->type.bounded ? f->type.upper : SATURATED;
        break;
    case COL_DATE:
        o.kind = KIND_DATE;
        o.lower = f->type.bounded ? f->type.lower : DATE_LEAST;
        o.upper = f->type.bounded ? f->type.upper : DATE_MOST;
        break;
    case COL_BOOLEAN:
        o.kind = KIND_BOOLEAN;
        o.upper = 1;
        break;
    case COL_CATEGORY:
        o.kind = KIND_CATEGORY;
        break;
    case COL_TEXT:
        o.kind = KIND_TEXT;
        break;
    case COL_ID:
        return lex_fail(&c->lexer, column,
            "%s identifies people: it can be counted, not looked at", f->type.name);
    }
    TRY(emit(c,
        (struct expr_step){.op = EXPR_FIELD,
            .reg = c->operands_n,
            .field = (size_t)(f - c->scope->fields)}));
    return push(c, o);
}

static enum err
push_number(struct compiler *c, const struct lex *t)
{
    const char *point = memchr(t->text.ptr, '.', t->text.len);
    size_t places = point == NULL ? 0 : (size_t)(t->text.ptr + t->text.len - point) - 1;
    struct operand o = {.kind = KIND_NUMBER, .column = t->column, .constant = true};

    if (places > DECIMALS_MAX || !str_fixed(t->text, (int)places, &o.lower) ||
        o.lower > SATURATED) {
        return lex_fail(&c->lexer, t->column,
            "numbers have at most nine decimals and stay below 2^62");
    }
    o.decimals = (int)places;
    o.upper = o.lower;
    TRY(emit_constant(c, c->operands_n, o.lower));
    return push(c, o);
}

/* row.name and row["name"], for whatever name a column has. */
static enum err
push_row_field(struct compiler *c, int column)
{
    struct lex t, close;

    TRY(lex_next(&c->lexer, &t));
    if (lex_is(&t, ".")) {
        TRY(lex_next(&c->lexer, &t));
        if (t.kind != LEX_NAME)
            return lex_fail(&c->lexer, t.column, "a column's name is expected here");
        return push_field(c, t.text, column);
    }
    if (!lex_is(&t, "["))
        return lex_fail(&c->lexer, t.column, "row is followed by .name or [\"name\"]");
    TRY(lex_next(&c->lexer, &t));
    TRY(lex_next(&c->lexer, &close));
    if (t.kind != LEX_STRING || !lex_is(&close, "]"))
        return lex_fail(
            &c->lexer, t.column, "row[ is followed by a column's name in quotes and ]");
    return push_field(c, t.text, column);
}

static enum err
push_name(struct compiler *c, const struct lex *t)
{
    if (str_eq(t->text, STR("row")) && scope_find(c->scope, t->text) == NULL)
        return push_row_field(c, t->column);
    return push_field(c, t->text, t->column);
}

static enum err
push_boolean(struct compiler *c, const struct lex *t)
{
    struct operand o = {.kind = KIND_BOOLEAN, .column = t->column, .upper = 1};

    TRY(emit_constant(c, c->operands_n, lex_is(t, "true")));
    return push(c, o);
}

/* ---- reducing: the operation's operands are l and r, in registers reg and reg + 1 ---- */

struct pair {
    struct operand *l, *r;
    int reg, column;
};

/* A condition of its own: a comparison, or a boolean that is true. */
static enum err
be_condition(struct compiler *c, struct operand *o, int reg, const char *symbol)
{
    if (o->kind == KIND_CONDITION)
        return ERR_OK;
    if (o->kind != KIND_BOOLEAN)
        return lex_fail(&c->lexer, o->column,
            "%s needs a condition here, such as a comparison", symbol);
    o->kind = KIND_CONDITION;
    return emit(c, (struct expr_step){.op = EXPR_TRUTH, .reg = reg});
}

static enum err
reduce_logic(struct compiler *c, struct pair p, const struct operation *op)
{
    TRY(be_condition(c, p.l, p.reg, op->symbol));
    TRY(be_condition(c, p.r, p.reg + 1, op->symbol));
    return emit(c, (struct expr_step){.op = op->op, .reg = p.reg});
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
        return emit_constant(c, reg, o->lower);
    return emit(c,
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
    return emit_constant(c, text_reg, value);
}

static enum err
compare_nil(struct compiler *c, struct pair p, bool equal)
{
    if (p.l->kind == KIND_NIL || p.l->kind == KIND_CONDITION ||
        p.l->kind == KIND_STRING)
        return lex_fail(&c->lexer, p.column, "nil compares with a column on its left");
    return emit(c,
        (struct expr_step){.op = equal ? EXPR_IS_NULL : EXPR_IS_VALUE, .reg = p.reg});
}

static enum err
compare_text(struct compiler *c, struct pair p, bool equal)
{
    if (p.r->kind != KIND_STRING)
        return lex_fail(
            &c->lexer, p.column, "a text column compares with a string on its right");
    return emit(c,
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
    return emit(c, (struct expr_step){.op = op->op, .reg = p.reg});
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
    return emit(
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
    int64_t divisor = power_of_ten(places > DECIMALS_MAX ? places - DECIMALS_MAX : 0);
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
    p.l->decimals = places > DECIMALS_MAX ? DECIMALS_MAX : places;
    p.l->lower = saturated(least);
    p.l->upper = saturated(most);
    if (divisor == 1 && fits(least, most))
        return emit(c, (struct expr_step){.op = EXPR_MULTIPLY, .reg = p.reg});
    return emit(c,
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
    return emit(
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
    return emit(c, (struct expr_step){.op = op->op, .reg = p.reg});
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
        TRY(be_condition(c, o, reg, "not"));
        return emit(c, (struct expr_step){.op = EXPR_NOT, .reg = reg});
    }
    TRY(need_number(c, o, pending->operation));
    o->constant = false;
    o->lower = -o->upper;
    o->upper = -lower;
    return emit(c, (struct expr_step){.op = EXPR_NEGATE, .reg = reg});
}

/* Applies the operation that waits on top. */
static enum err
reduce(struct compiler *c)
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

/* ---- the text, word by word ---- */

static enum err
wait_for(struct compiler *c, const struct operation *operation, int column)
{
    if (c->pending_n == OPERATORS_MAX)
        return lex_fail(&c->lexer, column, "the expression is nested too deeply");
    c->pending[c->pending_n++] = (struct pending){operation, column};
    return ERR_OK;
}

static enum err
take_operand(struct compiler *c, const struct lex *t, bool *expects)
{
    for (size_t i = 0; i < ARRAY_N(unary_operators); i++)
        if (lex_is(t, unary_operators[i].symbol))
            return wait_for(c, &unary_operators[i], t->column);
    if (lex_is(t, "("))
        return wait_for(c, NULL, t->column);
    *expects = false;
    if (t->kind == LEX_NUMBER)
        return push_number(c, t);
    if (t->kind == LEX_NAME)
        return push_name(c, t);
    if (lex_is(t, "true") || lex_is(t, "false"))
        return push_boolean(c, t);
    if (t->kind == LEX_STRING)
        return push(c,
            (struct operand){
                .kind = KIND_STRING, .column = t->column, .text = t->text});
    if (lex_is(t, "nil"))
        return push(c, (struct operand){.kind = KIND_NIL, .column = t->column});
    return lex_fail(&c->lexer, t->column, "a column or a value is expected here");
}

static enum err
close_parenthesis(struct compiler *c, int column)
{
    while (c->pending_n > 0 && c->pending[c->pending_n - 1].operation != NULL)
        TRY(reduce(c));
    if (c->pending_n == 0)
        return lex_fail(&c->lexer, column, "this parenthesis was never opened");
    c->pending_n--;
    return ERR_OK;
}

static enum err
take_operator(struct compiler *c, const struct lex *t, bool *expects)
{
    const struct operation *op = NULL;

    if (lex_is(t, ")"))
        return close_parenthesis(c, t->column);
    for (size_t i = 0; i < ARRAY_N(binary_operators); i++)
        if (lex_is(t, binary_operators[i].symbol))
            op = &binary_operators[i];
    if (op == NULL)
        return lex_fail(&c->lexer, t->column, "an operator is expected here");
    while (c->pending_n > 0 && c->pending[c->pending_n - 1].operation != NULL &&
        c->pending[c->pending_n - 1].operation->binds >= op->binds)
        TRY(reduce(c));
    *expects = true;
    return wait_for(c, op, t->column);
}

static enum err
compile(struct compiler *c)
{
    bool expects_operand = true;
    struct lex t;

    for (;;) {
        TRY(lex_next(&c->lexer, &t));
        if (t.kind == LEX_END && !expects_operand)
            break;
        if (expects_operand)
            TRY(take_operand(c, &t, &expects_operand));
        else
            TRY(take_operator(c, &t, &expects_operand));
    }
    while (c->pending_n > 0) {
        if (c->pending[c->pending_n - 1].operation == NULL)
            return lex_fail(&c->lexer, c->pending[c->pending_n - 1].column,
                "this parenthesis is never closed");
        TRY(reduce(c));
    }
    return ERR_OK;
}

static enum err
settle_result(struct compiler *c)
{
    struct operand *o = &c->operands[0];
    struct expr *e = c->out;

    CHECK(c->operands_n == 1);
    if (o->kind == KIND_BOOLEAN)
        TRY(be_condition(c, o, 0, ""));
    e->is_condition = o->kind == KIND_CONDITION;
    e->decimals = e->is_condition ? 0 : o->decimals;
    e->lower = e->is_condition ? 0 : o->lower;
    e->upper = e->is_condition ? 1 : o->upper;
    if (e->is_condition)
        e->type = COL_BOOLEAN;
    else if (o->kind == KIND_DATE)
        e->type = COL_DATE;
    else if (o->kind == KIND_NUMBER)
        e->type = e->decimals > 0 ? COL_DECIMAL : COL_INTEGER;
    else
        return lex_fail(
            &c->lexer, o->column, "the expression must be a number, date or condition");
    return ERR_OK;
}

enum err
expr_parse(struct diag *d, struct arena *a, const struct scope *s, const char *what,
    struct str text, struct expr **out)
{
    struct compiler c = {
        .lexer = {.d = d, .a = a, .what = what, .source = text}, .scope = s};

    if (text.len > EXPR_BYTES_MAX)
        return FAIL(
            d, ERR_INVALID, "%s: the expression is longer than 4096 bytes", what);
    c.out = arena_array(a, sizeof *c.out, 1);
    if (c.out != NULL)
        c.out->steps = arena_array(a, sizeof *c.out->steps, EXPR_NODES_MAX);
    if (c.out == NULL || c.out->steps == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
    TRY(compile(&c));
    TRY(settle_result(&c));
    expr_tighten(c.out);
    *out = c.out;
    return ERR_OK;
}
