/* schema.c -- the schema document: strict in, canonical out. */
#include "policies/schema.h"

#include "datasite/base/check.h"
#include "policies/schema_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DECIMALS_MAX       9
#define CATEGORY_BYTES_MAX 255
#define UNIT_ROWS_CEILING  1000000
#define OUT_OF_MEMORY(d)   FAIL(d, ERR_TOO_LARGE, "The schema needs too much memory.")

static const char *const type_names[] = {
    [COL_INTEGER] = "integer",
    [COL_DECIMAL] = "decimal",
    [COL_BOOLEAN] = "boolean",
    [COL_DATE] = "date",
    [COL_CATEGORY] = "category",
    [COL_TEXT] = "text",
    [COL_ID] = "id",
};

static const char *const sensitivities[] = {"direct", "quasi", "sensitive", "public"};

/* Which members a column of a type may have, beyond name, type, nullable, sensitivity. */
static const struct {
    const char *member;
    unsigned types; /* bits by enum column_type */
} member_types[] = {
    {"name", ~0u},
    {"type", ~0u},
    {"nullable", ~0u},
    {"sensitivity", ~0u},
    {"decimals", 1u << COL_DECIMAL},
    {"lower", 1u << COL_INTEGER | 1u << COL_DECIMAL | 1u << COL_DATE},
    {"upper", 1u << COL_INTEGER | 1u << COL_DECIMAL | 1u << COL_DATE},
    {"categories", 1u << COL_CATEGORY},
    {"public_categories", 1u << COL_CATEGORY},
};

const char *
column_type_name(enum column_type t)
{
    return type_names[t];
}

/* ---- parsing the document ---- */

/* Where in the document we are, for messages and pointers. */
struct place {
    struct diag *d;
    struct arena *a;
    char at[128]; /* JSON Pointer of the object being read */
};

static enum err
bad_member(const struct place *p, const char *member, const char *why)
{
    char field[128];

    snprintf(field, sizeof field, "%.80s/%.40s", p->at, member);
    return FAIL_FIELD(p->d, ERR_INVALID, field, "%s", why);
}

static enum err
take_bool(const struct place *p, const json_t *obj, const char *member, bool *io)
{
    const json_t *v = json_object_get(obj, member);

    if (v == NULL)
        return ERR_OK;
    if (!json_is_boolean(v))
        return bad_member(p, member, "must be true or false");
    *io = json_is_true(v);
    return ERR_OK;
}

static struct str
json_slice(const json_t *v)
{
    return (struct str){json_string_value(v), json_string_length(v)};
}

static bool
has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
            return true;
    return false;
}

static enum err
take_name(const struct place *p, const json_t *obj, struct schema_column *out)
{
    const json_t *v = json_object_get(obj, "name");
    struct str s;

    if (!json_is_string(v))
        return bad_member(p, "name", "must be the column's name, a string");
    s = json_slice(v);
    if (s.len == 0 || s.len > NAME_BYTES_MAX || has_control(s))
        return bad_member(
            p, "name", "must have 1 to 63 bytes and no control characters");
    memcpy(out->name, s.ptr, s.len);
    out->name[s.len] = '\0';
    return ERR_OK;
}

static enum err
take_type(const struct place *p, const json_t *obj, struct schema_column *out)
{
    const json_t *v = json_object_get(obj, "type");

    for (size_t i = 0; json_is_string(v) && i < ARRAY_N(type_names); i++) {
        if (str_eq(json_slice(v), str_of(type_names[i]))) {
            out->type = (enum column_type)i;
            return ERR_OK;
        }
    }
    return bad_member(p, "type",
        "must be one of integer, decimal, boolean, date, category, text, id");
}

/* Every member must be known, and mean something for a column of this type. */
static enum err
check_members(const struct place *p, json_t *obj, enum column_type type)
{
    const char *key;
    json_t *v;

    json_object_foreach(obj, key, v)
    {
        size_t i = 0;
        while (i < ARRAY_N(member_types) && strcmp(member_types[i].member, key) != 0)
            i++;
        if (i == ARRAY_N(member_types))
            return bad_member(p, key, "is not a member of a column");
        if ((member_types[i].types & 1u << type) == 0)
            return bad_member(p, key, "has no meaning for a column of this type");
    }
    return ERR_OK;
}

static enum err
take_decimals(const struct place *p, const json_t *obj, struct schema_column *out)
{
    const json_t *v = json_object_get(obj, "decimals");

    if (out->type != COL_DECIMAL)
        return ERR_OK;
    if (!json_is_integer(v) || json_integer_value(v) < 0 ||
        json_integer_value(v) > DECIMALS_MAX) {
        return bad_member(p, "decimals", "must be an integer from 0 to 9");
    }
    out->decimals = (int)json_integer_value(v);
    return ERR_OK;
}

/* One bound: a string as in the CSV; a JSON integer is as good. */
static enum err
take_bound(const struct place *p, const json_t *v, const char *member,
    const struct schema_column *c, int64_t *out)
{
    char digits[32];
    struct str text;

    if (json_is_integer(v) && c->type != COL_DATE) {
        snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(v));
        text = str_of(digits);
    } else if (json_is_string(v)) {
        text = json_slice(v);
    } else {
        return bad_member(p, member, "must be a decimal string such as \"0\"");
    }
    if (schema_value(c, text, out) != NULL)
        return bad_member(p, member, "is not a value of this column's type");
    return ERR_OK;
}

static enum err
take_bounds(const struct place *p, const json_t *obj, struct schema_column *out)
{
    const json_t *lower = json_object_get(obj, "lower");
    const json_t *upper = json_object_get(obj, "upper");

    if (lower == NULL && upper == NULL)
        return ERR_OK;
    if (lower == NULL || upper == NULL)
        return bad_member(p, lower == NULL ? "lower" : "upper",
            "is missing: declare both bounds or none");
    TRY(take_bound(p, lower, "lower", out, &out->lower));
    TRY(take_bound(p, upper, "upper", out, &out->upper));
    if (out->lower > out->upper)
        return bad_member(p, "upper", "must not be below lower");
    out->bounded = true;
    return ERR_OK;
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum err
check_categories(const struct place *p, const char *const *list, size_t n)
{
    const char **sorted = arena_array(p->a, sizeof *sorted, n);

    if (sorted == NULL)
        return OUT_OF_MEMORY(p->d);
    memcpy(sorted, list, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_text);
    for (size_t i = 1; i < n; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            return bad_member(p, "categories", "names a category twice");
    return ERR_OK;
}

static enum err
take_categories(const struct place *p, const json_t *obj, struct schema_column *out)
{
    const json_t *list = json_object_get(obj, "categories");
    size_t n = json_array_size(list);
    const char **names;

    if (out->type != COL_CATEGORY)
        return ERR_OK;
    if (!json_is_array(list) || n == 0 || n > CATEGORIES_MAX)
        return bad_member(p, "categories", "must be a list of 1 to 10000 strings");
    names = arena_array(p->a, sizeof *names, n);
    if (names == NULL)
        return OUT_OF_MEMORY(p->d);
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_array_get(list, i);
        if (!json_is_string(v) || json_string_length(v) > CATEGORY_BYTES_MAX ||
            strlen(json_string_value(v)) != json_string_length(v)) {
            return bad_member(p, "categories", "must hold strings of up to 255 bytes");
        }
        names[i] = arena_strn(p->a, json_string_value(v), json_string_length(v));
        if (names[i] == NULL)
            return OUT_OF_MEMORY(p->d);
    }
    out->categories = names;
    out->categories_n = n;
    return check_categories(p, names, n);
}

static enum err
take_sensitivity(const struct place *p, const json_t *obj, struct schema_column *out)
{
    const json_t *v = json_object_get(obj, "sensitivity");

    if (v == NULL)
        return ERR_OK;
    for (size_t i = 0; json_is_string(v) && i < ARRAY_N(sensitivities); i++) {
        if (str_eq(json_slice(v), str_of(sensitivities[i]))) {
            snprintf(out->sensitivity, sizeof out->sensitivity, "%s", sensitivities[i]);
            return ERR_OK;
        }
    }
    return bad_member(
        p, "sensitivity", "must be one of direct, quasi, sensitive, public");
}

static enum err
take_column(const struct place *p, json_t *obj, struct schema_column *out)
{
    if (!json_is_object(obj))
        return FAIL_FIELD(p->d, ERR_INVALID, p->at, "must be an object");
    TRY(take_name(p, obj, out));
    TRY(take_type(p, obj, out));
    TRY(check_members(p, obj, out->type));
    out->nullable = true;
    out->public_categories = out->type == COL_CATEGORY;
    TRY(take_bool(p, obj, "nullable", &out->nullable));
    TRY(take_bool(p, obj, "public_categories", &out->public_categories));
    TRY(take_decimals(p, obj, out));
    TRY(take_bounds(p, obj, out));
    TRY(take_categories(p, obj, out));
    return take_sensitivity(p, obj, out);
}

static enum err
take_columns(struct place *p, const json_t *list, struct schema *out)
{
    size_t n = json_array_size(list);

    if (!json_is_array(list) || n == 0 || n > COLUMNS_MAX)
        return bad_member(p, "columns", "must be a list of 1 to 512 columns");
    out->columns = arena_array(p->a, sizeof *out->columns, n);
    if (out->columns == NULL)
        return OUT_OF_MEMORY(p->d);
    for (size_t i = 0; i < n; i++) {
        snprintf(p->at, sizeof p->at, "/columns/%zu", i);
        TRY(take_column(p, json_array_get(list, i), &out->columns[i]));
        if (schema_find(out, str_of(out->columns[i].name)) != NULL)
            return bad_member(p, "name", "names a column twice");
        out->columns_n = i + 1;
    }
    return ERR_OK;
}

/* The privacy unit: whose presence the promise hides. A row without one would hide
 * nobody, so its column is never null. Its values name people and are never clamped, which
 * would make one person of two; so it has no bounds, whatever is declared. */
static enum err
take_unit(
    struct place *p, const json_t *unit, const json_t *columns, struct schema *out)
{
    const json_t *name = json_object_get(unit, "column");
    const json_t *rows = json_object_get(unit, "max_rows");
    struct schema_column *unit_column;
    const struct schema_column *c;

    out->unit_column = -1;
    out->unit_rows_max = 1;
    if (unit == NULL || json_is_null(unit))
        return ERR_OK;
    snprintf(p->at, sizeof p->at, "/unit");
    if (!json_is_object(unit) || json_object_size(unit) != 2 || name == NULL ||
        rows == NULL) {
        return FAIL_FIELD(p->d, ERR_INVALID, p->at,
            "must be null or an object with column and max_rows");
    }
    c = json_is_string(name) ? schema_find(out, json_slice(name)) : NULL;
    if (c == NULL)
        return bad_member(p, "column", "must name one of the columns");
    if (!json_is_integer(rows) || json_integer_value(rows) < 1 ||
        json_integer_value(rows) > UNIT_ROWS_CEILING) {
        return bad_member(p, "max_rows", "must be an integer from 1 to 1000000");
    }
    out->unit_column = (int)(c - out->columns);
    out->unit_rows_max = json_integer_value(rows);
    if (json_is_true(json_object_get(
            json_array_get(columns, (size_t)out->unit_column), "nullable"))) {
        return bad_member(p, "column", "must not be a nullable column");
    }
    unit_column = &out->columns[out->unit_column];
    unit_column->nullable = false;
#ifndef MUTANT_CLAMPED_UNIT
    unit_column->bounded = false;
    unit_column->lower = unit_column->upper = 0;
#endif
    return ERR_OK;
}

enum err
schema_parse(struct diag *d, struct arena *a, json_t *doc, struct schema *out)
{
    struct place p = {.d = d, .a = a, .at = ""};
    const char *key;
    json_t *v;

    *out = (struct schema){.unit_column = -1, .unit_rows_max = 1};
    if (!json_is_object(doc))
        return FAIL_FIELD(d, ERR_INVALID, "", "The schema must be an object.");
    json_object_foreach(doc, key, v)
    {
        if (strcmp(key, "unit") != 0 && strcmp(key, "columns") != 0)
            return bad_member(&p, key, "is not a member of a schema");
    }
    v = json_object_get(doc, "columns");
    TRY(take_columns(&p, v, out));
    return take_unit(&p, json_object_get(doc, "unit"), v, out);
}

const struct schema_column *
schema_find(const struct schema *s, struct str name)
{
    for (size_t i = 0; i < s->columns_n; i++)
        if (str_eq(str_of(s->columns[i].name), name))
            return &s->columns[i];
    return NULL;
}

/* ---- the document again ---- */

static json_t *
categories_json(const struct schema_column *c)
{
    json_t *list = json_array();

    for (size_t i = 0; i < c->categories_n; i++)
        if (json_array_append_new(list, json_string(c->categories[i])) != 0)
            return NULL; /* no memory: the list is lost with it */
    return list;
}

static json_t *
column_json(const struct schema_column *c)
{
    char lower[32], upper[32];
    json_t *o = json_pack("{s:s, s:s}", "name", c->name, "type", type_names[c->type]);
    int bad = o == NULL;

    if (c->type == COL_DECIMAL)
        bad |= json_object_set_new(o, "decimals", json_integer(c->decimals));
    if (c->bounded) {
        const char *low = schema_text(c, c->lower, lower);
        const char *high = schema_text(c, c->upper, upper);
        bad |= json_object_set_new(o, "lower", json_string(low));
        bad |= json_object_set_new(o, "upper", json_string(high));
    }
    if (c->type == COL_CATEGORY) {
        bad |= json_object_set_new(o, "categories", categories_json(c));
        bad |= json_object_set_new(
            o, "public_categories", json_boolean(c->public_categories));
    }
    bad |= json_object_set_new(o, "nullable", json_boolean(c->nullable));
    if (c->sensitivity[0] != '\0')
        bad |= json_object_set_new(o, "sensitivity", json_string(c->sensitivity));
    if (bad == 0)
        return o;
    json_decref(o);
    return NULL;
}

json_t *
schema_json(const struct schema *s)
{
    json_t *columns = json_array();
    json_t *unit = json_null();

    for (size_t i = 0; i < s->columns_n; i++) {
        if (json_array_append_new(columns, column_json(&s->columns[i])) != 0) {
            json_decref(columns);
            return NULL;
        }
    }
    if (s->unit_column >= 0)
        unit = json_pack("{s:s, s:I}", "column", s->columns[s->unit_column].name,
            "max_rows", (json_int_t)s->unit_rows_max);
    return json_pack("{s:o, s:o}", "unit", unit, "columns", columns);
}
