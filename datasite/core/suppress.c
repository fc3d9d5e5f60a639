/* suppress.c -- what is withheld of exact answers, said and recorded. */
#include "datasite/core/suppress.h"

#include "datasite/base/pointer.h"
#include "datasite/core/answers.h"

#include <stdio.h>
#include <string.h>

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

/* ---- answers as they may be told ---- */

/* Withheld cells are false to a script, and null to people. */
static enum err
tell(struct ctx *cx, struct answer *a)
{
    const json_t *evidence = json_object_get(a->measurement, "evidence");
    const char *marks = json_string_value(json_object_get(evidence, "withheld"));
    bool done = (a->told = json_deep_copy(a->given)) != NULL;

    if (!done)
        return no_memory(cx);
    if (marks == NULL || a->cell_at == NULL || strlen(marks) != a->cells_n)
        return ERR_OK;
    a->withheld = marks;
    for (size_t i = 0; done && i < a->cells_n; i++) {
        if (marks[i] == '1')
            done = pointer_set(&a->told, a->cell_at[i], json_null());
    }
    return done ? ERR_OK : no_memory(cx);
}

/* ---- what the script returned ---- */

/* Of equal answers the one of which less is told. */
static const struct answer *
answer_like(const struct answers *all, const json_t *v)
{
    const struct answer *found = NULL;

    for (size_t i = 0; i < all->n; i++) {
        const struct answer *a = &all->list[i];
        if ((found == NULL || a->withheld != NULL) && answer_is(a, v))
            found = a;
    }
    return found;
}

/* The value with every answer in it as people are told it. */
static json_t * // NOLINTNEXTLINE(misc-no-recursion): as deep as JSON
retell(const struct answers *all, json_t *v)
{
    const struct answer *found = answer_like(all, v);
    const char *name;
    json_t *out, *one;
    size_t i;

    if (found != NULL)
        return json_incref(found->told);
    if (!json_is_object(v) && !json_is_array(v))
        return json_incref(v);
    out = json_is_object(v) ? json_object() : json_array();
    json_object_foreach(v, name, one) json_object_set_new(out, name, retell(all, one));
    json_array_foreach(v, i, one) json_array_append_new(out, retell(all, one));
    return out;
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
note(struct ctx *cx, const struct job *j, const struct answer *a)
{
    const char *digest =
        json_string_value(json_object_get(a->measurement, "measurement"));

    if (a->withheld == NULL)
        return ERR_OK;
    return db_run(cx->db, &cx->diag, NULL, STMT_MEASUREMENT_WITHHELD, j->id, j->version,
        j->data_version, digest, a->withheld);
}

static json_t *
without_answer(json_t *m)
{
    json_t *one = json_copy(m);

    (void)json_object_del(one, "answer");
    (void)json_object_del(one, "measurement");
    return one;
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
suppression_check(const struct answers *all, const struct sdc_limits *l)
{
    json_t *list = json_array();
    size_t small = 0, others = 0;
    char detail[128] = "no cell of a table has to be withheld";

    for (size_t i = 0; i < all->n; i++) {
        const struct answer *a = &all->list[i];
        const struct sdc_evidence e = {
            .kind = a->kind, .cells = a->cells, .cells_n = a->cells_n};
        for (size_t c = 0; a->withheld != NULL && c < a->cells_n; c++) {
            bool is_small = a->withheld[c] == '1' && sdc_cell_is_unsafe(l, &e, c);
            small += is_small;
            others += a->withheld[c] == '1' && !is_small;
            if (a->withheld[c] == '1' && json_array_size(list) < WITHHELD_IN) {
                json_array_append_new(list,
                    json_pack("{s:O, s:o, s:s}", "label",
                        json_object_get(a->measurement, "label"), "key", key_of(a, c),
                        "why", is_small ? "small" : "complementary"));
            }
        }
    }
    if (small + others > 0)
        snprintf(detail, sizeof detail,
            "%zu cells that fail are withheld, and %zu more so that they do not follow",
            small, others);
    return json_pack("{s:s, s:b, s:s, s:i, s:o}", "name", "suppression", "met", 1,
        "detail", detail, "threshold", 0, "withheld", list);
}

static json_t *
rounding_check(const struct answers *all, const struct sdc_limits *l)
{
    bool counts = false;

    for (size_t i = 0; i < all->n; i++)
        counts = counts || all->list[i].is_count;
    return json_pack("{s:s, s:b, s:s, s:I}", "name", "rounding", "met", 1, "detail",
        counts ? "exact counts are rounded" : "there is no exact count", "threshold",
        (json_int_t)l->rounding);
}

enum err
suppress(struct ctx *cx, const struct job *j, const json_t *outputs,
    const json_t *measurements, const struct sdc_limits *limits, struct suppressed *out)
{
    ANSWERS_SCOPE(all);
    json_t *given = (json_t *)(uintptr_t)outputs, *m; /* is read, and shared */
    size_t i;

    TRY(answers_take(cx, measurements, &all));
    for (i = 0; i < all.n; i++) {
        TRY(tell(cx, &all.list[i]));
        TRY(note(cx, j, &all.list[i]));
    }
    out->outputs = retell(&all, given);
    out->own = without_answers(&all, given);
    TRY(answers_places(cx, &all, given, &out->places));
    out->measurements = json_array();
    json_array_foreach(measurements, i, m)
        json_array_append_new(out->measurements, without_answer(m));
    out->checks = json_array();
    if (limits->suppress && all.n > 0)
        json_array_append_new(out->checks, suppression_check(&all, limits));
    if (limits->rounding > 0 && all.n > 0)
        json_array_append_new(out->checks, rounding_check(&all, limits));
    return out->outputs != NULL && out->own != NULL ? ERR_OK : no_memory(cx);
}
