/* plan_rows.c -- the parts of a plan that hold row programs. */
#include "sandbox/engine/plan_read.h"

#include "datasite/base/check.h"
#include "sandbox/wire/rowport.h"

#include <string.h>

#define BLOCK_DECIMALS  6
#define BLOCK_BOUND_MAX INT64_C(1000000000000000) /* 1e9 with BLOCK_DECIMALS */

static bool
stands_in(struct str source, const char *name)
{
    return memmem(source.ptr, source.len, name, strlen(name)) != NULL;
}

/* Texts come from a table's dictionary, so a text that a row computes is none of them. */
static bool
can_be_seen(const struct field *f)
{
    return !schema_has_labels(&f->type) || f->kind == FIELD_COLUMN;
}

/* A program is handed the fields that it names, and no others. */
static enum err
take_args(struct plan_reader *r, struct row_program *p)
{
    const struct scope *s = &r->plan->scope;

    for (size_t i = 0; i < s->visible_n; i++) {
        const struct field *f = &s->fields[s->visible[i]];
        if (!can_be_seen(f) || !stands_in(p->source, f->type.name))
            continue;
        if (p->args_n == ROW_ARGS_MAX)
            return PLAN_FAIL(r, "the source names more than %d columns", ROW_ARGS_MAX);
        p->types[p->args_n] = f->type;
        p->args[p->args_n++] = s->visible[i];
    }
    return ERR_OK;
}

static enum err
take_program(
    struct plan_reader *r, json_t *obj, enum row_kind kind, struct row_program **out)
{
    struct plan *plan = r->plan;
    struct row_program *p = arena_array(r->a, sizeof *p, 1);
    struct str source;
    const char *text;

    if (plan->context->rows == NULL)
        return FAIL(r->d, ERR_NOT_YET, "%s is not available here.", r->what);
    if (plan->programs_n == ROW_PROGRAMS_MAX)
        return PLAN_FAIL(r, "a question has at most %d row programs", ROW_PROGRAMS_MAX);
    TRY(plan_text(r, obj, "source", &source));
    if (source.len == 0 || source.len > SOURCE_BYTES_MAX)
        return PLAN_FAIL(r, "source has 1 to %d bytes", SOURCE_BYTES_MAX);
    text = arena_strn(r->a, source.ptr, source.len);
    if (p == NULL || text == NULL)
        return plan_no_memory(r);
    p->kind = kind;
    p->source = (struct str){text, source.len};
    plan->programs[plan->programs_n++] = p;
    *out = p;
    return take_args(r, p);
}

static enum err
take_bounds(const struct plan_reader *r, const json_t *obj, const char *least,
    struct row_program *p)
{
    static const char *const names[] = {"lower", "upper", "default"};
    int64_t *const into[] = {&p->lower, &p->upper, &p->fallback};

    for (size_t i = 0; i < ARRAY_N(names); i++) {
        const json_t *v = json_object_get(obj, names[i]);
        if (v == NULL)
            return PLAN_FAIL(r, "%s must have lower, upper and default", least);
        TRY(plan_fixed(r, v, names[i], p->decimals, into[i]));
    }
    if (p->lower > p->upper || p->fallback < p->lower || p->fallback > p->upper)
        return PLAN_FAIL(r, "lower, default and upper must stand in this order");
    return ERR_OK;
}

enum err
plan_map(struct plan_reader *r, json_t *op)
{
    static const char *const members[] = {
        "decimals", "lower", "upper", "default", NULL};
    struct field f = {.kind = FIELD_MAPPED};
    struct row_program *p;
    json_t *spec = json_object_get(op, "spec");
    const json_t *decimals = json_object_get(spec, "decimals");

    TRY(plan_name(r, op, f.type.name));
    if (!json_is_object(spec))
        return PLAN_FAIL(r, "spec must be an object");
    TRY(plan_members(r, spec, members));
    TRY(take_program(r, op, ROW_MAP, &p));
    if (decimals != NULL &&
        (!json_is_integer(decimals) || json_integer_value(decimals) < 0 ||
            json_integer_value(decimals) > 9))
        return PLAN_FAIL(r, "decimals must be an integer from 0 to 9");
    p->decimals = (int)json_integer_value(decimals);
    TRY(take_bounds(r, spec, "spec", p));
    f.type.type = p->decimals > 0 ? COL_DECIMAL : COL_INTEGER;
    f.type.decimals = p->decimals;
    f.type.bounded = true;
    f.type.lower = p->lower;
    f.type.upper = p->upper;
    f.program = p;
    return plan_add_field(r, &f);
}

static enum err
not_grouped(const struct plan_reader *r)
{
    if (r->plan->grouping.axes_n > 0)
        return PLAN_FAIL(r, "is not answered by group; use where for each of them");
    return ERR_OK;
}

enum err
plan_blocks(struct plan_reader *r, json_t *obj)
{
    struct plan_measure *m = &r->plan->measure;
    struct row_program *p;

    TRY(not_grouped(r));
    TRY(take_program(r, obj, ROW_BLOCK, &p));
    TRY(plan_fixed(r, json_object_get(obj, "blocks"), "blocks", 0, &m->blocks));
    if (m->blocks < 2 || m->blocks > ROW_BLOCKS_MAX)
        return PLAN_FAIL(r, "blocks must be from 2 to %d", ROW_BLOCKS_MAX);
    p->blocks = m->blocks;
    p->decimals = BLOCK_DECIMALS;
    TRY(take_bounds(r, obj, "it", p));
    if (p->lower < -BLOCK_BOUND_MAX || p->upper > BLOCK_BOUND_MAX)
        return PLAN_FAIL(r, "lower and upper must be within 1000000000 of zero");
    m->program = p;
    return ERR_OK;
}

enum err
plan_collect(struct plan_reader *r, json_t *obj)
{
    struct row_program *p;

    if (r->plan->context->lane != LANE_ROWS)
        return FAIL(r->d, ERR_POLICY, "collect() is for the lane rows.");
    if (!r->plan->exact)
        return PLAN_FAIL(r, "has no price, and no release");
    TRY(not_grouped(r));
    TRY(take_program(r, obj, ROW_COLLECT, &p));
    p->blocks = 1;
    r->plan->measure.program = p;
    return ERR_OK;
}
