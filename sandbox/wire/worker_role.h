/* worker_role.h -- what a worker is started for, as it and its broker both know it. */
#ifndef SANDBOX_WIRE_WORKER_ROLE_H
#define SANDBOX_WIRE_WORKER_ROLE_H

enum worker_role {
    WORKER_JOB,  /* a script with the global site */
    WORKER_MAP,  /* row by row */
    WORKER_BLOCK /* over an array of rows */
};

#endif
