/* expr.c -- compiles an expression to straight code, by operation precedence. */
#include "sandbox/engine/expr_compile.h"

#include "datasite/base/check.h"

#include <string.h>

#define DATE_LEAST (-719162) /* 0001-01-01 */
#define DATE_MOST  2932896   /* 9999-12-31 */

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

/* ---- operands ---- */

static enum err
push(struct compiler *c, struct operand operand)
{
    if (c->operands_n == EXPR_REGS_MAX)
        return lex_fail(
            &c->lexer, operand.column, "the expression is nested too deeply");
    c->operands[c->operands_n++] = operand;
    return ERR_OK;
}

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
        o.lower = f->type.bounded ? f->type.lower : -EXPR_SATURATED;
        o.upper = f->type.bounded ? f->type.upper : EXPR_SATURATED;
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
    TRY(expr_emit(c,
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

    if (places > EXPR_DECIMALS_MAX || !str_fixed(t->text, (int)places, &o.lower) ||
        o.lower > EXPR_SATURATED) {
        return lex_fail(&c->lexer, t->column,
            "numbers have at most nine decimals and stay below 2^62");
    }
    o.decimals = (int)places;
    o.upper = o.lower;
    TRY(expr_emit_constant(c, c->operands_n, o.lower));
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

    TRY(expr_emit_constant(c, c->operands_n, lex_is(t, "true")));
    return push(c, o);
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
        TRY(expr_reduce(c));
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
        TRY(expr_reduce(c));
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
        TRY(expr_reduce(c));
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
        TRY(expr_be_condition(c, o, 0, ""));
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
