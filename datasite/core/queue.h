/* queue.h -- the threads that check submissions, run approved jobs and show their ends.
 *
 * Three crews, so that how long one kind of work takes is not seen in another: checks,
 * runs, and one thread that shows what a time slot kept back. Each thread looks for the
 * oldest piece of its work, claims it with one UPDATE … RETURNING, does it and looks
 * again. Nothing is kept in memory that the database does not hold. */
#ifndef DATASITE_CORE_QUEUE_H
#define DATASITE_CORE_QUEUE_H

#include "datasite/core/site.h"

struct queue;

/* Starts a crew of `threads` (0: RUNS_AT_ONCE_MAX) for runs and one for checks, and sets
 * site->queue. As many jobs are running at once. After db, runner and queue_recover. */
enum err queue_start(struct site *site, struct diag *d, int threads) NODISCARD;
/* Ends them; runs in flight are cancelled and taken up again at the next start. */
void queue_stop(struct site *site);
/* At start, before queue_start: what a crash left half done is taken up again or ended,
 * and the ledger is verified. ERR_CONFLICT: it does not add up. *resumed may be
 * NULL. */
enum err queue_recover(struct site *site, struct diag *d, int *resumed) NODISCARD;
/* There may be work: call after a commit. Harmless without a queue. */
void queue_wake(struct site *site);
/* Does one piece of any work on this thread; *did false: there was none. For tests. */
enum err queue_step(struct site *site, struct diag *d, bool *did) NODISCARD;

#endif
