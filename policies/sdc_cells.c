/* sdc_cells.c -- may an exact number leave? Rules over evidence, not over data. */
#include "policies/sdc_cells.h"

#include "datasite/base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERSONS_MAX 1000000000
#define NUMBERS_N   6 /* of a cell on its way */

/* ---- thresholds ---- */

static const char *const exceptions[] = {[SDC_EXCEPT_NEVER] = "never",
    [SDC_EXCEPT_COMMENT] = "comment",
    [SDC_EXCEPT_FREE] = "free"};

struct sdc_limits
sdc_limits_default(void)
{
    return (struct sdc_limits){.persons_min = 10,
        .dominance_percent = 90,
        .p_percent = 10,
        .freedom_min = 10,
        .zeros = true,
        .equal = true,
        .extremes = true,
        .exceptions = SDC_EXCEPT_FREE};
}

static enum err
exceptions_take(struct diag *d, const char *name, struct sdc_limits *out)
{
    for (size_t i = 0; i < ARRAY_N(exceptions); i++) {
        if (strcmp(name, exceptions[i]) == 0) {
            out->exceptions = (enum sdc_exceptions)i;
            return ERR_OK;
        }
    }
    return FAIL_FIELD(d, ERR_INVALID, "/output/exceptions",
        "exceptions is \"never\", \"comment\" or \"free\"");
}

enum err
sdc_limits_parse(struct diag *d, json_t *doc, struct sdc_limits *out)
{
    struct sdc_limits l = sdc_limits_default();
    json_int_t persons = l.persons_min, dominance = l.dominance_percent;
    json_int_t p = l.p_percent, freedom = l.freedom_min;
    int zeros = l.zeros, equal = l.equal, extremes = l.extremes;
    const char *except = exceptions[l.exceptions];

    TRY(json_take(d, doc, "{s?I, s?I, s?I, s?I, s?b, s?b, s?b, s?s !}", "persons_min",
        &persons, "dominance_percent", &dominance, "p_percent", &p, "freedom_min",
        &freedom, "zeros", &zeros, "all_equal", &equal, "extremes", &extremes,
        "exceptions", &except));
    if (persons < 0 || persons > PERSONS_MAX || freedom < 0 || freedom > PERSONS_MAX) {
        return FAIL_FIELD(d, ERR_INVALID, "/output",
            "persons_min and freedom_min must be from 0 to %d", PERSONS_MAX);
    }
    if (dominance < 0 || dominance > 100 || p < 0 || p > 100) {
        return FAIL_FIELD(d, ERR_INVALID, "/output",
            "dominance_percent and p_percent must be from 0 to 100");
    }
    *out = (struct sdc_limits){.persons_min = persons,
        .dominance_percent = dominance,
        .p_percent = p,
        .freedom_min = freedom,
        .zeros = zeros != 0,
        .equal = equal != 0,
        .extremes = extremes != 0};
    return exceptions_take(d, except, out);
}

/* ---- the rules ---- */

static bool
too_few(const struct sdc_limits *l, int64_t persons)
{
    return persons > 0 && persons < l->persons_min;
}

static bool
dominated(const struct sdc_limits *l, const struct sdc_cell *c)
{
    __int128 two = (__int128)c->largest + c->second;

    return c->persons > 0 && two * 100 > (__int128)c->total * l->dominance_percent;
}

/* The second could work out the largest to within p per cent: all others together are
 * less than that share of it. */
static bool
within_p(const struct sdc_limits *l, const struct sdc_cell *c)
{
    __int128 others = (__int128)c->total - c->largest - c->second;

    return c->largest > 0 && others * 100 < (__int128)c->largest * l->p_percent;
}

/* All the persons of a line stand in one cell: whoever is in it, their class is known. */
static int64_t
full_lines(const struct sdc_evidence *e)
{
    int64_t found = 0;

    for (size_t from = 0; e->line > 1 && from + e->line <= e->cells_n;
         from += e->line) {
        size_t used = 0;
        for (size_t i = 0; i < e->line; i++)
            used += e->cells[from + i].persons > 0;
        found += used == 1;
    }
    return found;
}

static void
note(struct sdc_tally *t, enum sdc_check c, int64_t failed)
{
    t->tried[c] = true;
    t->failed[c] += failed;
}

static void
check_sums(const struct sdc_limits *l, const struct sdc_evidence *e,
    const struct sdc_cell *c, struct sdc_tally *t)
{
    if (l->dominance_percent > 0)
        note(t, SDC_DOMINANCE, dominated(l, c));
    if (l->p_percent > 0)
        note(t, SDC_P_PERCENT, within_p(l, c));
    if (l->equal)
        note(t, SDC_EQUAL, c->rows > 0 && c->equal);
    if (l->freedom_min > 0 && e->kind == SDC_MEANS)
        note(t, SDC_FREEDOM, c->rows > 0 && c->rows - 1 < l->freedom_min);
}

void
sdc_cells_check(
    const struct sdc_limits *l, const struct sdc_evidence *e, struct sdc_tally *io)
{
    note(io, SDC_EVIDENCE, e->kind == SDC_OPAQUE || e->cells_n > SDC_CELLS_MAX);
    if (e->kind == SDC_OPAQUE || e->cells_n > SDC_CELLS_MAX)
        return;
    for (size_t i = 0; i < e->cells_n; i++) {
        const struct sdc_cell *c = &e->cells[i];
        if (l->persons_min > 0)
            note(io, SDC_PERSONS, too_few(l, c->persons));
        if (l->zeros && e->cells_n > 1)
            note(io, SDC_ZERO, c->persons == 0);
        if (e->kind == SDC_SUMS || e->kind == SDC_MEANS)
            check_sums(l, e, c, io);
    }
    if (l->persons_min > 0 && e->cells_n > 1)
        note(io, SDC_REST, too_few(l, e->rest_persons));
    if (l->zeros && e->line > 1)
        note(io, SDC_FULL, full_lines(e));
    if (l->extremes && e->kind == SDC_RANKS)
        note(io, SDC_EXTREME, e->extreme);
}

/* ---- on the way ---- */

json_t *
sdc_evidence_json(const struct sdc_evidence *e)
{
    json_t *cells = json_array();

    for (size_t i = 0; i < e->cells_n && e->cells_n <= SDC_CELLS_MAX; i++) {
        const struct sdc_cell *c = &e->cells[i];
        json_array_append_new(cells,
            json_pack("[I, I, I, I, I, I]", (json_int_t)c->persons, (json_int_t)c->rows,
                (json_int_t)c->largest, (json_int_t)c->second, (json_int_t)c->total,
                (json_int_t)c->equal));
    }
    return json_pack("{s:i, s:I, s:I, s:I, s:b, s:o}", "kind", (int)e->kind, "cells_n",
        (json_int_t)e->cells_n, "line", (json_int_t)e->line, "rest_persons",
        (json_int_t)e->rest_persons, "extreme", (int)e->extreme, "cells", cells);
}

static bool
cell_take(const json_t *doc, struct sdc_cell *out)
{
    int64_t v[NUMBERS_N];

    if (json_array_size(doc) != NUMBERS_N)
        return false;
    for (size_t i = 0; i < NUMBERS_N; i++) {
        const json_t *one = json_array_get(doc, i);
        v[i] = json_integer_value(one);
        if (!json_is_integer(one) || v[i] < 0)
            return false;
    }
    *out = (struct sdc_cell){v[0], v[1], v[2], v[3], v[4], v[5] != 0};
    return true;
}

static bool
evidence_take(const json_t *doc, struct sdc_cell *room, struct sdc_evidence *out)
{
    const json_t *cells = json_object_get(doc, "cells");
    json_int_t kind = json_integer_value(json_object_get(doc, "kind"));
    json_int_t n = json_integer_value(json_object_get(doc, "cells_n"));
    json_int_t line = json_integer_value(json_object_get(doc, "line"));

    if (kind <= SDC_OPAQUE || kind > SDC_RANKS || line < 1 || n < 1 ||
        (size_t)n != json_array_size(cells) || n > SDC_CELLS_MAX)
        return false;
    for (size_t i = 0; i < (size_t)n; i++) {
        if (!cell_take(json_array_get(cells, i), &room[i]))
            return false;
    }
    *out = (struct sdc_evidence){.kind = (enum sdc_kind)kind,
        .cells = room,
        .cells_n = (size_t)n,
        .line = (size_t)line,
        .rest_persons = json_integer_value(json_object_get(doc, "rest_persons")),
        .extreme = json_is_true(json_object_get(doc, "extreme"))};
    return true;
}

void
sdc_json_check(const struct sdc_limits *l, const json_t *doc, struct sdc_tally *io)
{
    struct sdc_cell *room = calloc(SDC_CELLS_MAX, sizeof *room);
    struct sdc_evidence e = {.kind = SDC_OPAQUE};

    if (room == NULL || !evidence_take(doc, room, &e))
        e = (struct sdc_evidence){.kind = SDC_OPAQUE};
    sdc_cells_check(l, &e, io);
    free(room);
}

/* ---- the report ---- */

static const struct {
    const char *name, *failing; /* after the number of cells */
} checks[] = {
    [SDC_EVIDENCE] = {"evidence", "measurements cannot be checked by machine"},
    [SDC_PERSONS] = {"minimum_persons", "cells stand for fewer persons than allowed"},
    [SDC_REST] = {"missing_margin", "groups of few persons follow by subtraction"},
    [SDC_DOMINANCE] = {"dominance", "sums belong mostly to their two largest"},
    [SDC_P_PERCENT] = {"p_percent", "sums give away their largest to the second"},
    [SDC_ZERO] = {"empty_cells", "cells are empty: nobody of a group is in them"},
    [SDC_FULL] = {"full_rows", "groups stand wholly in one cell"},
    [SDC_FREEDOM] = {"degrees_of_freedom", "means have too few degrees of freedom"},
    [SDC_EQUAL] = {"all_equal", "cells hold the same value for everyone"},
    [SDC_EXTREME] = {"extremes", "answers tell the least or the greatest value"},
};

const char *
sdc_check_name(enum sdc_check c)
{
    CHECK((size_t)c < ARRAY_N(checks));
    return checks[c].name;
}

static int64_t
threshold_of(const struct sdc_limits *l, enum sdc_check c)
{
    switch (c) {
    case SDC_PERSONS:
    case SDC_REST:
        return l->persons_min;
    case SDC_DOMINANCE:
        return l->dominance_percent;
    case SDC_P_PERCENT:
        return l->p_percent;
    case SDC_FREEDOM:
        return l->freedom_min;
    case SDC_EVIDENCE:
    case SDC_ZERO:
    case SDC_FULL:
    case SDC_EQUAL:
    case SDC_EXTREME:
    case SDC_CHECKS_N:
        return 0;
    }
    UNREACHABLE();
}

json_t *
sdc_tally_json(const struct sdc_limits *l, const struct sdc_tally *t)
{
    json_t *list = json_array();
    char detail[160];

    for (int i = 0; i < SDC_CHECKS_N; i++) {
        enum sdc_check c = (enum sdc_check)i;
        if (!t->tried[c])
            continue;
        snprintf(detail, sizeof detail, "%lld %s", (long long)t->failed[c],
            checks[c].failing);
        json_array_append_new(list,
            json_pack("{s:s, s:b, s:s, s:I}", "name", checks[c].name, "met",
                (int)(t->failed[c] == 0), "detail", detail, "threshold",
                (json_int_t)threshold_of(l, c)));
    }
    return list;
}

bool
sdc_tally_met(const struct sdc_tally *t)
{
    for (size_t i = 0; i < SDC_CHECKS_N; i++) {
        if (t->failed[i] != 0)
            return false;
    }
    return true;
}
