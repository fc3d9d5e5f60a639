/* ingest.h -- children of the runner that change the vault, or try the jail. */
#ifndef SANDBOX_RUNNER_INGEST_H
#define SANDBOX_RUNNER_INGEST_H

#include "sandbox/runner/broker.h"

/* Each answers on the order's first descriptor and ends the process. */
_Noreturn void ingest_main(const struct broker_setup *s, struct frame *order);
_Noreturn void forget_main(const struct broker_setup *s, struct frame *order);
_Noreturn void selftest_main(const struct broker_setup *s, struct frame *order);

#endif
