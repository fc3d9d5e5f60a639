/* evidence.h -- what the rules of disclosure control need to know of an exact answer.
 *
 * Computed beside the data, from the same rows and cells as the answer itself; goes
 * sealed to the server, never to the worker. */
#ifndef SANDBOX_ENGINE_EVIDENCE_H
#define SANDBOX_ENGINE_EVIDENCE_H

#include "policies/sdc_cells.h"
#include "sandbox/engine/plan.h"

/* Cells in the order of the plan's keys; memory from a. */
enum err evidence_of(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, struct sdc_evidence *out) NODISCARD;

#endif
