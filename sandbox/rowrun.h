/* rowrun.h -- the broker's side of row processes: a row port whose programs run jailed.
 *
 * A process for each map of a question, a process for each block. A process that dies, or
 * says what makes no sense, costs the row or block it was busy with its value: that is
 * the default. Only time that ran out and faults of our own end the run, by `failed`. */
#ifndef SANDBOX_ROWRUN_H
#define SANDBOX_ROWRUN_H

#include "sandbox/rowport.h"
#include "sandbox/starter.h"

struct rowrun_process {
    const struct row_program *program; /* NULL: a free place */
    int fd;                            /* -1: dead, or not started */
};

struct rowrun {
    int starter_fd;
    struct monous deadline;
    int64_t memory_bytes, cpu_ms; /* of a block */
    uint64_t seed;
    bool is_mock;    /* what a collect's failure says may be told */
    enum err failed; /* ERR_TIMEOUT, ERR_SANDBOX: the run cannot go on */
    struct rowrun_process processes[STARTER_SLOTS]; /* the last is the blocks' */
};

/* starter_fd, deadline and limits are set. The port borrows r. */
struct row_port rowrun_port(struct rowrun *r);
/* After each question: nothing lives from one to the next. */
void rowrun_end(struct rowrun *r);

#endif
