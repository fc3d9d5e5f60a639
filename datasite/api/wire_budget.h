/* wire_budget.h -- budgets, their ledger, populations and raises as JSON. */
#ifndef DATASITE_API_WIRE_BUDGET_H
#define DATASITE_API_WIRE_BUDGET_H

#include "datasite/core/raise.h"
#include "datasite/http/request.h"

/* Each is owned by the caller; NULL: no memory. */
json_t *nano_json(int64_t nano);
json_t *atto_json(int64_t atto);
json_t *budget_to_json(const struct budget_view *v);
json_t *ledger_row_to_json(const struct ledger_row *r);
json_t *population_to_json(const struct population *p);
json_t *raise_to_json(const struct raise *r);
/* epsilon and free are null where a share has no cap of its own. */
json_t *share_to_json(const struct dataset *ds, const struct ledger_share *s);
json_t *point_to_json(const struct dataset *ds, const struct ledger_point *p);

/* A raise with its tag: 200 to one who reads it, 202 where it waits now, with its
 * address. */
enum err raise_reply(
    struct request *rq, struct reply *rp, int status, const struct raise *r) NODISCARD;

#endif
