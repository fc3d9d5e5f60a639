/* suppress.h -- what is withheld of exact answers, said and recorded.
 *
 * Cells are withheld and counts rounded where the answers are made (sandbox/untold.h), so
 * that no script sees what is not to be told. Here the output says null for what the
 * script got as withheld, and what is not told is noted for later comparisons. */
#ifndef DATASITE_CORE_SUPPRESS_H
#define DATASITE_CORE_SUPPRESS_H

#include "datasite/core/job.h"

struct suppressed {
    json_t *outputs;      /* as people are told them */
    json_t *own;          /* with null in place of answers that have evidence */
    json_t *places;       /* where answers stand (answers.h) */
    json_t *measurements; /* without answers */
    json_t *checks;       /* "suppression", "rounding", where the policy knows them */
};
void suppressed_release(struct suppressed *s); /* all are owned */
#define SUPPRESSED_SCOPE(name) \
    struct suppressed name __attribute__((cleanup(suppressed_release))) = {0}

/* Notes the withheld cells of each measurement for good. Inside a transaction. */
enum err suppress(struct ctx *cx, const struct job *j, const json_t *outputs,
    const json_t *measurements, const struct sdc_limits *limits,
    struct suppressed *out) NODISCARD;

#endif
