/* suppress.h -- tables that leave with cells withheld, and counts that leave rounded.
 *
 * What a script makes of exact answers cannot be withheld in part. So both are done only
 * where what the script returned is answers as they were given, and tables of them; then
 * their place is taken by the answers as they may be told. The result is stored so: what
 * is sealed is what leaves. The names in those tables are the script's own, and its
 * reviewers'. */
#ifndef DATASITE_CORE_SUPPRESS_H
#define DATASITE_CORE_SUPPRESS_H

#include "datasite/core/job.h"

struct suppressed {
    json_t *outputs;      /* as they may be told */
    json_t *own;          /* with null in place of answers that have evidence */
    json_t *places;       /* where answers stand (answers.h) */
    json_t *measurements; /* without answers; evidence is marked by what is withheld */
    json_t *checks;       /* "suppression", "rounding", where the policy knows them */
};
void suppressed_release(struct suppressed *s); /* all are owned */
#define SUPPRESSED_SCOPE(name) \
    struct suppressed name __attribute__((cleanup(suppressed_release))) = {0}

/* Marks the withheld cells of each measurement as withheld for good. Inside a
 * transaction. */
enum err suppress(struct ctx *cx, const struct job *j, const json_t *outputs,
    const json_t *measurements, const struct sdc_limits *limits,
    struct suppressed *out) NODISCARD;

#endif
