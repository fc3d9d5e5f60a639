/* runner.h -- takes orders, starts a child for each, watches the clock, reaps.
 *
 * The runner holds no data and stays small, so that a fork is cheap. It reads orders
 * from one socket; when that ends, so does the runner, and with it every child. */
#ifndef SANDBOX_RUNNER_RUNNER_H
#define SANDBOX_RUNNER_RUNNER_H

#include "sandbox/runner/broker.h"

#define RUNNER_ORDERS_FD 3

/* Returns when the server is gone. */
enum err runner_serve(
    struct diag *d, const struct broker_setup *s, int orders_fd) NODISCARD;

#endif
