/* run.h -- one execution of an approved job on the private data. */
#ifndef DATASITE_CORE_RUN_H
#define DATASITE_CORE_RUN_H

#include "datasite/core/job.h"
#include "sandbox/client/runner_client.h"

/* How often a run is begun at most when the sandbox dies under it, and when the server
 * does. */
#define RUN_ATTEMPTS_MAX 3
#define RUN_RESTARTS_MAX 50

/* Queued to running, as a new run or as the one that was cut off. Inside a
 * transaction. */
enum err run_begin(struct ctx *cx, struct job *j) NODISCARD;
/* One more attempt at a run in a time slot that was cut off: the job stays running. After
 * too many *goes_on is false, and the run has failed for the end of its slot. Inside a
 * transaction. */
enum err run_again(struct ctx *cx, struct job *j, bool *goes_on) NODISCARD;
/* Orders it and answers its charges, then stores what came of it and moves the job on:
 * released, held or failed; or keeps that for the end of the run's time slot. cx holds no
 * connection. Any error: nothing was decided; see run_cut_off. */
enum err run_do(struct ctx *cx, const char *job_id) NODISCARD;
/* After an error or a crash: running to queued, or to failed after so many attempts. In a
 * time slot nobody sees that: see run_again. */
enum err run_cut_off(
    struct ctx *cx, const char *job_id, int64_t attempts_max) NODISCARD;
/* Shows the end whose slot is over, as of the end of that slot. *did false: there is none
 * yet, and *next says when. cx holds no connection. */
enum err run_reveal(struct ctx *cx, bool *did, struct unixus *next) NODISCARD;
/* Kills the runs in flight whose job has ended; call after the commit that ended it. What
 * one charges meanwhile is refused. */
void run_kill_ended(struct ctx *cx);
/* What the author may know of the failure of a run; JSON null where there is none. Lane
 * dp: everything. The others: kind and line, and only where the mock run failed alike.
 * Owned. */
json_t *run_failure_shown(const struct job *j, const char *mock_json);

#endif
