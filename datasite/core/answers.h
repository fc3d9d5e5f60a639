/* answers.h -- the exact answers of a run as its script saw them, and where the script's
 * output tells them.
 *
 * A number in an output is known to be an answer by being equal to it. Equal answers
 * cannot be told apart: each of them counts as told wherever one of them is. */
#ifndef DATASITE_CORE_ANSWERS_H
#define DATASITE_CORE_ANSWERS_H

#include "datasite/core/ctx.h"
#include "policies/sdc_cells.h"

struct answer {
    json_t *measurement;          /* borrowed */
    json_t *given, *told;         /* as the script got it; as it may be told */
    const char **cell_at;         /* JSON Pointers of its cells; NULL: it has none */
    const struct sdc_cell *cells; /* NULL: it has no evidence */
    const char *withheld;         /* by cell, '1': it is not told; NULL: all are */
    size_t cells_n;
    enum sdc_kind kind;
    size_t exact; /* which of the run's exact measurements */
    bool is_count;
};
struct answers {
    struct answer *list;
    size_t n;
};
void answers_release(struct answers *a);
#define ANSWERS_SCOPE(name) \
    struct answers name __attribute__((cleanup(answers_release))) = {0}

/* Takes the answers that came with measurements; nothing of them is withheld yet. */
enum err answers_take(
    struct ctx *cx, const json_t *measurements, struct answers *out) NODISCARD;
bool answer_is(const struct answer *a, const json_t *v); /* what the script got */

/* {"whole": an output is answers and tables of them and nothing else, "answers":
 * [{"exact", "digest", "places": where the answer stands, "cells": where its cells stand
 * within it}]}: JSON Pointers; none of cells where there is no evidence. *out is the
 * caller's. */
enum err answers_places(struct ctx *cx, const struct answers *all,
    const json_t *outputs, json_t **out) NODISCARD;

#endif
