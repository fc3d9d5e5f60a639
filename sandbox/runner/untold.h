/* untold.h -- exact answers without what may not be told of them.
 *
 * Where the policy withholds cells of tables or rounds counts, a script gets its answers
 * so: what it never saw it cannot give away, whatever it computes. A withheld cell is
 * false. */
#ifndef SANDBOX_RUNNER_UNTOLD_H
#define SANDBOX_RUNNER_UNTOLD_H

#include "datasite/base/arena.h"
#include "policies/sdc_cells.h"

/* Of a policy's output part, what an answer itself is bound by. */
bool untold_asked(const struct sdc_limits *l);
/* Changes an answer's document, and marks its evidence (sdc_evidence_json) by what is
 * withheld. What an earlier run of the same withheld or rounded stays so. */
enum err untold_apply(struct diag *d, const struct sdc_limits *l, json_t *evidence,
    json_t *answer) NODISCARD;

#endif
