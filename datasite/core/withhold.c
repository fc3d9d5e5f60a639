/* withhold.c -- single numbers that an owner keeps back of a result that leaves. */
#include "datasite/core/withhold.h"

#include "datasite/base/pointer.h"
#include "datasite/core/field.h"
#include "datasite/core/sealed.h"
#include "policies/sdc_cells.h"

#include <stdio.h>
#include <string.h>

#define PARTS_MAX        200
#define POINTER_MAX      1000
#define REASON_BYTES_MAX 500

/* ---- what was asked ---- */

static enum err
wrong(struct ctx *cx, size_t i, const char *member, const char *why)
{
    char field[64];

    snprintf(field, sizeof field, "/withhold/%zu/%s", i, member);
    return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, field, "%s", why);
}

static enum err
take_one(struct ctx *cx, json_t *one, size_t i, json_t **outputs)
{
    const char *pointer, *reason;
    const json_t *there;
    char field[64];

    TRY(json_take(
        &cx->diag, one, "{s:s, s:s !}", "pointer", &pointer, "reason", &reason));
    snprintf(field, sizeof field, "/withhold/%zu/reason", i);
    TRY(field_text(&cx->diag, field, reason, REASON_BYTES_MAX));
    if (pointer[0] != '/' || strlen(pointer) > POINTER_MAX)
        return wrong(cx, i, "pointer", "a JSON Pointer into the outputs, such as /n");
    there = pointer_get(*outputs, pointer);
    if (there == NULL)
        return wrong(cx, i, "pointer", "the outputs have nothing there");
    if (json_is_null(there))
        return wrong(cx, i, "pointer", "what is there is withheld already");
    return pointer_set(outputs, pointer, json_null())
        ? ERR_OK
        : FAIL(&cx->diag, ERR_TOO_LARGE, "the result needs too much memory");
}

enum err
withhold_take(struct ctx *cx, const json_t *asked, json_t **outputs)
{
    json_t *one;
    size_t i;

    if (!json_is_array(asked) || json_array_size(asked) < 1 ||
        json_array_size(asked) > PARTS_MAX) {
        return FAIL_FIELD(&cx->diag, ERR_INVALID, "/withhold",
            "a list of 1 to %d places, each with a reason", PARTS_MAX);
    }
    json_array_foreach(asked, i, one) TRY(take_one(cx, one, i, outputs));
    return ERR_OK;
}

/* ---- which cells that leaves untold ---- */

static bool
is_kept_back(const json_t *withheld, const char *place, const char *cell)
{
    const json_t *one;
    size_t i;
    bool is = false;
    BUF_SCOPE(at);

    buf_init(&at, SIZE_MAX);
    buf_addz(&at, place);
    buf_addz(&at, cell);
    buf_add(&at, "", 1);
    json_array_foreach(withheld, i, one) is =
        is || pointer_holds(json_string_value(json_object_get(one, "pointer")), at.ptr);
    return is;
}

/* A cell that stands somewhere, and nowhere any more. */
static bool
is_gone(const json_t *withheld, const json_t *places, const char *cell)
{
    const json_t *place;
    size_t i;
    bool gone = json_array_size(places) > 0;

    json_array_foreach(places, i, place) gone =
        gone && is_kept_back(withheld, json_string_value(place), cell);
    return gone;
}

/* Adds a '1' for each cell of an answer that is gone to those of its evidence. */
static enum err
mark(struct ctx *cx, const json_t *withheld, const json_t *answer, json_t *evidence)
{
    const json_t *places = json_object_get(answer, "places"), *cell;
    const json_t *cells = json_object_get(answer, "cells");
    const char *before = json_string_value(json_object_get(evidence, "withheld"));
    bool any = false;
    char *marks;
    size_t i;

    NEW(cx, marks, json_array_size(cells) + 1);
    json_array_foreach(cells, i, cell)
    {
        bool gone = is_gone(withheld, places, json_string_value(cell));
        bool was = before != NULL && i < strlen(before) && before[i] == '1';
        marks[i] = gone || was ? '1' : '0';
        any = any || gone;
    }
    if (!any)
        return ERR_OK;
    return json_object_set_new(evidence, "withheld", json_string(marks)) == 0
        ? ERR_OK
        : FAIL(&cx->diag, ERR_TOO_LARGE, "the result needs too much memory");
}

static enum err
places_of(struct ctx *cx, const struct result *r, json_t **out)
{
    *out = NULL;
    return r->places_json != NULL ? json_parse(&cx->diag, str_of(r->places_json), out)
                                  : ERR_OK; /* stored before there were any */
}

static json_t *
evidence_of(const json_t *answer, const json_t *kept)
{
    json_int_t exact = json_integer_value(json_object_get(answer, "exact"));

    return json_object_get(json_array_get(kept, (size_t)exact), "evidence");
}

enum err
withhold_evidence(
    struct ctx *cx, const char *job_id, const struct result *r, json_t **kept)
{
    json_auto_t *places = NULL, *withheld = NULL;
    const json_t *answer;
    size_t i;

    TRY(sealed_evidence(cx, job_id, kept));
    TRY(places_of(cx, r, &places));
    if (r->withheld_json == NULL || !json_is_true(json_object_get(places, "whole")))
        return ERR_OK;
    TRY(json_parse(&cx->diag, str_of(r->withheld_json), &withheld));
    json_array_foreach(json_object_get(places, "answers"), i, answer)
        TRY(mark(cx, withheld, answer, evidence_of(answer, *kept)));
    return ERR_OK;
}

enum err
withhold_note(
    struct ctx *cx, const struct job *j, const struct result *r, const json_t *kept)
{
    json_auto_t *places = NULL;
    const json_t *answer;
    size_t i;

    TRY(places_of(cx, r, &places));
    json_array_foreach(json_object_get(places, "answers"), i, answer)
    {
        const char *digest = json_string_value(json_object_get(answer, "digest"));
        const char *marks =
            json_string_value(json_object_get(evidence_of(answer, kept), "withheld"));
        if (marks == NULL)
            continue;
        TRY(db_run(cx->db, &cx->diag, NULL, STMT_MEASUREMENT_KEPT_BACK, j->id,
            j->version, j->data_version, digest, marks));
    }
    return ERR_OK;
}

enum err
withhold_own(
    struct ctx *cx, const struct result *r, const json_t *outputs, json_t **own)
{
    json_auto_t *places = NULL;
    const json_t *answer, *place;
    size_t i, k;

    TRY(places_of(cx, r, &places));
    *own = json_deep_copy(outputs);
    if (*own == NULL)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "the result needs too much memory");
    json_array_foreach(json_object_get(places, "answers"), i, answer)
    {
        if (!json_is_true(json_object_get(answer, "evidence")))
            continue;
        json_array_foreach(json_object_get(answer, "places"), k, place)(void)
            pointer_set(own, json_string_value(place), json_null());
    }
    return ERR_OK;
}
