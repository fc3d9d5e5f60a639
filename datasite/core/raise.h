/* raise.h -- more budget for a dataset or a population: done by one administrator, or,
 * where the site's setting second_admin says so, asked by one and decided by another. */
#ifndef DATASITE_CORE_RAISE_H
#define DATASITE_CORE_RAISE_H

#include "datasite/core/budget.h"

struct raise {
    const char *id;
    const char *dataset_id, *dataset_name;       /* of a dataset's; else NULL */
    const char *population_id, *population_name; /* of a population's; else NULL */
    int64_t was_nano, epsilon_nano;
    const char *reason;
    const char *asked_by, *asked_name;
    struct unixus asked;
    const char *state;                     /* "open", "confirmed", "refused" */
    const char *decided_by, *decided_name; /* NULL: nobody yet */
    struct unixus decided;
};

/* Sets the epsilon of a dataset or a population at once, or, where it grows and takes
 * two, leaves a raise that waits: *waits then, and *out is it. */
enum err raise_dataset(struct ctx *cx, struct dataset *ds, int64_t epsilon_nano,
    const char *reason, struct raise *out, bool *waits) NODISCARD;
enum err raise_population(struct ctx *cx, struct population *p, int64_t epsilon_nano,
    const char *reason, struct raise *out, bool *waits) NODISCARD;

enum err raise_by_id(struct ctx *cx, const char *id, struct raise *out) NODISCARD;
/* Newest first, those before `before` (NULL: from the newest). */
enum err raise_list(struct ctx *cx, const char *before, int64_t limit,
    struct raise **out, size_t *n) NODISCARD;
/* Confirming is for another than the asker (ERR_FORBIDDEN), refusing for anybody; it is
 * decided once (ERR_CONFLICT_STATE), and only about what the asker saw
 * (ERR_CONFLICT). */
enum err raise_decide(struct ctx *cx, struct raise *r, bool confirm) NODISCARD;

#endif
