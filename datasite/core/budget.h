/* budget.h -- a privacy budget in the words of people: epsilon and delta, spent,
 * free. */
#ifndef DATASITE_CORE_BUDGET_H
#define DATASITE_CORE_BUDGET_H

#include "datasite/core/population.h"

struct budget_view {
    enum accounting accounting;
    int64_t epsilon_nano, delta_atto;
    int64_t spent_nano, reserved_nano, free_nano; /* of epsilon */
    struct cap cap;                               /* zcdp: the same in rho */
    int64_t free_rho_nano;
    const char *frozen_reason; /* NULL: it moves */
    struct unixus frozen;      /* since when */
    bool has_population;
    struct population population; /* without its datasets */
    int64_t population_free_nano; /* of epsilon, at the population's delta */
    int64_t seq;                  /* of the ledger */
};

/* What a dataset's budget answers to, and its state: the ETag of all of it. */
#define BUDGET_TAG_BYTES 72
void budget_tag(
    const struct dataset *ds, const struct budget_view *v, char out[BUDGET_TAG_BYTES]);

/* The dataset's own for owners, admins and auditors; for a researcher the share: their
 * cap in the project, else the project's, else the dataset's; with several projects the
 * one with most left. What is free is free in every wider cap too. */
enum err budget_view(
    struct ctx *cx, const struct dataset *ds, struct budget_view *out) NODISCARD;
/* ERR_INVALID without a reason when it grows; ERR_BUDGET below what is spent. delta may
 * not turn pure into zcdp or back. */
enum err budget_set(struct ctx *cx, struct dataset *ds, int64_t epsilon_nano,
    int64_t delta_atto, const char *reason) NODISCARD;

/* Nothing more is reserved or charged until the freeze is lifted; needs a reason.
 * ERR_CONFLICT_STATE: it is frozen already, or is not. */
enum err budget_freeze(
    struct ctx *cx, const struct dataset *ds, const char *reason) NODISCARD;
enum err budget_thaw(struct ctx *cx, const struct dataset *ds) NODISCARD;

struct budget_transfer {
    const char *from, *to; /* projects, each with a cap of its own */
    int64_t epsilon_nano;
    const char *reason;
};
/* Moves a part of one project's cap to another's: both at once or neither. ERR_BUDGET:
 * the first has not so much left. */
enum err budget_transfer(struct ctx *cx, const struct dataset *ds,
    const struct budget_transfer *t) NODISCARD;

struct budget_share {
    const char *user_id;
    int64_t epsilon_nano;
};
/* epsilon -1: the project's own cap stays as it is. */
enum err budget_share_out(struct ctx *cx, const struct dataset *ds,
    const char *project_id, int64_t epsilon_nano, const struct budget_share *shares,
    size_t shares_n) NODISCARD;

#endif
