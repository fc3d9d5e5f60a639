/* budget.h -- a privacy budget in the words of people: epsilon and delta, spent,
 * free. */
#ifndef DATASITE_CORE_BUDGET_H
#define DATASITE_CORE_BUDGET_H

#include "datasite/core/ledger.h"

struct budget_view {
    enum accounting accounting;
    int64_t epsilon_nano, delta_atto;
    int64_t spent_nano, reserved_nano, free_nano; /* of epsilon */
    struct cap cap;                               /* zcdp: the same in rho */
    int64_t free_rho_nano;
    int64_t seq; /* of the ledger: the ETag */
};

/* The dataset's own for owners, admins and auditors; for a researcher the share: their
 * cap in the project, else the project's, else the dataset's; with several projects the
 * one with most left. */
enum err budget_view(
    struct ctx *cx, const struct dataset *ds, struct budget_view *out) NODISCARD;
/* ERR_INVALID without a reason when it grows; ERR_BUDGET below what is spent. delta may
 * not turn pure into zcdp or back. */
enum err budget_set(struct ctx *cx, struct dataset *ds, int64_t epsilon_nano,
    int64_t delta_atto, const char *reason) NODISCARD;

struct budget_share {
    const char *user_id;
    int64_t epsilon_nano;
};
/* epsilon -1: the project's own cap stays as it is. */
enum err budget_share_out(struct ctx *cx, const struct dataset *ds,
    const char *project_id, int64_t epsilon_nano, const struct budget_share *shares,
    size_t shares_n) NODISCARD;

#endif
