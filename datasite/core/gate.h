/* gate.h -- the first gate: a submitted job is looked at by the server before a person
 * has to. */
#ifndef DATASITE_CORE_GATE_H
#define DATASITE_CORE_GATE_H

#include "datasite/core/check.h"

/* Looks at a job in checking, stores everything, moves it to in_review or blocked. cx
 * holds no connection. ERR_SANDBOX: could not be looked at now. */
enum err gate_job(struct ctx *cx, const char *job_id) NODISCARD;
/* Blocks a job that cannot be looked at, saying so. */
enum err gate_give_up(struct ctx *cx, const char *job_id) NODISCARD;

#endif
