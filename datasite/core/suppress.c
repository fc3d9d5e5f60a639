/* suppress.c -- tables that leave with cells withheld, and counts that leave rounded. */
#include "datasite/core/suppress.h"

#include "policies/sdc_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES_MAX 4096
#define NEAR          1e-9 /* of a number that the script's own decimals stand for */
#define PRIMARY       2    /* withheld for what it is, not for others' sake */
#define WITHHELD_IN   200  /* cells that a check names */

/* An exact answer: as the script got it, and as it may be told. */
struct answer {
    json_t *measurement; /* borrowed */
    json_t *given, *told;
    uint8_t *withheld; /* by cell: 1 or PRIMARY; NULL: it is no table */
    const struct sdc_cell *cells;
    size_t cells_n, line;
    bool is_count;
};
struct answers {
    struct answer *list;
    size_t n;
};

static void
answers_release(struct answers *a)
{
    for (size_t i = 0; i < a->n; i++) {
        json_decref(a->list[i].given);
        json_decref(a->list[i].told);
    }
}

void
suppressed_release(struct suppressed *s)
{
    json_decref(s->outputs);
    json_decref(s->own);
    json_decref(s->measurements);
    json_decref(s->checks);
    *s = (struct suppressed){0};
}

static enum err
no_memory(struct ctx *cx)
{
    return FAIL(&cx->diag, ERR_TOO_LARGE, "the result needs too much memory");
}

/* ---- which cells are withheld ---- */

/* A table by one or two categories, or a histogram: rows and columns of its cells. */
static bool
shape_of(const struct answer *a, const json_t *doc, struct sdc_table *out)
{
    const json_t *keys = json_object_get(doc, "keys");
    size_t axes = json_is_array(json_array_get(keys, 0))
        ? json_array_size(json_array_get(keys, 0))
        : 1;

    if (!a->is_count || a->cells_n < 2 || axes > 2 || a->line == 0 ||
        json_array_size(json_object_get(doc, "values")) != a->cells_n)
        return false;
    *out = (struct sdc_table){.rows = a->cells_n / a->line, .columns = a->line};
    return out->rows * out->columns == a->cells_n;
}

static enum err
withhold(
    struct ctx *cx, const json_t *doc, const struct sdc_limits *l, struct answer *a)
{
    struct sdc_table t;
    struct diag none = {0};
    int64_t *counts, *persons;
    size_t unsafe = 0;

    if (!l->suppress || !shape_of(a, doc, &t))
        return ERR_OK;
    NEW(cx, counts, a->cells_n);
    NEW(cx, persons, a->cells_n);
    NEW(cx, a->withheld, a->cells_n);
    t.counts = counts;
    for (size_t i = 0; i < a->cells_n; i++) {
        counts[i] = a->cells[i].rows;
        persons[i] = a->cells[i].persons;
        a->withheld[i] = sdc_cell_is_unsafe(l, &a->cells[i]);
        unsafe += a->withheld[i];
    }
    if (unsafe == 0 ||
        sdc_table_complete(
            &none, cx->arena, &t, persons, l->persons_min, a->withheld) != ERR_OK) {
        a->withheld = NULL; /* nothing to withhold, or nothing that helps */
        return ERR_OK;
    }
    for (size_t i = 0; i < a->cells_n; i++) {
        if (sdc_cell_is_unsafe(l, &a->cells[i]))
            a->withheld[i] = PRIMARY;
    }
    return ERR_OK;
}

/* ---- answers as scripts see them ---- */

static json_t *
number_of(const json_t *v, json_int_t decimals)
{
    if (json_is_integer(v) && decimals > 0)
        return json_real((double)json_integer_value(v) / pow(10, (double)decimals));
    return json_deep_copy(v);
}

/* The same of one cell as it may be told. */
static json_t *
told_of(const struct answer *a, const struct sdc_limits *l, const json_t *v,
    size_t cell, json_int_t decimals)
{
    if (a->withheld != NULL && a->withheld[cell] != 0)
        return json_null();
    if (a->is_count && l->rounding > 0 && json_is_integer(v) &&
        json_integer_value(v) >= 0)
        return json_integer(sdc_rounded(json_integer_value(v), l->rounding));
    return number_of(v, decimals);
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

/* As lapi_answer.c puts a grouped answer together: tables in tables, by the parts of the key. */
static void
set_by_key(json_t *into, const json_t *key, json_t *value)
{
    size_t parts = json_is_array(key) ? json_array_size(key) : 1;
    char text[KEY_BYTES_MAX];

    for (size_t i = 0; i + 1 < parts; i++) {
        key_text(json_array_get(key, i), text, sizeof text);
        json_t *inner = json_object_get(into, text);
        if (inner == NULL) {
            inner = json_object();
            json_object_set_new(into, text, inner);
        }
        into = inner;
    }
    key_text(
        json_is_array(key) ? json_array_get(key, parts - 1) : key, text, sizeof text);
    json_object_set_new(into, text, value);
}

/* Both forms of an answer's document. */
static enum err
answer_forms(
    struct ctx *cx, const json_t *doc, const struct sdc_limits *l, struct answer *a)
{
    const json_t *keys = json_object_get(doc, "keys");
    const json_t *values = json_object_get(doc, "values");
    const json_t *value = json_object_get(doc, "value"), *v;
    json_int_t decimals = json_integer_value(json_object_get(doc, "decimals"));
    bool lists = json_is_array(values) && keys == NULL;
    size_t i;

    if (value != NULL && keys == NULL) {
        a->given = number_of(value, decimals);
        a->told = told_of(a, l, value, 0, decimals);
        return a->given != NULL && a->told != NULL ? ERR_OK : no_memory(cx);
    }
    a->given = lists ? json_array() : json_object();
    a->told = lists ? json_array() : json_object();
    json_array_foreach(values, i, v)
    {
        json_t *given = number_of(v, decimals), *told = told_of(a, l, v, i, decimals);
        if (lists) {
            json_array_append_new(a->given, given);
            json_array_append_new(a->told, told);
        } else {
            set_by_key(a->given, json_array_get(keys, i), given);
            set_by_key(a->told, json_array_get(keys, i), told);
        }
    }
    return ERR_OK;
}

static enum err
answer_take(struct ctx *cx, json_t *m, const struct sdc_limits *l, struct answer *a)
{
    const json_t *doc = json_object_get(m, "answer");
    struct sdc_cell *room;
    struct sdc_evidence e;

    *a = (struct answer){.measurement = m};
    NEW(cx, room, SDC_CELLS_MAX);
    if (sdc_evidence_take(json_object_get(m, "evidence"), room, &e)) {
        a->is_count =
            e.kind == SDC_COUNTS && json_is_integer(json_object_get(doc, "decimals"));
        a->cells = e.cells;
        a->cells_n = e.cells_n;
        a->line = e.line;
    }
    TRY(withhold(cx, doc, l, a));
    return answer_forms(cx, doc, l, a);
}

static enum err
answers_take(struct ctx *cx, const json_t *measurements, const struct sdc_limits *l,
    struct answers *out)
{
    json_t *m;
    size_t i;

    NEW(cx, out->list, json_array_size(measurements) + 1);
    json_array_foreach(measurements, i, m)
    {
        if (json_is_object(json_object_get(m, "answer")))
            TRY(answer_take(cx, m, l, &out->list[out->n++]));
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

/* Of equal answers the one of which less is told. */
static const struct answer *
answer_like(const struct answers *all, const json_t *v)
{
    const struct answer *found = NULL;

    for (size_t i = 0; i < all->n; i++) {
        const struct answer *a = &all->list[i];
        bool tells_less = a->withheld != NULL || a->is_count;
        if ((found == NULL || tells_less) && is_same(v, a->given))
            found = a;
    }
    return found;
}

/* The value with every answer in it as it may be told; NULL: it holds something that is
 * no answer, which may have been made from one. */
static json_t * // NOLINTNEXTLINE(misc-no-recursion): as deep as JSON
retell(const struct answers *all, json_t *v)
{
    const struct answer *found = answer_like(all, v);
    bool whole = true;
    const char *name;
    json_t *out, *one;
    size_t i;

    if (found != NULL)
        return json_incref(found->told);
    if (!json_is_object(v) && !json_is_array(v))
        return NULL;
    out = json_is_object(v) ? json_object() : json_array();
    json_object_foreach(v, name, one) whole =
        whole && json_object_set_new(out, name, retell(all, one)) == 0;
    json_array_foreach(v, i, one) whole =
        whole && json_array_append_new(out, retell(all, one)) == 0;
    if (whole)
        return out;
    json_decref(out);
    return NULL;
}

/* What is left of the value without answers that rules have looked at. */
static json_t * // NOLINTNEXTLINE(misc-no-recursion): as deep as JSON
without_answers(const struct answers *all, json_t *v)
{
    const struct answer *found = answer_like(all, v);
    const char *name;
    json_t *out, *one;
    size_t i;

    if (found != NULL && found->cells != NULL)
        return json_null();
    if (!json_is_object(v) && !json_is_array(v))
        return json_incref(v);
    out = json_is_object(v) ? json_object() : json_array();
    json_object_foreach(v, name, one)
        json_object_set_new(out, name, without_answers(all, one));
    json_array_foreach(v, i, one) json_array_append_new(out, without_answers(all, one));
    return out;
}

/* ---- what is recorded of it ---- */

static enum err
mark(struct ctx *cx, const struct job *j, const struct answer *a, json_t *measurement)
{
    json_t *evidence = json_object_get(measurement, "evidence");
    const char *digest =
        json_string_value(json_object_get(a->measurement, "measurement"));
    char *marks;

    if (a->withheld == NULL)
        return ERR_OK;
    NEW(cx, marks, a->cells_n + 1);
    for (size_t i = 0; i < a->cells_n; i++)
        marks[i] = a->withheld[i] != 0 ? '1' : '0';
    if (json_object_set_new(evidence, "withheld", json_string(marks)) != 0)
        return no_memory(cx);
    return db_run(cx->db, &cx->diag, NULL, STMT_MEASUREMENT_WITHHELD, j->id, j->version,
        j->data_version, digest, marks);
}

/* Measurements without their answers; the marked ones are copies of their own. */
static enum err
measurements_kept(struct ctx *cx, const struct job *j, const json_t *measurements,
    const struct answers *all, bool is_marked, json_t **out)
{
    json_t *m;
    size_t i, at = 0;

    *out = json_array();
    json_array_foreach(measurements, i, m)
    {
        bool has = json_is_object(json_object_get(m, "answer"));
        json_t *one = has ? json_deep_copy(m) : json_copy(m);
        if (json_array_append_new(*out, one) != 0)
            return no_memory(cx);
        (void)json_object_del(one, "answer");
        (void)json_object_del(one, "measurement");
        if (has && is_marked)
            TRY(mark(cx, j, &all->list[at], one));
        at += has;
    }
    return ERR_OK;
}

static json_t *
key_of(const struct answer *a, size_t cell)
{
    const json_t *keys =
        json_object_get(json_object_get(a->measurement, "answer"), "keys");
    json_t *key = json_array_get(keys, cell);

    return key != NULL ? json_incref(key) : json_integer((json_int_t)cell + 1);
}

/* Which cells, and why: for the owner, who also sees how many there are. */
static json_t *
suppression_check(const struct answers *all, bool done)
{
    json_t *list = json_array();
    size_t small = 0, others = 0;
    char detail[128];

    for (size_t i = 0; i < all->n; i++) {
        const struct answer *a = &all->list[i];
        for (size_t c = 0; a->withheld != NULL && c < a->cells_n; c++) {
            if (a->withheld[c] == 0)
                continue;
            small += a->withheld[c] == PRIMARY;
            others += a->withheld[c] != PRIMARY;
            if (done && json_array_size(list) < WITHHELD_IN) {
                json_array_append_new(list,
                    json_pack("{s:O, s:o, s:s}", "label",
                        json_object_get(a->measurement, "label"), "key", key_of(a, c),
                        "why", a->withheld[c] == PRIMARY ? "small" : "complementary"));
            }
        }
    }
    if (small + others == 0)
        snprintf(detail, sizeof detail, "no cell of a table has to be withheld");
    else if (done)
        snprintf(detail, sizeof detail,
            "%zu small cells are withheld, and %zu more so that they do not follow",
            small, others);
    else
        snprintf(detail, sizeof detail,
            "the script computed with its answers: cells cannot be withheld");
    return json_pack("{s:s, s:b, s:s, s:i, s:o}", "name", "suppression", "met",
        (int)(done || small + others == 0), "detail", detail, "threshold", 0,
        "withheld", list);
}

static json_t *
rounding_check(const struct answers *all, const struct sdc_limits *l, bool done)
{
    bool counts = false;

    for (size_t i = 0; i < all->n; i++)
        counts = counts || all->list[i].is_count;
    return json_pack("{s:s, s:b, s:s, s:I}", "name", "rounding", "met",
        (int)(done || !counts), "detail",
        !counts    ? "there is no exact count"
            : done ? "exact counts are rounded"
                   : "the script computed with its answers: counts cannot be rounded",
        "threshold", (json_int_t)l->rounding);
}

enum err
suppress(struct ctx *cx, const struct job *j, const json_t *outputs,
    const json_t *measurements, const struct sdc_limits *limits, struct suppressed *out)
{
    struct answers all __attribute__((cleanup(answers_release))) = {0};
    bool asked = limits->suppress || limits->rounding > 0, done;
    json_t *given = (json_t *)(uintptr_t)outputs; /* is read, and shared */

    TRY(answers_take(cx, measurements, limits, &all));
    if (asked && all.n > 0)
        out->outputs = retell(&all, given);
    done = out->outputs != NULL;
    if (!done)
        out->outputs = json_incref(given);
    out->own = without_answers(&all, given);
    TRY(measurements_kept(cx, j, measurements, &all, done, &out->measurements));
    out->checks = json_array();
    if (limits->suppress && all.n > 0)
        json_array_append_new(out->checks, suppression_check(&all, done));
    if (limits->rounding > 0 && all.n > 0)
        json_array_append_new(out->checks, rounding_check(&all, limits, done));
    return ERR_OK;
}
