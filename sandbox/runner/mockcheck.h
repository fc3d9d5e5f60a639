/* mockcheck.h -- does a mock give away the private data that it stands in for?
 *
 * Runs where the data are: a child of the runner loads the version and the mock, holds
 * them against each other by the rules of policies/sdc_mock.h, and tells columns and
 * rules, never a value. */
#ifndef SANDBOX_RUNNER_MOCKCHECK_H
#define SANDBOX_RUNNER_MOCKCHECK_H

#include "sandbox/runner/broker.h"
#include "sandbox/table/column.h"
#include "sandbox/wire/orders.h"

/* rules: bits of those that are tried, SDC_MOCK_ALL but in tests. */
enum err mockcheck(struct diag *d, const struct table *data, const struct table *mock,
    unsigned rules, struct mock_report *out) NODISCARD;

/* A child of the runner: answers on the order's first descriptor and ends the process. */
_Noreturn void mockcheck_main(const struct broker_setup *s, struct frame *order);

#endif
