/* unique.h -- how many persons stand alone with what a job's quasi-identifiers say.
 *
 * For the owner who decides: a child of the runner loads the columns, shuts the jail and
 * tells one coarse share, never a value and never which persons. */
#ifndef SANDBOX_RUNNER_UNIQUE_H
#define SANDBOX_RUNNER_UNIQUE_H

#include "sandbox/runner/broker.h"
#include "sandbox/table/column.h"

#define UNIQUE_STEP 5 /* per cent: shares are rounded up to a multiple */

/* Persons with a combination of values in these columns that no other person has, in
 * per cent of all, rounded up. columns: by schema index; all of them are loaded. */
enum err unique_share(struct diag *d, const struct table *t, const bool *columns,
    int64_t *percent) NODISCARD;

/* A child of the runner: answers on the order's first descriptor and ends the process. */
_Noreturn void unique_main(const struct broker_setup *s, struct frame *order);

#endif
