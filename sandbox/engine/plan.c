/* plan.c -- the operations of a plan, in their order. */
#include "sandbox/engine/plan.h"

#include "datasite/base/check.h"
#include "sandbox/engine/plan_read.h"

#include <string.h>

/* Made by operations, or by the measure for its queries. */
#define FIELDS_MADE_MAX (16 * PLAN_OPS_MAX + QUERIES_MAX)

const struct field *
scope_find(const struct scope *s, struct str name)
{
    for (size_t i = 0; i < s->visible_n; i++) {
        const struct field *f = &s->fields[s->visible[i]];
        if (str_eq(str_of(f->type.name), name))
            return f;
    }
    return NULL;
}

static bool
is_number(const struct schema_column *c)
{
    return c->type == COL_INTEGER || c->type == COL_DECIMAL || c->type == COL_DATE;
}

struct plan_step *
plan_add_step(struct plan_reader *r, enum plan_step_kind kind)
{
    struct plan_step *s = &r->plan->steps[r->plan->steps_n++];

    s->kind = kind;
    return s;
}

/* ---- operations ---- */

static enum err
take_where(struct plan_reader *r, json_t *op)
{
    struct expr *e;
    struct str text;

    TRY(plan_text(r, op, "expr", &text));
    TRY(expr_parse(r->d, r->a, &r->plan->scope, "where", text, &e));
    if (!e->is_condition)
        return PLAN_FAIL(r, "the expression must be a condition, such as a comparison");
    plan_add_step(r, STEP_WHERE)->expr = e;
    return ERR_OK;
}

static int64_t
within(int64_t v, int64_t lower, int64_t upper)
{
    return v < lower ? lower : v > upper ? upper : v;
}

/* Clamping twice is clamping once, to bounds that are clamped themselves. */
static enum err
take_clip(struct plan_reader *r, json_t *op)
{
    struct field f = {.kind = FIELD_CLIPPED};
    const struct schema_column *source;
    int64_t lower, upper;

    TRY(plan_field(r, op, "column", &f.source));
    source = &r->plan->scope.fields[f.source].type;
    if (!is_number(source))
        return PLAN_FAIL(r, "%s is not a number or date", source->name);
    TRY(plan_bound(r, op, "lower", source, &lower));
    TRY(plan_bound(r, op, "upper", source, &upper));
    if (lower > upper)
        return PLAN_FAIL(r, "lower must not be above upper");
    f.type = *source;
    f.type.lower = source->bounded ? within(source->lower, lower, upper) : lower;
    f.type.upper = source->bounded ? within(source->upper, lower, upper) : upper;
    f.type.bounded = true;
    return plan_add_field(r, &f);
}

static enum err
take_truncate_groups(struct plan_reader *r, json_t *op)
{
    struct plan_step *s = plan_add_step(r, STEP_GROUPS);

    TRY(plan_fixed(r, json_object_get(op, "groups"), "groups", 0, &s->limit));
    TRY(plan_fields(r, op, "by", s->by, &s->by_n));
    if (s->limit < 1 || s->limit > UNIT_GROUPS_MAX)
        return PLAN_FAIL(r, "groups must be from 1 to 1000");
    return ERR_OK;
}

static enum err
take_truncate(struct plan_reader *r, json_t *op)
{
    bool rows = json_object_get(op, "rows") != NULL;
    bool groups = json_object_get(op, "groups") != NULL;
    struct plan_step *s;

    if (r->plan->copies > 1)
        return PLAN_FAIL(r, "goes before join_public with a key listed twice");
    if (!rows && !groups)
        return PLAN_FAIL(r, "say how many rows or groups of a person to keep");
    if (groups != (json_object_get(op, "by") != NULL))
        return PLAN_FAIL(r, "groups and by go together");
    if (groups)
        TRY(take_truncate_groups(r, op));
    if (!rows)
        return ERR_OK;
    s = plan_add_step(r, STEP_TRUNCATE);
    TRY(plan_fixed(r, json_object_get(op, "rows"), "rows", 0, &s->limit));
    if (s->limit < 1)
        return PLAN_FAIL(r, "rows must be at least 1");
    if (s->limit < r->plan->rows_max)
        r->plan->rows_max = s->limit;
    return ERR_OK;
}

enum err
plan_name(const struct plan_reader *r, const json_t *op, char out[NAME_BYTES_MAX + 1])
{
    struct str name;

    TRY(plan_text(r, op, "name", &name));
    if (name.len == 0 || name.len > NAME_BYTES_MAX)
        return PLAN_FAIL(r, "a name has 1 to 63 bytes");
    memcpy(out, name.ptr, name.len);
    out[name.len] = '\0';
    return ERR_OK;
}

/* The result's decimals are declared or the expression's own; so are its bounds, where
 * the expression's range is known at all. */
static enum err
take_derived_type(const struct plan_reader *r, const json_t *op, const struct expr *e,
    struct field *f)
{
    const json_t *decimals = json_object_get(op, "decimals");
    bool lower = json_object_get(op, "lower") != NULL;
    bool upper = json_object_get(op, "upper") != NULL;

    f->type.type = e->type;
    f->type.decimals = e->decimals;
    f->type.lower = e->lower;
    f->type.upper = e->upper;
    f->type.bounded = e->lower > 1 - VALUE_ABS_MAX && e->upper < VALUE_ABS_MAX - 1;
    if (decimals != NULL) {
        if (!json_is_integer(decimals) || json_integer_value(decimals) < 0 ||
            json_integer_value(decimals) > 9 || e->type == COL_DATE)
            return PLAN_FAIL(r, "decimals must be an integer from 0 to 9");
        f->type.decimals = (int)json_integer_value(decimals);
        f->type.type = f->type.decimals > 0 ? COL_DECIMAL : COL_INTEGER;
        if (f->type.decimals != e->decimals)
            f->type.bounded = false;
    }
    if (!lower && !upper)
        return ERR_OK;
    if (e->is_condition && decimals == NULL)
        return PLAN_FAIL(r, "a condition has no bounds");
    TRY(plan_bound(r, op, "lower", &f->type, &f->type.lower));
    TRY(plan_bound(r, op, "upper", &f->type, &f->type.upper));
    if (f->type.lower > f->type.upper)
        return PLAN_FAIL(r, "lower must not be above upper");
    f->type.bounded = true;
    return ERR_OK;
}

static enum err
take_derive(struct plan_reader *r, json_t *op)
{
    struct field f = {.kind = FIELD_DERIVED, .type.nullable = true};
    struct expr *e;
    struct str text;

    TRY(plan_name(r, op, f.type.name));
    TRY(plan_text(r, op, "expr", &text));
    TRY(expr_parse(r->d, r->a, &r->plan->scope, "derive", text, &e));
    f.expr = e;
    TRY(take_derived_type(r, op, e, &f));
    return plan_add_field(r, &f);
}

static enum err
take_select(struct plan_reader *r, json_t *op)
{
    struct scope *s = &r->plan->scope;
    const json_t *list;
    size_t *kept;

    TRY(plan_array(r, op, "columns", COLUMNS_MAX, &list));
    kept = arena_array(r->a, sizeof *kept, s->fields_max);
    if (kept == NULL)
        return plan_no_memory(r);
    for (size_t i = 0; i < json_array_size(list); i++) {
        TRY(plan_field_named(r, json_array_get(list, i), &kept[i]));
        for (size_t k = 0; k < i; k++)
            if (kept[k] == kept[i])
                return PLAN_FAIL(r, "names a column twice");
    }
    s->visible = kept;
    s->visible_n = json_array_size(list);
    return ERR_OK;
}

#define MEMBERS_MAX 8
static const struct {
    const char *name;
    enum err (*take)(struct plan_reader *r, json_t *op);
    const char *members[MEMBERS_MAX];
} operations[] = {
    {"where", take_where, {"op", "expr"}},
    {"clip", take_clip, {"op", "column", "lower", "upper"}},
    {"truncate", take_truncate, {"op", "rows", "groups", "by"}},
    {"derive", take_derive, {"op", "name", "expr", "decimals", "lower", "upper"}},
    {"select", take_select, {"op", "columns"}},
    {"group_by", plan_group, {"op", "columns", "keys"}},
    {"partition", plan_partition, {"op", "column", "keys", "part", "price"}},
    {"join_public", plan_join, {"op", "key", "table"}},
    {"map", plan_map, {"op", "name", "spec", "source"}},
};

static enum err
take_operation(struct plan_reader *r, json_t *op)
{
    const char *name = json_string_value(json_object_get(op, "op"));
    size_t i = 0;

    r->what = "plan";
    if (name == NULL)
        return PLAN_FAIL(r, "every operation has a member op, a string");
    while (i < ARRAY_N(operations) && strcmp(operations[i].name, name) != 0)
        i++;
    if (i == ARRAY_N(operations))
        return PLAN_FAIL(r, "there is no operation %.32s", name);
    r->what = operations[i].name;
    TRY(plan_members(r, op, operations[i].members));
    if (r->plan->grouping.axes_n > 0)
        return PLAN_FAIL(r, "group_by comes last, before the measurement");
    return operations[i].take(r, op);
}

static enum err
take_operations(struct plan_reader *r, const json_t *ops)
{
    if (ops == NULL)
        return ERR_OK;
    r->what = "plan";
    if (!json_is_array(ops) || json_array_size(ops) > PLAN_OPS_MAX)
        return PLAN_FAIL(r, "ops must be a list of at most 64 operations");
    r->ops = ops;
    for (r->op = 0; r->op < json_array_size(ops); r->op++)
        TRY(take_operation(r, json_array_get(ops, r->op)));
    return ERR_OK;
}

/* ---- the whole ---- */

/* The columns that the run may read are the fields to begin with. */
static enum err
open_scope(struct plan_reader *r)
{
    const struct question_context *c = r->plan->context;
    struct scope *s = &r->plan->scope;

    s->fields_max = c->schema->columns_n + FIELDS_MADE_MAX;
    s->fields = arena_array(r->a, sizeof *s->fields, s->fields_max);
    s->visible = arena_array(r->a, sizeof *s->visible, s->fields_max);
    r->plan->steps =
        arena_array(r->a, sizeof *r->plan->steps, (size_t)2 * PLAN_OPS_MAX);
    r->plan->needed = arena_array(r->a, sizeof *r->plan->needed, s->fields_max);
    r->plan->in_place = arena_array(r->a, sizeof *r->plan->in_place, s->fields_max);
    if (s->fields == NULL || s->visible == NULL || r->plan->steps == NULL ||
        r->plan->needed == NULL || r->plan->in_place == NULL) {
        return plan_no_memory(r);
    }
    for (size_t i = 0; i < c->schema->columns_n; i++) {
        if (c->columns != NULL && !c->columns[i])
            continue;
        TRY(plan_add_field(r,
            &(struct field){
                .kind = FIELD_COLUMN, .type = c->schema->columns[i], .source = i}));
    }
    return ERR_OK;
}

static void
need_expr(struct plan *p, const struct expr *e)
{
    for (size_t i = 0; i < e->steps_n; i++) {
        size_t field = e->steps[i].field;
        bool lies = expr_reads_in_place(&e->steps[i]);
        if (lies && p->scope.fields[field].kind == FIELD_COLUMN)
            p->in_place[field] = true;
        else if (lies || e->steps[i].op == EXPR_FIELD)
            p->needed[field] = true;
    }
}

static void
need_args(struct plan *p, const struct row_program *program)
{
    for (size_t i = 0; i < program->args_n; i++)
        p->needed[program->args[i]] = true;
}

/* Fields stand after those they are made of, so one pass from the last finds all. */
static void
mark_needed(struct plan *p)
{
    for (size_t i = 0; i < p->steps_n; i++) {
        if (p->steps[i].kind == STEP_WHERE)
            need_expr(p, p->steps[i].expr);
        for (size_t k = 0; k < p->steps[i].by_n; k++)
            p->needed[p->steps[i].by[k]] = true;
        if (p->steps[i].keys != NULL)
            p->needed[p->steps[i].keys->axes[0].field] = true;
    }
    for (size_t i = 0; i < p->grouping.axes_n; i++)
        p->needed[p->grouping.axes[i].field] = true;
    for (size_t i = 0; i < p->measure.fields_n; i++)
        p->needed[p->measure.fields[i]] = true;
    if (p->measure.program != NULL)
        need_args(p, p->measure.program);
    else if (measure_reads(p->measure.kind))
        p->needed[p->measure.field] = true;
    for (size_t i = p->scope.fields_n; i-- > 0;) {
        const struct field *f = &p->scope.fields[i];
        if (!p->needed[i])
            continue;
        if (f->kind == FIELD_DERIVED)
            need_expr(p, f->expr);
        else if (f->kind == FIELD_MAPPED)
            need_args(p, f->program);
        else if (f->kind != FIELD_COLUMN)
            p->needed[f->source] = true;
    }
}

/* A unit's rows reach at most as many groups as a truncation by exactly the grouping's
 * columns let through; later steps only take rows away. */
static void
settle_groups_max(struct plan *p)
{
    p->groups_max = p->rows_max;
    for (size_t i = 0; i < p->steps_n; i++) {
        const struct plan_step *s = &p->steps[i];
        bool same = s->kind == STEP_GROUPS && s->by_n == p->grouping.axes_n;
        for (size_t k = 0; same && k < s->by_n; k++)
            same = s->by[k] == p->grouping.axes[k].field;
        if (same && s->limit < p->groups_max)
            p->groups_max = s->limit;
    }
}

/* What counts units or blocks goes by the table's own rows. */
static enum err
check_copies(struct plan_reader *r)
{
    const struct plan *p = r->plan;

    r->what = "join_public";
    if (p->copies > 1 &&
        (p->grouping.is_unknown || p->measure.program != NULL ||
            p->measure.kind == MEASURE_COUNT_UNITS))
        return PLAN_FAIL(r,
            "a key that the table lists once can be followed by this; "
            "one that it lists several times cannot");
    return ERR_OK;
}

enum err
plan_parse(struct diag *d, struct arena *a, const struct question_context *c,
    json_t *doc, struct plan **out, json_t **price)
{
    static const char *const members[] = {"ops", "measure", "price", "exact", NULL};
    struct plan *p = arena_array(a, sizeof *p, 1);
    struct plan_reader r = {.d = d, .a = a, .plan = p, .what = "plan"};
    json_t *exact = json_object_get(doc, "exact");

    if (p == NULL)
        return plan_no_memory(&r);
    p->context = c;
    p->rows_max = c->schema->unit_rows_max;
    p->grouping.cells = p->grouping.keys_n = p->copies = 1;
    TRY(plan_members(&r, doc, members));
    if (exact != NULL && !json_is_boolean(exact))
        return PLAN_FAIL(&r, "exact must be true or false");
    p->exact = json_is_true(exact);
    TRY(open_scope(&r));
    TRY(take_operations(&r, json_object_get(doc, "ops")));
    TRY(plan_measure(&r, json_object_get(doc, "measure")));
    TRY(check_copies(&r));
    settle_groups_max(p);
    mark_needed(p);
    *price = json_object_get(doc, "price");
    *out = p;
    return ERR_OK;
}
