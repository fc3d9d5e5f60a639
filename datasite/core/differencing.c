/* differencing.c -- does a held result go with what was released from its dataset? */
#include "datasite/core/differencing.h"

#include "datasite/core/site.h"
#include "sandbox/client/runner_client.h"

#include <stdio.h>
#include <string.h>

#define DETAIL_BYTES_MAX 1024
#define RELEASES_NAMED   5 /* in a sentence */

/* Plans as the runner takes them, and whose they are. */
struct told {
    struct history_plan *plans;
    const char **jobs;
    size_t n, room;
};

void
differencing_release(struct differencing *x)
{
    json_decref(x->releases);
    x->releases = NULL;
}

/* ---- what was told ---- */

static enum err
add(struct ctx *cx, struct told *t, const char *job_id, const struct history_plan *p)
{
    if (t->n == t->room) {
        struct told grown = {.n = t->n, .room = 2 * t->room + 16};
        NEW(cx, grown.plans, grown.room);
        NEW(cx, grown.jobs, grown.room);
        for (size_t i = 0; i < t->n; i++) {
            grown.plans[i] = t->plans[i];
            grown.jobs[i] = t->jobs[i];
        }
        *t = grown;
    }
    t->plans[t->n] = *p;
    t->plans[t->n].withheld = p->withheld != NULL ? p->withheld : "";
    t->jobs[t->n++] = job_id;
    return ERR_OK;
}

static enum err
take_new(struct ctx *cx, const struct job *j, struct told *t)
{
    struct history_plan p = {.is_new = true};
    bool more = true;

    TRY(db_each(cx->db, &cx->diag, STMT_HISTORY_HELD, j->id));
    for (;;) {
        TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_HISTORY_HELD, &more, &p.json,
            &p.withheld, &p.data_version));
        if (!more)
            return ERR_OK;
        TRY(add(cx, t, j->id, &p));
    }
}

static enum err
take_released(struct ctx *cx, const struct job *j, struct told *t)
{
    struct history_plan p = {.is_new = false};
    const char *job_id;
    bool more = true;

    TRY(db_each(cx->db, &cx->diag, STMT_HISTORY_RELEASED, j->dataset_id, j->id));
    for (;;) {
        TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_HISTORY_RELEASED, &more, &job_id,
            &p.json, &p.withheld, &p.data_version));
        if (!more)
            return ERR_OK;
        TRY(add(cx, t, job_id, &p));
    }
}

/* ---- the verdict in words ---- */

/* Jobs of the combination but the held one, each once. */
static json_t *
releases_of(const struct told *t, const struct sdc_difference *x)
{
    json_t *list = json_array();

    for (size_t i = 0; i < x->sources_n; i++) {
        const char *id = t->jobs[x->sources[i]];
        bool before = t->plans[x->sources[i]].is_new;
        for (size_t k = 0; k < json_array_size(list); k++) {
            before =
                before || strcmp(json_string_value(json_array_get(list, k)), id) == 0;
        }
        if (!before)
            json_array_append_new(list, json_string(id));
    }
    return list;
}

static void
say_found(const struct differencing *x, struct buf *out)
{
    size_t n = json_array_size(x->releases);

    if (n == 0)
        buf_addz(out, "cells of this result");
    else
        buf_addz(out, "a cell of this result and what was released of ");
    for (size_t i = 0; i < n && i < RELEASES_NAMED; i++) {
        buf_addf(out, "%s%s", i > 0 ? ", " : "",
            json_string_value(json_array_get(x->releases, i)));
    }
    if (n > RELEASES_NAMED)
        buf_addf(out, " and %zu more", n - RELEASES_NAMED);
    buf_addz(out, " differ by fewer persons than the policy allows");
}

static enum err
say(struct ctx *cx, const struct history_verdict *v, size_t released,
    struct differencing *x)
{
    BUF_SCOPE(text);

    buf_init(&text, DETAIL_BYTES_MAX);
    if (x->found)
        say_found(x, &text);
    else if (v->apart_new > 0)
        buf_addf(&text, "%lld of its measurements cannot be compared with others",
            (long long)v->apart_new);
    else if (!v->difference.complete)
        buf_addz(&text, "there are more cells than can be compared");
    else
        buf_addf(&text, "compared with %zu released measurements", released);
    if (!x->found && v->apart_old > 0)
        buf_addf(
            &text, "; %lld released ones cannot be compared", (long long)v->apart_old);
    x->detail = arena_strn(cx->arena, text.ptr, text.len);
    return x->detail != NULL ? ERR_OK
                             : FAIL(&cx->diag, ERR_TOO_LARGE, "the list is too long");
}

enum err
differencing_look(
    struct ctx *cx, const struct job *j, int64_t persons_min, struct differencing *out)
{
    struct history_verdict verdict;
    struct told told = {0};
    struct dataset ds;
    size_t new_n;

    *out = (struct differencing){.threshold = persons_min};
    if (persons_min < 1)
        return ERR_OK;
    TRY(take_new(cx, j, &told));
    new_n = told.n;
    if (new_n == 0)
        return ERR_OK;
    TRY(take_released(cx, j, &told));
    TRY(dataset_by_id(cx, j->dataset_id, &ds));
    struct history_ask ask = {.dataset_id = ds.id,
        .data_version = j->data_version,
        .schema_json = str_of(ds.schema_json),
        .least = persons_min,
        .plans = told.plans,
        .plans_n = told.n};
    TRY(runner_history(cx->site->runner, &cx->diag, &ask, &verdict));
    out->tried = true;
    out->found = verdict.difference.found;
    out->incomplete =
        !verdict.difference.complete || verdict.apart_new > 0 || verdict.apart_old > 0;
    out->releases = releases_of(&told, &verdict.difference);
    return say(cx, &verdict, told.n - new_n, out);
}
