/* population.h -- the same people in several datasets: one more cap over all of them.
 *
 * Its use moves with every act on one of its datasets, in the same transaction
 * (ledger.c). A dataset joins for good, with what it has given away already. */
#ifndef DATASITE_CORE_POPULATION_H
#define DATASITE_CORE_POPULATION_H

#include "datasite/core/ledger.h"

#define POPULATION_DATASETS_MAX 1000

struct population {
    const char *id, *name;
    enum accounting accounting;
    struct cap cap;        /* epsilon_nano and delta_atto as declared */
    const char **datasets; /* names */
    size_t datasets_n;
    int64_t revision;
    struct unixus created;
};

/* delta 0: for datasets in pure accounting. ERR_CONFLICT: the name is taken. */
enum err population_create(struct ctx *cx, const char *name, int64_t epsilon_nano,
    int64_t delta_atto, struct population *out) NODISCARD;
enum err population_by_id(
    struct ctx *cx, const char *id, struct population *out) NODISCARD;
/* The one that a dataset belongs to, without its datasets; *found false: none. */
enum err population_of(struct ctx *cx, const char *dataset_id, struct population *out,
    bool *found) NODISCARD;
enum err population_list(struct ctx *cx, const char *after, int64_t limit,
    struct population **out, size_t *n) NODISCARD;
/* ERR_BUDGET below what is spent and reserved. */
enum err population_set(struct ctx *cx, struct population *p, int64_t epsilon_nano,
    const char *reason) NODISCARD;
/* ERR_CONFLICT: of another accounting, or in another population; ERR_BUDGET: what the
 * dataset has used does not fit. Twice is as good as once. */
enum err population_join(
    struct ctx *cx, struct population *p, const struct dataset *ds) NODISCARD;

#endif
