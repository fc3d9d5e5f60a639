/* plan_read.c -- members of a plan's objects, each checked as it is taken. */
#include "sandbox/engine/plan_read.h"
#include "policies/schema_value.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum err
plan_fail(const struct plan_reader *r, const char *file, int line, const char *fmt, ...)
{
    char why[320];
    va_list args;

    va_start(args, fmt);
    vsnprintf(why, sizeof why, fmt, args);
    va_end(args);
    return diag_set(r->d, ERR_INVALID, file, line, "%s: %s", r->what, why);
}

enum err
plan_members(const struct plan_reader *r, json_t *obj, const char *const *allowed)
{
    const char *key;
    json_t *v;

    json_object_foreach(obj, key, v)
    {
        size_t i = 0;
        while (allowed[i] != NULL && strcmp(allowed[i], key) != 0)
            i++;
        if (allowed[i] == NULL)
            return PLAN_FAIL(r, "has no member %.64s", key);
    }
    return ERR_OK;
}

enum err
plan_text(
    const struct plan_reader *r, const json_t *obj, const char *member, struct str *out)
{
    const json_t *v = json_object_get(obj, member);

    if (!json_is_string(v))
        return PLAN_FAIL(r, "%s must be a string", member);
    *out = (struct str){json_string_value(v), json_string_length(v)};
    return ERR_OK;
}

enum err
plan_fixed(const struct plan_reader *r, const json_t *v, const char *member,
    int decimals, int64_t *out)
{
    char digits[32];
    struct str text;

    if (json_is_integer(v)) {
        snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(v));
        text = str_of(digits);
    } else if (json_is_string(v)) {
        text = (struct str){json_string_value(v), json_string_length(v)};
    } else {
        return PLAN_FAIL(r, "%s must be a number", member);
    }
    if (!str_fixed(text, decimals, out) || *out <= -VALUE_ABS_MAX ||
        *out >= VALUE_ABS_MAX) {
        return PLAN_FAIL(r, "%s must be a number with at most %d decimals, below 2^62",
            member, decimals);
    }
    return ERR_OK;
}

enum err
plan_bound(const struct plan_reader *r, const json_t *obj, const char *member,
    const struct schema_column *type, int64_t *out)
{
    const json_t *v = json_object_get(obj, member);

    if (type->type != COL_DATE)
        return plan_fixed(r, v, member, type->decimals, out);
    if (!json_is_string(v) ||
        !date_parse((struct str){json_string_value(v), json_string_length(v)}, out)) {
        return PLAN_FAIL(r, "%s must be a date such as '2001-12-31'", member);
    }
    return ERR_OK;
}

enum err
plan_array(const struct plan_reader *r, const json_t *obj, const char *member,
    size_t most, const json_t **out)
{
    const json_t *v = json_object_get(obj, member);

    if (!json_is_array(v) || json_array_size(v) == 0 || json_array_size(v) > most)
        return PLAN_FAIL(r, "%s must be a list of 1 to %zu", member, most);
    *out = v;
    return ERR_OK;
}

enum err
plan_field_named(const struct plan_reader *r, const json_t *v, size_t *out)
{
    const struct scope *s = &r->plan->scope;
    const struct field *f;

    if (!json_is_string(v))
        return PLAN_FAIL(r, "columns are named by strings");
    f = scope_find(s, (struct str){json_string_value(v), json_string_length(v)});
    if (f == NULL)
        return PLAN_FAIL(r, "there is no column %.64s here", json_string_value(v));
    *out = (size_t)(f - s->fields);
    return ERR_OK;
}

enum err
plan_field(
    const struct plan_reader *r, const json_t *obj, const char *member, size_t *out)
{
    const json_t *v = json_object_get(obj, member);

    if (v == NULL)
        return PLAN_FAIL(r, "%s is missing", member);
    return plan_field_named(r, v, out);
}

enum err
plan_fields(const struct plan_reader *r, const json_t *obj, const char *member,
    size_t out[GROUP_FIELDS_MAX], size_t *n)
{
    const json_t *list;

    TRY(plan_array(r, obj, member, GROUP_FIELDS_MAX, &list));
    *n = json_array_size(list);
    for (size_t i = 0; i < *n; i++) {
        TRY(plan_field_named(r, json_array_get(list, i), &out[i]));
        for (size_t k = 0; k < i; k++)
            if (out[k] == out[i])
                return PLAN_FAIL(r, "%s names a column twice", member);
    }
    return ERR_OK;
}

enum err
plan_add_field(struct plan_reader *r, const struct field *f)
{
    struct scope *s = &r->plan->scope;

    if (s->fields_n == s->fields_max)
        return PLAN_FAIL(r, "makes too many columns");
    s->fields[s->fields_n] = *f;
    for (size_t i = 0; i < s->visible_n; i++) {
        if (strcmp(s->fields[s->visible[i]].type.name, f->type.name) == 0) {
            s->visible[i] = s->fields_n++;
            return ERR_OK;
        }
    }
    s->visible[s->visible_n++] = s->fields_n++;
    return ERR_OK;
}
