/* plan_group.c -- the keys of a grouping: declared categories, or what the plan lists.
 *
 * Keys are public in either case: every one of them answers, whether it has rows or not. */
#include "sandbox/engine/plan_read.h"

#include "policies/schema_value.h"
#include "sandbox/table/labels.h"

#include <stdio.h>
#include <string.h>

#define NUMBER_SPAN_MAX (INT64_C(1) << 20)

static enum err
check_type(const struct plan_reader *r, const struct schema_column *c)
{
    if (c->type == COL_ID)
        return PLAN_FAIL(
            r, "%s identifies people: it can be counted, not looked at", c->name);
    return ERR_OK;
}

/* ---- declared keys ---- */

static bool
is_public(const struct schema_column *c)
{
    return c->type == COL_BOOLEAN || (c->type == COL_CATEGORY && c->public_categories);
}

static enum err
declared_axis(const struct plan_reader *r, struct axis *x)
{
    const struct schema_column *c = &r->plan->scope.fields[x->field].type;
    int64_t *values;

    if (!is_public(c))
        return FAIL(r->d, ERR_POLICY,
            "group_by: the values of %s are not public; list the keys.", c->name);
    x->n = c->type == COL_BOOLEAN ? 2 : c->categories_n;
    x->values = values = arena_array(r->a, sizeof *values, x->n);
    if (values == NULL)
        return plan_no_memory(r);
    for (size_t i = 0; i < x->n; i++)
        values[i] = (int64_t)i;
    return ERR_OK;
}

static enum err
settle_cells(const struct plan_reader *r, struct grouping *g)
{
    g->cells = 1;
    for (size_t i = 0; i < g->axes_n; i++) {
        if (g->axes[i].n == 0)
            return PLAN_FAIL(r, "has no keys");
        if (g->axes[i].n > GROUP_CELLS_MAX / g->cells)
            return PLAN_FAIL(r, "has too many combinations of keys");
        g->cells *= g->axes[i].n;
    }
    return ERR_OK;
}

/* Where texts, or categories that are kept private, are among the columns, the keys can
 * be left to the data. Numbers cannot: they are for bins. */
static bool
may_be_unknown(const struct plan_reader *r, const struct grouping *g)
{
    bool all_public = true;

    for (size_t i = 0; i < g->axes_n; i++) {
        const struct schema_column *c = &r->plan->scope.fields[g->axes[i].field].type;
        if (c->type != COL_TEXT && c->type != COL_CATEGORY && c->type != COL_BOOLEAN)
            return false;
        all_public = all_public && is_public(c);
    }
    return !all_public;
}

static enum err
declared_keys(struct plan_reader *r, struct grouping *g)
{
    g->is_unknown = may_be_unknown(r, g);
    if (g->is_unknown)
        return ERR_OK;
    for (size_t i = 0; i < g->axes_n; i++)
        TRY(declared_axis(r, &g->axes[i]));
    TRY(settle_cells(r, g));
    g->keys_n = g->cells;
    return g->keys_n <= KEYS_MAX ? ERR_OK
                                 : PLAN_FAIL(r, "has more than a million keys");
}

/* ---- listed keys ---- */

struct listing {
    const json_t *keys;
    size_t n;
    uint32_t *codes; /* n * axes_n local codes */
};

static enum err
key_value(const struct plan_reader *r, const struct schema_column *c, const json_t *v,
    int64_t *out)
{
    struct str text = {json_string_value(v), json_string_length(v)};
    char digits[32];

    if (c->type == COL_BOOLEAN && json_is_boolean(v)) {
        *out = json_is_true(v);
        return ERR_OK;
    }
    if (json_is_integer(v) && c->type != COL_CATEGORY && c->type != COL_DATE) {
        snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(v));
        text = str_of(digits);
    } else if (!json_is_string(v)) {
        return PLAN_FAIL(r, "a key of %s has the wrong type", c->name);
    }
    if (schema_value(c, text, out) != NULL)
        return PLAN_FAIL(r, "a key of %s is not a value of that column", c->name);
    return ERR_OK;
}

/* One axis: distinct values of the keys at this place, numbered as they appear. */
struct listing_axis {
    const struct schema_column *type;
    struct labels *seen;
    int64_t *values;
    struct str *texts;
    int64_t least, most;
};

static enum err
list_value(const struct plan_reader *r, struct listing_axis *x, const json_t *v,
    uint32_t *code)
{
    struct str text = {json_string_value(v), json_string_length(v)};
    size_t before = labels_n(x->seen);
    int64_t value = 0;

    if (x->type->type == COL_TEXT && !json_is_string(v))
        return PLAN_FAIL(r, "a key of %s has the wrong type", x->type->name);
    if (x->type->type != COL_TEXT) {
        TRY(key_value(r, x->type, v, &value));
        text = (struct str){(const char *)&value, sizeof value};
    }
    if (!labels_code(x->seen, text, code))
        return plan_no_memory(r);
    if (*code < before)
        return ERR_OK;
    x->least = before == 0 || value < x->least ? value : x->least;
    x->most = before == 0 || value > x->most ? value : x->most;
    x->values[*code] = value;
    if (x->type->type != COL_TEXT)
        return ERR_OK;
    x->texts[*code] = (struct str){arena_strn(r->a, text.ptr, text.len), text.len};
    return x->texts[*code].ptr != NULL ? ERR_OK : plan_no_memory(r);
}

static enum err
list_values(const struct plan_reader *r, const struct listing *l, size_t axis,
    size_t axes_n, struct listing_axis *x)
{
    for (size_t k = 0; k < l->n; k++) {
        const json_t *key = json_array_get(l->keys, k);
        if (!json_is_array(key) || json_array_size(key) != axes_n)
            return PLAN_FAIL(r, "every key lists one value for each column");
        TRY(list_value(r, x, json_array_get(key, axis), &l->codes[k * axes_n + axis]));
    }
    if (x->most - x->least >= NUMBER_SPAN_MAX)
        return PLAN_FAIL(r, "keys of %s lie too far apart", x->type->name);
    return ERR_OK;
}

static enum err
listed_axis(const struct plan_reader *r, const struct listing *l, size_t axis,
    struct grouping *g)
{
    struct axis *x = &g->axes[axis];
    struct listing_axis lx = {.type = &r->plan->scope.fields[x->field].type};
    enum err err;

    lx.values = arena_array(r->a, sizeof *lx.values, l->n);
    lx.texts = arena_array(r->a, sizeof *lx.texts, l->n);
    lx.seen = labels_new();
    if (lx.values == NULL || lx.texts == NULL || lx.seen == NULL)
        err = plan_no_memory(r);
    else
        err = list_values(r, l, axis, g->axes_n, &lx);
    x->values = lx.values;
    x->texts = lx.type->type == COL_TEXT ? lx.texts : NULL;
    x->n = lx.seen != NULL ? labels_n(lx.seen) : 0;
    labels_free(lx.seen);
    return err;
}

static enum err
place_keys(const struct plan_reader *r, const struct listing *l, struct grouping *g)
{
    uint32_t *key_of_cell = arena_array(r->a, sizeof *key_of_cell, g->cells);
    uint32_t *cell_of_key = arena_array(r->a, sizeof *cell_of_key, l->n);

    if (key_of_cell == NULL || cell_of_key == NULL)
        return plan_no_memory(r);
    for (size_t i = 0; i < g->cells; i++)
        key_of_cell[i] = (uint32_t)l->n;
    for (size_t k = 0; k < l->n; k++) {
        size_t cell = 0;
        for (size_t i = 0; i < g->axes_n; i++)
            cell = cell * g->axes[i].n + l->codes[k * g->axes_n + i];
        if (key_of_cell[cell] != l->n)
            return PLAN_FAIL(r, "lists a key twice");
        key_of_cell[cell] = (uint32_t)k;
        cell_of_key[k] = (uint32_t)cell;
    }
    g->key_of_cell = key_of_cell;
    g->cell_of_key = cell_of_key;
    return ERR_OK;
}

static enum err
listed_keys(struct plan_reader *r, const json_t *keys, struct grouping *g)
{
    struct listing l = {.keys = keys, .n = json_array_size(keys)};

    g->keys_n = l.n;
    l.codes = arena_array(r->a, sizeof *l.codes, l.n * g->axes_n);
    if (l.codes == NULL)
        return plan_no_memory(r);
    for (size_t i = 0; i < g->axes_n; i++)
        TRY(listed_axis(r, &l, i, g));
    TRY(settle_cells(r, g));
    return place_keys(r, &l, g);
}

enum err
plan_group(struct plan_reader *r, json_t *op)
{
    struct grouping *g = &r->plan->grouping;
    size_t fields[GROUP_FIELDS_MAX], n;
    const json_t *keys;

    TRY(plan_fields(r, op, "columns", fields, &n));
    for (size_t i = 0; i < n; i++) {
        TRY(check_type(r, &r->plan->scope.fields[fields[i]].type));
        g->axes[i].field = fields[i];
    }
    g->axes_n = n;
    if (json_object_get(op, "keys") == NULL)
        return declared_keys(r, g);
    TRY(plan_array(r, op, "keys", KEYS_MAX, &keys));
    return listed_keys(r, keys, g);
}

enum err
plan_keys(struct plan_reader *r, size_t field, const json_t *keys, struct grouping *out)
{
    *out = (struct grouping){.axes_n = 1, .axes = {{.field = field}}};
    TRY(check_type(r, &r->plan->scope.fields[field].type));
    return listed_keys(r, keys, out);
}
