/* starter.h -- starts row processes for a broker whose jail is shut.
 *
 * A child of the broker, forked before any data are loaded: it holds one socket and
 * nothing else. It starts a jailed process and hands over that one's socket, or kills and
 * reaps it. What the broker says is not trusted to be right, only to be a broker's: a
 * message that makes no sense ends the starter, and the run with it. */
#ifndef SANDBOX_RUNNER_STARTER_H
#define SANDBOX_RUNNER_STARTER_H

#include "datasite/base/err.h"
#include "sandbox/runner/worker.h"

#define STARTER_SLOTS 9

/* *fd: the broker's end. */
enum err starter_fork(
    struct diag *d, const struct worker_home *home, int *fd) NODISCARD;

/* In slot i, which is free: *out is the end of its socket. */
enum err starter_hire(struct diag *d, int fd, struct monous deadline, size_t i,
    const struct worker_limits *limits, int *out) NODISCARD;
enum err starter_dismiss(
    struct diag *d, int fd, struct monous deadline, size_t i) NODISCARD;

#endif
