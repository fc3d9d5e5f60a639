/* differencing.h -- does a held result go with what was released from its dataset?
 *
 * Every exact answer that a released job got counts as told, whatever its script made of
 * it, over all versions of the data, each on the one that it was told of. A result that would tell of a few persons beside them is not
 * released under any policy: what was released cannot be taken back. Cells of one result
 * that tell of a few among themselves fail like any other check: they can still be seen,
 * and withheld, together. */
#ifndef DATASITE_CORE_DIFFERENCING_H
#define DATASITE_CORE_DIFFERENCING_H

#include "datasite/core/job.h"

struct differencing {
    bool tried;         /* there are exact answers, and a threshold */
    bool found;         /* and they do not go together, or with `releases` */
    bool incomplete;    /* or cannot all be compared */
    int64_t threshold;  /* persons */
    const char *detail; /* a sentence for the owner; names jobs */
    json_t *releases;   /* ids of the jobs it collides with; owned */
};
void differencing_release(struct differencing *x);
#define DIFFERENCING_SCOPE(name) \
    struct differencing name __attribute__((cleanup(differencing_release))) = {0}

/* Asks where the data are, and waits for the answer. ERR_TIMEOUT, ERR_SANDBOX: none
 * came. */
enum err differencing_look(struct ctx *cx, const struct job *j, int64_t persons_min,
    struct differencing *out) NODISCARD;

#endif
