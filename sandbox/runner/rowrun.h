/* rowrun.h -- the broker's side of row processes: a row port whose programs run jailed.
 *
 * A process for each map of a question, a process for each block. A process that dies,
 * is silent for longer than a row or a block may last, or says what makes no sense, costs
 * the row or block it was busy with its value: that is the default.
 *
 * The clock of a run stands still while row programs work: how long they take must not
 * decide how the run ends. Only faults of our own end it, by `failed`, and the time that
 * all row programs of a run have together. No blocks reach that: before they are paid
 * for, they are reckoned at all the processor time that they may take, whatever they then
 * take, and what a run may not afford is refused. */
#ifndef SANDBOX_RUNNER_ROWRUN_H
#define SANDBOX_RUNNER_ROWRUN_H

#include "sandbox/runner/starter.h"
#include "sandbox/wire/rowport.h"

struct rowrun_process {
    const struct row_program *program; /* NULL: a free place */
    int fd;                            /* -1: dead, or not started */
};

struct rowrun {
    int starter_fd;
    struct monous deadline;       /* of the run, as the question began */
    int64_t left_us;              /* what row programs still have beside it */
    int64_t spent_us;             /* of it, by this question */
    int64_t blocks_ms;            /* processor time that blocks may still take */
    struct monous block_deadline; /* of the block that is open */
    int64_t memory_bytes, cpu_ms; /* of a block */
    uint64_t seed;
    bool is_mock;    /* what a collect's failure says may be told */
    enum err failed; /* ERR_TIMEOUT, ERR_SANDBOX: the run cannot go on */
    struct rowrun_process processes[STARTER_SLOTS]; /* the last is the blocks' */
};

/* starter_fd, left_us, blocks_ms and limits are set. The port borrows r. */
struct row_port rowrun_port(struct rowrun *r);
/* Around each question: nothing lives from one to the next. The run's deadline goes in,
 * and comes out later by the time that row programs took. */
void rowrun_begin(struct rowrun *r, struct monous deadline);
struct monous rowrun_end(struct rowrun *r);

#endif
