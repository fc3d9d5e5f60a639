/* sdc_cells.c -- may an exact number leave? Rules over evidence, not over data. */
#include "policies/sdc_cells.h"

#include "datasite/base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERSONS_MAX      1000000000
#define NUMBERS_N        8 /* of a cell on its way */
#define ROUNDING_MAX     1000
#define OUTPUT_MAX       1000000000
#define ROWS_A_PARAMETER 3 /* that a model has more than */

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
        .values_max = 5000,
        .bits_max = 16384,
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
    int zeros = l.zeros, equal = l.equal, extremes = l.extremes, suppress = l.suppress;
    json_int_t rounding = l.rounding, values = l.values_max, bits = l.bits_max;
    const char *except = exceptions[l.exceptions];

    TRY(json_take(d, doc,
        "{s?I, s?I, s?I, s?I, s?b, s?b, s?b, s?b, s?I, s?I, s?I, s?s !}", "persons_min",
        &persons, "dominance_percent", &dominance, "p_percent", &p, "freedom_min",
        &freedom, "zeros", &zeros, "all_equal", &equal, "extremes", &extremes,
        "suppress", &suppress, "rounding", &rounding, "values_max", &values, "bits_max",
        &bits, "exceptions", &except));
    if (persons < 0 || persons > PERSONS_MAX || freedom < 0 || freedom > PERSONS_MAX) {
        return FAIL_FIELD(d, ERR_INVALID, "/output",
            "persons_min and freedom_min must be from 0 to %d", PERSONS_MAX);
    }
    if (dominance < 0 || dominance > 100 || p < 0 || p > 100) {
        return FAIL_FIELD(d, ERR_INVALID, "/output",
            "dominance_percent and p_percent must be from 0 to 100");
    }
    if (rounding < 0 || rounding > ROUNDING_MAX) {
        return FAIL_FIELD(d, ERR_INVALID, "/output/rounding",
            "rounding must be from 0 to %d", ROUNDING_MAX);
    }
    if (values < 0 || values > OUTPUT_MAX || bits < 0 || bits > OUTPUT_MAX) {
        return FAIL_FIELD(d, ERR_INVALID, "/output",
            "values_max and bits_max must be from 0 to %d", OUTPUT_MAX);
    }
    *out = (struct sdc_limits){.persons_min = persons,
        .dominance_percent = dominance,
        .p_percent = p,
        .freedom_min = freedom,
        .zeros = zeros != 0,
        .equal = equal != 0,
        .extremes = extremes != 0,
        .suppress = suppress != 0,
        .rounding = rounding,
        .values_max = values,
        .bits_max = bits};
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

/* All have the same value but for a few, whose values follow: a column that is nought but
 * for one person, or the rarer of two values. */
static bool
is_rare(const struct sdc_limits *l, const struct sdc_cell *c)
{
    return too_few(l, c->differing) && c->differing < c->persons - c->differing;
}

static bool
has_extreme(const struct sdc_limits *l, const struct sdc_cell *c)
{
    int64_t least = l->persons_min > 1 ? l->persons_min : 1;

    return c->rows > 0 && c->beyond < least;
}

static bool
is_withheld(const struct sdc_evidence *e, size_t cell)
{
    return e->withheld != NULL && e->withheld[cell] == '1';
}

/* All the persons of a line stand in one cell: whoever is in it, their class is known. */
static int64_t
full_lines(const struct sdc_evidence *e)
{
    int64_t found = 0;

    for (size_t from = 0; e->line > 1 && from + e->line <= e->cells_n;
         from += e->line) {
        size_t used = 0, told = 0;
        for (size_t i = 0; i < e->line; i++) {
            told += !is_withheld(e, from + i);
            used += !is_withheld(e, from + i) && e->cells[from + i].persons > 0;
        }
        found += used == 1 && told == e->line;
    }
    return found;
}

static void
note(struct sdc_tally *t, enum sdc_check c, int64_t failed)
{
#ifdef MUTANT_RULE_CELL
    if (c == MUTANT_RULE_CELL)
        failed = 0;
#endif
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
    if (l->freedom_min > 0 && e->kind == SDC_MEANS)
        note(t, SDC_FREEDOM, c->rows > 0 && c->rows - 1 < l->freedom_min);
}

static void
check_model(const struct sdc_limits *l, const struct sdc_evidence *e,
    const struct sdc_cell *c, struct sdc_tally *t)
{
    if (l->freedom_min > 0) {
        note(t, SDC_FREEDOM, c->rows - e->parameters < l->freedom_min);
        note(t, SDC_SATURATED, e->parameters * ROWS_A_PARAMETER >= c->rows);
    }
}

/* Rules that look at values, whatever is made of them. */
static void
check_values(const struct sdc_limits *l, const struct sdc_cell *c, struct sdc_tally *t)
{
    if (l->equal)
        note(t, SDC_EQUAL, c->rows > 0 && c->equal);
    if (l->persons_min > 0)
        note(t, SDC_RARE, is_rare(l, c));
}

static void
check_by_kind(const struct sdc_limits *l, const struct sdc_evidence *e,
    const struct sdc_cell *c, struct sdc_tally *t)
{
    switch (e->kind) {
    case SDC_SUMS:
    case SDC_MEANS:
        check_sums(l, e, c, t);
        check_values(l, c, t);
        return;
    case SDC_MODELS:
        check_model(l, e, c, t);
        check_values(l, c, t);
        return;
    case SDC_RANKS:
        if (l->extremes)
            note(t, SDC_EXTREME, has_extreme(l, c));
        return;
    case SDC_COUNTS:
    case SDC_OPAQUE:
        return;
    }
    UNREACHABLE();
}

static void
check_cell(const struct sdc_limits *l, const struct sdc_evidence *e,
    const struct sdc_cell *c, struct sdc_tally *t)
{
    if (l->persons_min > 0)
        note(t, SDC_PERSONS, too_few(l, c->persons));
    if (l->zeros && e->cells_n > 1)
        note(t, SDC_ZERO, c->persons == 0);
    check_by_kind(l, e, c, t);
}

bool
sdc_cell_is_unsafe(
    const struct sdc_limits *l, const struct sdc_evidence *e, size_t cell)
{
    struct sdc_tally t = {0};

    check_cell(l, e, &e->cells[cell], &t);
    return !sdc_tally_met(&t);
}

void
sdc_cells_check(
    const struct sdc_limits *l, const struct sdc_evidence *e, struct sdc_tally *io)
{
    note(io, SDC_EVIDENCE, e->kind == SDC_OPAQUE || e->cells_n > SDC_CELLS_MAX);
    if (e->kind == SDC_OPAQUE || e->cells_n > SDC_CELLS_MAX)
        return;
    for (size_t i = 0; i < e->cells_n; i++) {
        if (!is_withheld(e, i))
            check_cell(l, e, &e->cells[i], io);
    }
    if (l->persons_min > 0 && e->cells_n > 1)
        note(io, SDC_REST, too_few(l, e->rest_persons));
    if (l->zeros && e->line > 1)
        note(io, SDC_FULL, full_lines(e));
}

/* ---- on the way ---- */

json_t *
sdc_evidence_json(const struct sdc_evidence *e)
{
    json_t *cells = json_array();

    for (size_t i = 0; i < e->cells_n && e->cells_n <= SDC_CELLS_MAX; i++) {
        const struct sdc_cell *c = &e->cells[i];
        json_array_append_new(cells,
            json_pack("[I, I, I, I, I, I, I, I]", (json_int_t)c->persons,
                (json_int_t)c->rows, (json_int_t)c->largest, (json_int_t)c->second,
                (json_int_t)c->total, (json_int_t)c->differing, (json_int_t)c->beyond,
                (json_int_t)c->equal));
    }
    return json_pack("{s:i, s:I, s:I, s:I, s:I, s:o}", "kind", (int)e->kind, "cells_n",
        (json_int_t)e->cells_n, "line", (json_int_t)e->line, "rest_persons",
        (json_int_t)e->rest_persons, "parameters", (json_int_t)e->parameters, "cells",
        cells);
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
    *out = (struct sdc_cell){v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7] != 0};
    return true;
}

/* As long as there are cells; anything else is no mark. */
static const char *
withheld_of(const json_t *doc, json_int_t cells_n)
{
    const json_t *v = json_object_get(doc, "withheld");

    return json_is_string(v) && json_string_length(v) == (size_t)cells_n
        ? json_string_value(v)
        : NULL;
}

bool
sdc_evidence_take(const json_t *doc, struct sdc_cell *room, struct sdc_evidence *out)
{
    const json_t *cells = json_object_get(doc, "cells");
    json_int_t kind = json_integer_value(json_object_get(doc, "kind"));
    json_int_t n = json_integer_value(json_object_get(doc, "cells_n"));
    json_int_t line = json_integer_value(json_object_get(doc, "line"));

    if (kind <= SDC_OPAQUE || kind > SDC_MODELS || line < 1 || n < 1 ||
        (size_t)n != json_array_size(cells) || n > SDC_CELLS_MAX)
        return false;
    for (size_t i = 0; i < (size_t)n; i++) {
        if (!cell_take(json_array_get(cells, i), &room[i]))
            return false;
    }
    *out = (struct sdc_evidence){.kind = (enum sdc_kind)kind,
        .cells = room,
        .withheld = withheld_of(doc, n),
        .cells_n = (size_t)n,
        .line = (size_t)line,
        .rest_persons = json_integer_value(json_object_get(doc, "rest_persons")),
        .parameters = json_integer_value(json_object_get(doc, "parameters"))};
    return true;
}

void
sdc_json_check(const struct sdc_limits *l, const json_t *doc, struct sdc_tally *io)
{
    struct sdc_cell *room = calloc(SDC_CELLS_MAX, sizeof *room);
    struct sdc_evidence e = {.kind = SDC_OPAQUE};

    if (room == NULL || !sdc_evidence_take(doc, room, &e))
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
    [SDC_EXTREME] = {"extremes", "answers tell the least or the greatest values"},
    [SDC_RARE] = {"rare_values", "cells hold one value for all but a few persons"},
    [SDC_SATURATED] = {"saturated_model",
        "models have nearly as many parameters as rows"},
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
    case SDC_RARE:
    case SDC_EXTREME:
        return l->persons_min;
    case SDC_DOMINANCE:
        return l->dominance_percent;
    case SDC_P_PERCENT:
        return l->p_percent;
    case SDC_FREEDOM:
        return l->freedom_min;
    case SDC_SATURATED:
        return ROWS_A_PARAMETER;
    case SDC_EVIDENCE:
    case SDC_ZERO:
    case SDC_FULL:
    case SDC_EQUAL:
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
