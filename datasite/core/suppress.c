/* suppress.c -- tables that leave with cells withheld, and counts that leave rounded. */
#include "datasite/core/suppress.h"

#include "datasite/base/pointer.h"
#include "datasite/core/answers.h"
#include "policies/sdc_table.h"

#include <stdio.h>
#include <string.h>

#define PRIMARY     2   /* withheld for what it is, not for others' sake */
#define WITHHELD_IN 200 /* cells that a check names */

void
suppressed_release(struct suppressed *s)
{
    json_decref(s->outputs);
    json_decref(s->own);
    json_decref(s->places);
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

/* ---- answers as they may be told ---- */

static bool
tell_cell(struct answer *a, const struct sdc_limits *l, size_t cell)
{
    const json_t *v = pointer_get(a->told, a->cell_at[cell]);

    if (a->withheld != NULL && a->withheld[cell] != 0)
        return pointer_set(&a->told, a->cell_at[cell], json_null());
    if (!a->is_count || l->rounding == 0 || !json_is_integer(v) ||
        json_integer_value(v) < 0)
        return true;
    return pointer_set(&a->told, a->cell_at[cell],
        json_integer(sdc_rounded(json_integer_value(v), l->rounding)));
}

static enum err
tell(struct ctx *cx, const struct sdc_limits *l, struct answer *a)
{
    bool done = (a->told = json_deep_copy(a->given)) != NULL;

    for (size_t i = 0; done && a->cell_at != NULL && i < a->cells_n; i++)
        done = tell_cell(a, l, i);
    return done ? ERR_OK : no_memory(cx);
}

static enum err
tell_all(struct ctx *cx, const struct sdc_limits *l, struct answers *all)
{
    for (size_t i = 0; i < all->n; i++) {
        struct answer *a = &all->list[i];
        TRY(withhold(cx, json_object_get(a->measurement, "answer"), l, a));
        TRY(tell(cx, l, a));
    }
    return ERR_OK;
}

/* ---- what the script returned ---- */

/* Of equal answers the one of which less is told. */
static const struct answer *
answer_like(const struct answers *all, const json_t *v)
{
    const struct answer *found = NULL;

    for (size_t i = 0; i < all->n; i++) {
        const struct answer *a = &all->list[i];
        bool tells_less = a->withheld != NULL || a->is_count;
        if ((found == NULL || tells_less) && answer_is(a, v))
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
    ANSWERS_SCOPE(all);
    bool asked = limits->suppress || limits->rounding > 0, done;
    json_t *given = (json_t *)(uintptr_t)outputs; /* is read, and shared */

    TRY(answers_take(cx, measurements, &all));
    TRY(tell_all(cx, limits, &all));
    if (asked && all.n > 0)
        out->outputs = retell(&all, given);
    done = out->outputs != NULL;
    if (!done)
        out->outputs = json_incref(given);
    out->own = without_answers(&all, given);
    TRY(answers_places(cx, &all, given, &out->places));
    TRY(measurements_kept(cx, j, measurements, &all, done, &out->measurements));
    out->checks = json_array();
    if (limits->suppress && all.n > 0)
        json_array_append_new(out->checks, suppression_check(&all, done));
    if (limits->rounding > 0 && all.n > 0)
        json_array_append_new(out->checks, rounding_check(&all, limits, done));
    return ERR_OK;
}
