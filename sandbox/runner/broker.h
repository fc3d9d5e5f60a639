/* broker.h -- the only code that holds private columns and meets a stranger's questions.
 *
 * A child of the runner, one a run. It starts the worker, loads the columns the order
 * names, shuts its own jail, and serves. Everything the worker sends is hostile: a wrong
 * type, length, order or field ends the run as sandbox_violation. For each release, in
 * this order: parse, price, charge (durable), answer, keep (durable), tell the worker. */
#ifndef SANDBOX_RUNNER_BROKER_H
#define SANDBOX_RUNNER_BROKER_H

#include "sandbox/runner/worker.h"
#include "sandbox/wire/frame.h"

struct broker_setup {
    struct worker_home home;
    const char *vault_path, *key_path; /* NULL: mock runs only */
};

/* Never returns. order is a FRAME_RUN with its descriptors. */
_Noreturn void broker_main(const struct broker_setup *s, struct frame *order);

#endif
