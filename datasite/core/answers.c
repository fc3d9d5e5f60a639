/* answers.c -- the exact answers of a run as its script saw them. */
#include "datasite/core/answers.h"

#include "datasite/base/pointer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES_MAX     4096
#define POINTER_BYTES_MAX ((size_t)64 << 10)
#define DECIMAL_BYTES_MAX 60
#define NEAR              1e-9 /* of a number that the script's own decimals stand for */

void
answers_release(struct answers *a)
{
    for (size_t i = 0; i < a->n; i++) {
        json_decref(a->list[i].given);
        json_decref(a->list[i].told);
    }
}

static enum err
no_memory(struct ctx *cx)
{
    return FAIL(&cx->diag, ERR_TOO_LARGE, "the result needs too much memory");
}

/* ---- as lapi_answer.c puts them together ---- */

static bool
is_decimal(const char *p)
{
    size_t n = strlen(p), digits = 0, points = 0;

    for (const char *c = *p == '-' ? p + 1 : p; *c != '\0'; c++) {
        digits += *c >= '0' && *c <= '9';
        points += *c == '.';
        if (*c != '.' && (*c < '0' || *c > '9'))
            return false;
    }
    return n <= DECIMAL_BYTES_MAX && digits > 0 && points <= 1;
}

static json_t *
number_of(const json_t *v, json_int_t decimals) // NOLINT(misc-no-recursion): a list
{
    json_t *list, *one;
    size_t i;

    if (json_is_integer(v) && decimals > 0)
        return json_real((double)json_integer_value(v) / pow(10, (double)decimals));
    if (json_is_string(v) && is_decimal(json_string_value(v)))
        return json_real(strtod(json_string_value(v), NULL));
    if (!json_is_array(v))
        return json_deep_copy(v);
    list = json_array();
    json_array_foreach(v, i, one) json_array_append_new(list, number_of(one, decimals));
    return list;
}

static void
key_text(const json_t *part, char *out, size_t room)
{
    if (json_is_string(part))
        snprintf(out, room, "%s", json_string_value(part));
    else if (json_is_integer(part))
        snprintf(out, room, "%lld", (long long)json_integer_value(part));
    else
        snprintf(out, room, "%s", json_is_true(part) ? "true" : "false");
}

static size_t
parts_of(const json_t *key)
{
    return json_is_array(key) ? json_array_size(key) : 1;
}

static const json_t *
part_of(const json_t *key, size_t i)
{
    return json_is_array(key) ? json_array_get(key, i) : key;
}

/* Tables in tables, by the parts of the key. */
static void
set_by_key(json_t *into, const json_t *key, json_t *value)
{
    char text[KEY_BYTES_MAX];

    for (size_t i = 0; i + 1 < parts_of(key); i++) {
        key_text(part_of(key, i), text, sizeof text);
        json_t *inner = json_object_get(into, text);
        if (inner == NULL) {
            inner = json_object();
            json_object_set_new(into, text, inner);
        }
        into = inner;
    }
    key_text(part_of(key, parts_of(key) - 1), text, sizeof text);
    json_object_set_new(into, text, value);
}

static json_t *
given_of(const json_t *doc)
{
    const json_t *keys = json_object_get(doc, "keys");
    const json_t *values = json_object_get(doc, "values");
    const json_t *value = json_object_get(doc, "value"), *v;
    json_int_t decimals = json_integer_value(json_object_get(doc, "decimals"));
    bool lists = json_is_array(values) && keys == NULL;
    json_t *given;
    size_t i;

    if (value != NULL && keys == NULL)
        return number_of(value, decimals);
    given = lists ? json_array() : json_object();
    json_array_foreach(values, i, v)
    {
        json_t *one = number_of(v, decimals);
        if (lists)
            json_array_append_new(given, one);
        else
            set_by_key(given, json_array_get(keys, i), one);
    }
    return given;
}

/* ---- where cells stand in them ---- */

static void
add_key(struct buf *b, const json_t *key)
{
    char text[KEY_BYTES_MAX];

    for (size_t i = 0; i < parts_of(key); i++) {
        key_text(part_of(key, i), text, sizeof text);
        pointer_add(b, text);
    }
}

/* The cells of a key are a number, or a list of as many. */
static enum err
cell_pointer(
    struct ctx *cx, const json_t *doc, size_t cell, size_t within, const char **out)
{
    const json_t *keys = json_object_get(doc, "keys");
    BUF_SCOPE(b);

    buf_init(&b, POINTER_BYTES_MAX);
    if (keys != NULL)
        add_key(&b, json_array_get(keys, cell / within));
    else
        pointer_add_index(&b, cell / within);
    if (within > 1)
        pointer_add_index(&b, cell % within);
    *out = b.full ? NULL : arena_strn(cx->arena, b.ptr, b.len);
    return *out != NULL ? ERR_OK : no_memory(cx);
}

/* Answers of another shape have no cells that stand apart, such as several quantiles of
 * the same rows. */
static enum err
find_cells(struct ctx *cx, const json_t *doc, struct answer *a)
{
    const json_t *values = json_object_get(doc, "values");
    size_t n = json_array_size(values),
           lists = json_array_size(json_array_get(values, 0));
    size_t within = lists > 0 ? lists : 1;

    if (a->cells == NULL)
        return ERR_OK;
    if (n * within != a->cells_n && n != a->cells_n) {
        if (a->cells_n == 1) {
            NEW(cx, a->cell_at, 1);
            a->cell_at[0] = "";
        }
        return ERR_OK;
    }
    within = n == a->cells_n ? 1 : within;
    NEW(cx, a->cell_at, a->cells_n);
    for (size_t i = 0; i < a->cells_n; i++)
        TRY(cell_pointer(cx, doc, i, within, &a->cell_at[i]));
    return ERR_OK;
}

static enum err
answer_take(struct ctx *cx, json_t *m, size_t exact, struct answer *a)
{
    const json_t *doc = json_object_get(m, "answer");
    struct sdc_cell *room;
    struct sdc_evidence e;

    *a = (struct answer){.measurement = m, .exact = exact, .given = given_of(doc)};
    if (a->given == NULL)
        return no_memory(cx);
    NEW(cx, room, SDC_CELLS_MAX);
    if (sdc_evidence_take(json_object_get(m, "evidence"), room, &e)) {
        a->is_count =
            e.kind == SDC_COUNTS && json_is_integer(json_object_get(doc, "decimals"));
        a->cells = e.cells;
        a->cells_n = e.cells_n;
        a->kind = e.kind;
    }
    return find_cells(cx, doc, a);
}

enum err
answers_take(struct ctx *cx, const json_t *measurements, struct answers *out)
{
    size_t i, exact = 0;
    json_t *m;

    NEW(cx, out->list, json_array_size(measurements) + 1);
    json_array_foreach(measurements, i, m)
    {
        if (json_is_object(json_object_get(m, "answer")))
            TRY(answer_take(cx, m, exact, &out->list[out->n++]));
        exact += json_is_true(json_object_get(m, "exact"));
    }
    return ERR_OK;
}

/* ---- what the script returned ---- */

static bool
is_same(const json_t *a, const json_t *b) // NOLINT(misc-no-recursion): as deep as JSON
{
    const char *name;
    json_t *v;
    size_t i;

    if (json_is_number(a) && json_is_number(b)) {
        double x = json_number_value(a), y = json_number_value(b);
        return fabs(x - y) <= NEAR * (fabs(x) > 1 ? fabs(x) : 1);
    }
    if (json_is_array(a) && json_is_array(b) &&
        json_array_size(a) == json_array_size(b)) {
        json_array_foreach(a, i, v)
        {
            if (!is_same(v, json_array_get(b, i)))
                return false;
        }
        return true;
    }
    if (json_is_object(a) && json_is_object(b) &&
        json_object_size(a) == json_object_size(b)) {
        json_object_foreach((json_t *)(uintptr_t)a, name, v)
        {
            if (json_object_get(b, name) == NULL ||
                !is_same(v, json_object_get(b, name)))
                return false;
        }
        return true;
    }
    return json_equal(a, b) == 1;
}

bool
answer_is(const struct answer *a, const json_t *v)
{
    return is_same(v, a->given);
}

/* Notes where the output tells which answers; false: it holds something else, too. */
static bool // NOLINTNEXTLINE(misc-no-recursion): as deep as JSON
find_places(
    const struct answers *all, const json_t *v, const char *at, json_t *const *places)
{
    bool found = false, whole = json_is_object(v) || json_is_array(v);
    const char *name;
    json_t *one;
    size_t i;

    for (i = 0; i < all->n; i++) {
        if (answer_is(&all->list[i], v))
            found = json_array_append_new(places[i], json_string(at)) == 0;
    }
    if (found)
        return true;
    json_object_foreach((json_t *)(uintptr_t)v, name, one)
    {
        BUF_SCOPE(inner);
        buf_init(&inner, SIZE_MAX);
        buf_addz(&inner, at);
        pointer_add(&inner, name);
        whole = find_places(all, one, inner.ptr, places) && whole;
    }
    json_array_foreach(v, i, one)
    {
        BUF_SCOPE(inner);
        buf_init(&inner, SIZE_MAX);
        buf_addz(&inner, at);
        pointer_add_index(&inner, i);
        whole = find_places(all, one, inner.ptr, places) && whole;
    }
    return whole;
}

static json_t *
cells_json(const struct answer *a)
{
    json_t *list = json_array();

    for (size_t i = 0; a->cell_at != NULL && i < a->cells_n; i++)
        json_array_append_new(list, json_string(a->cell_at[i]));
    return list;
}

enum err
answers_places(
    struct ctx *cx, const struct answers *all, const json_t *outputs, json_t **out)
{
    json_t *list = json_array(), **places;
    bool whole;

    NEW(cx, places, all->n + 1);
    for (size_t i = 0; i < all->n; i++) {
        const struct answer *a = &all->list[i];
        places[i] = json_array();
        json_array_append_new(list,
            json_pack("{s:I, s:O, s:b, s:o, s:o}", "exact", (json_int_t)a->exact,
                "digest", json_object_get(a->measurement, "measurement"), "evidence",
                (int)(a->cells != NULL), "places", places[i], "cells", cells_json(a)));
    }
    whole = find_places(all, outputs, "", places);
    *out = json_pack("{s:b, s:o}", "whole", (int)whole, "answers", list);
    return *out != NULL ? ERR_OK : no_memory(cx);
}
