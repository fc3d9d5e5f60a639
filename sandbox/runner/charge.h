/* charge.h -- the broker's side of the ledger: nothing is answered before it is paid. */
#ifndef SANDBOX_RUNNER_CHARGE_H
#define SANDBOX_RUNNER_CHARGE_H

#include "sandbox/wire/frame.h"
#include "sandbox/wire/orders.h"

/* Asks the server, and waits until the charge is durable or refused. text is
 * the answer given before (CHARGE_STORED) or the reason (CHARGE_REFUSED). */
enum err charge_ask(struct diag *d, int fd, const struct charge_ask *ask,
    enum charge_verdict *verdict, struct buf *text) NODISCARD;
/* Hands the answer to the server; returns when it is durable. */
enum err charge_keep(
    struct diag *d, int fd, struct digest measurement, struct str answer) NODISCARD;

#endif
