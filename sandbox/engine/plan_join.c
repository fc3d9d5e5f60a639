/* plan_join.c -- a public table laid beside the rows.
 *
 * The table is part of the plan, so all about it is known before data are read. Rows whose
 * key it does not have are dropped. A row whose key it has c times becomes c rows: one
 * unit's k rows become k times the greatest c of any key, at most (PINQ's join with a
 * public table; McSherry 2009, section 4). */
#include "sandbox/engine/plan_read.h"

#include "datasite/base/check.h"
#include "sandbox/table/labels.h"

#include <stdio.h>
#include <string.h>

#define COPIES_MAX   1000
#define ROWS_OF_UNIT (INT64_C(1) << 40) /* that joins may come to */

struct public_table {
    const json_t *columns, *rows;
    size_t columns_n, rows_n, key;
};

static const json_t *
cell_at(const struct public_table *t, size_t row, size_t column)
{
    return json_array_get(json_array_get(t->rows, row), column);
}

static struct str
text_at(const struct public_table *t, size_t row, size_t column)
{
    const json_t *v = cell_at(t, row, column);

    return (struct str){json_string_value(v), json_string_length(v)};
}

static enum err
check_table(const struct plan_reader *r, const struct public_table *t)
{
    for (size_t i = 0; i < t->columns_n; i++)
        if (!json_is_string(json_array_get(t->columns, i)))
            return PLAN_FAIL(r, "columns are named by strings");
    for (size_t i = 0; i < t->rows_n; i++) {
        if (json_array_size(json_array_get(t->rows, i)) != t->columns_n)
            return PLAN_FAIL(r, "every row has a value for each column");
        for (size_t k = 0; k < t->columns_n; k++)
            if (!json_is_string(cell_at(t, i, k)))
                return PLAN_FAIL(r, "the values of a table are texts");
    }
    return ERR_OK;
}

static enum err
read_table(const struct plan_reader *r, const json_t *op, struct public_table *out)
{
    const json_t *table = json_object_get(op, "table");
    struct str key;

    TRY(plan_text(r, op, "key", &key));
    if (!json_is_object(table) || json_object_size(table) != 2)
        return PLAN_FAIL(r, "table has columns and rows");
    TRY(plan_array(r, table, "columns", COLUMNS_MAX, &out->columns));
    TRY(plan_array(r, table, "rows", KEYS_MAX, &out->rows));
    out->columns_n = json_array_size(out->columns);
    out->rows_n = json_array_size(out->rows);
    TRY(check_table(r, out));
    for (out->key = 0; out->key < out->columns_n; out->key++)
        if (str_eq(
                str_of(json_string_value(json_array_get(out->columns, out->key))), key))
            return ERR_OK;
    return PLAN_FAIL(r, "the table has no column %.64s", key.ptr);
}

/* ---- keys ---- */

/* codes: by public row, the number of its key. keys: [[k],…], each once. */
static enum err
number_keys(const struct plan_reader *r, const struct public_table *t,
    struct labels *seen, uint32_t *codes, json_t *keys)
{
    for (size_t i = 0; i < t->rows_n; i++) {
        size_t before = labels_n(seen);
        if (!labels_code(seen, text_at(t, i, t->key), &codes[i]))
            return plan_no_memory(r);
        if (codes[i] == before &&
            json_array_append_new(keys, json_pack("[O]", cell_at(t, i, t->key))) != 0)
            return plan_no_memory(r);
    }
    return ERR_OK;
}

static enum err
take_keys(struct plan_reader *r, const struct public_table *t, size_t field,
    struct grouping *keys, uint32_t *codes)
{
    struct labels *seen = labels_new();
    json_auto_t *list = json_array();
    enum err err = seen != NULL && list != NULL ? number_keys(r, t, seen, codes, list)
                                                : plan_no_memory(r);

    labels_free(seen);
    TRY(err);
    return plan_keys(r, field, list, keys);
}

static enum err
place_rows(const struct plan_reader *r, const struct public_table *t,
    const struct grouping *keys, const uint32_t *codes, struct join *out)
{
    uint32_t *times = arena_array(r->a, sizeof *times, keys->keys_n);
    uint32_t *row_of;

    if (times == NULL)
        return plan_no_memory(r);
    for (size_t i = 0; i < t->rows_n; i++)
        if (++times[codes[i]] > out->copies)
            out->copies = times[codes[i]];
    if (out->copies > COPIES_MAX)
        return PLAN_FAIL(r, "the table lists a key more than 1000 times");
    size_t n = out->copies * (keys->cells + 1);
    out->row_of = row_of = arena_array(r->a, sizeof *row_of, n);
    if (row_of == NULL)
        return plan_no_memory(r);
    for (size_t i = 0; i < n; i++)
        row_of[i] = (uint32_t)t->rows_n;
    for (size_t i = t->rows_n; i-- > 0;) {
        size_t copy = --times[codes[i]];
        row_of[copy * (keys->cells + 1) + keys->cell_of_key[codes[i]]] = (uint32_t)i;
    }
    out->rows_n = t->rows_n;
    return ERR_OK;
}

/* ---- columns ---- */

/* Places after the point, the most of any value; -1: not all of them are numbers. */
static int
decimals_of(const struct public_table *t, size_t column)
{
    int decimals = 0;

    for (size_t i = 0; i < t->rows_n; i++) {
        struct str s = text_at(t, i, column);
        const char *point = s.len > 0 ? memchr(s.ptr, '.', s.len) : NULL;
        size_t places = point != NULL ? (size_t)(s.ptr + s.len - point - 1) : 0;
        int64_t v;
        if (places > 9 || !str_fixed(s, (int)places, &v))
            return -1;
        decimals = (int)places > decimals ? (int)places : decimals;
    }
    return decimals;
}

/* Numbers, whose bounds are what the table holds: it is public. */
static enum err
take_numbers(const struct plan_reader *r, const struct public_table *t, size_t column,
    struct schema_column *type, int64_t *values)
{
    type->type = type->decimals > 0 ? COL_DECIMAL : COL_INTEGER;
    type->bounded = true;
    for (size_t i = 0; i < t->rows_n; i++) {
        TRY(plan_fixed(r, cell_at(t, i, column), "a number of the table",
            type->decimals, &values[i]));
        type->lower = i == 0 || values[i] < type->lower ? values[i] : type->lower;
        type->upper = i == 0 || values[i] > type->upper ? values[i] : type->upper;
    }
    values[t->rows_n] = type->lower;
    return ERR_OK;
}

static enum err
name_category(const struct plan_reader *r, struct schema_column *type,
    const char **names, struct labels *seen, struct str text, int64_t *value)
{
    uint32_t code;

    CHECK(names != NULL);
    if (!labels_code(seen, text, &code))
        return plan_no_memory(r);
    *value = code;
    if (code < type->categories_n)
        return ERR_OK;
    names[code] = arena_strn(r->a, text.ptr, text.len);
    type->categories_n++;
    return names[code] != NULL ? ERR_OK : plan_no_memory(r);
}

static enum err
take_categories(const struct plan_reader *r, const struct public_table *t,
    size_t column, struct schema_column *type, int64_t *values)
{
    const char **names = arena_array(r->a, sizeof *names, t->rows_n);
    struct labels *seen = labels_new();
    enum err err = names != NULL && seen != NULL ? ERR_OK : plan_no_memory(r);

    type->type = COL_CATEGORY;
    type->decimals = 0;
    type->public_categories = true;
    type->categories = names;
    for (size_t i = 0; err == ERR_OK && i < t->rows_n; i++)
        err = name_category(r, type, names, seen, text_at(t, i, column), &values[i]);
    labels_free(seen);
    return err;
}

static enum err
take_column(struct plan_reader *r, const struct public_table *t, size_t column,
    size_t key_field, const struct join *j)
{
    const char *name = json_string_value(json_array_get(t->columns, column));
    struct field f = {.kind = FIELD_LOOKUP, .source = key_field, .type.nullable = true};
    struct lookup *l = arena_array(r->a, sizeof *l, 1);
    int64_t *values = arena_array(r->a, sizeof *values, t->rows_n + 1);

    if (l == NULL || values == NULL)
        return plan_no_memory(r);
    if (*name == '\0' || strlen(name) > NAME_BYTES_MAX)
        return PLAN_FAIL(r, "a name has 1 to 63 bytes");
    snprintf(f.type.name, sizeof f.type.name, "%s", name);
    f.type.decimals = decimals_of(t, column);
    if (f.type.decimals >= 0)
        TRY(take_numbers(r, t, column, &f.type, values));
    else
        TRY(take_categories(r, t, column, &f.type, values));
    *l = (struct lookup){.join = j, .values = values};
    f.lookup = l;
    return plan_add_field(r, &f);
}

enum err
plan_join(struct plan_reader *r, json_t *op)
{
    struct grouping *keys = arena_array(r->a, sizeof *keys, 1);
    struct join *j = arena_array(r->a, sizeof *j, 1);
    struct public_table t = {0};
    struct plan_step *s;
    uint32_t *codes;
    size_t field;

    if (keys == NULL || j == NULL)
        return plan_no_memory(r);
    TRY(read_table(r, op, &t));
    TRY(plan_field(r, op, "key", &field));
    codes = arena_array(r->a, sizeof *codes, t.rows_n);
    if (codes == NULL)
        return plan_no_memory(r);
    TRY(take_keys(r, &t, field, keys, codes));
    TRY(place_rows(r, &t, keys, codes, j));
    if (j->copies > 1 && r->plan->copies > 1)
        return PLAN_FAIL(r, "one table only may list a key several times");
    if (j->copies > 1)
        r->plan->copies = j->copies;
    r->plan->rows_max *= (int64_t)j->copies;
    if (r->plan->rows_max > ROWS_OF_UNIT)
        return PLAN_FAIL(r, "one person would have too many rows; truncate them first");
    j->step = r->plan->steps_n;
    s = plan_add_step(r, STEP_JOIN);
    s->keys = keys;
    s->join = j;
    for (size_t i = 0; i < t.columns_n; i++)
        if (i != t.key)
            TRY(take_column(r, &t, i, field, j));
    return ERR_OK;
}
