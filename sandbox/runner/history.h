/* history.h -- would a result tell, beside what was released, of a few persons?
 *
 * The server keeps the plans of exact answers, not the persons behind them. A child of
 * the runner loads the columns that the plans name, of each version that they were told
 * of, shuts the jail, works out which rows stand behind every told cell, finds which rows
 * of two versions are the same (versions.h), and asks policies/sdc_history.h. What leaves is which of
 * the plans do not go together. */
#ifndef SANDBOX_RUNNER_HISTORY_H
#define SANDBOX_RUNNER_HISTORY_H

#include "sandbox/runner/broker.h"
#include "sandbox/table/column.h"
#include "sandbox/wire/orders.h"

#define HISTORY_VERSIONS_MAX 32 /* that are compared, the latest */

/* The data of a version; all with the same columns loaded. */
struct history_data {
    int64_t version;
    const struct table *table;
};

/* Plans of a version that is not among data are laid on that of the new ones, which comes
 * first, and are counted as apart. Precondition: no columns are wanted but those that the tables have. */
enum err history_check(struct diag *d, const struct history_data *data, size_t data_n,
    const struct history_ask *ask, struct history_verdict *out) NODISCARD;

/* A child of the runner: answers on the order's first descriptor and ends the process. */
_Noreturn void history_main(const struct broker_setup *s, struct frame *order);

#endif
