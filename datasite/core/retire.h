/* retire.h -- data that nothing can ask any more is forgotten by the vault. */
#ifndef DATASITE_CORE_RETIRE_H
#define DATASITE_CORE_RETIRE_H

#include "datasite/core/ctx.h"

/* Forgets one version of a dataset that is neither in force nor bound to approved
 * work, or whose dataset is archived. *did false: there is none. What is known about
 * it (rows, the commitment that receipts name) stays. cx holds no connection. */
enum err retire_step(struct ctx *cx, bool *did) NODISCARD;

#endif
