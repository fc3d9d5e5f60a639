/* parts.h -- what questions about disjoint parts cost together.
 *
 * The rows of one unit lie in at most `reach` parts of a partition (one, where truncate
 * or the schema says so), so what its privacy loses is what is asked of those parts: the
 * sum over the `reach` dearest ones, and not over all. Each question is charged what it
 * adds to that sum: the first part pays in full, others only what exceeds. This holds
 * whatever order and prices follow from earlier answers, since for each pair of
 * neighbours the charges dominate those of its own parts (McSherry 2009, Thm 4).
 *
 * Only what this run has paid counts; an answer that was stored earlier covers nothing. */
#ifndef SANDBOX_ENGINE_PARTS_H
#define SANDBOX_ENGINE_PARTS_H

#include "sandbox/engine/question.h"

struct part_tally; /* of one partition */
struct parts {
    struct arena *a; /* of the run */
    struct part_tally *first;
};

/* What a question has to be charged; its own price where it is about no part. ERR_POLICY:
 * more than was declared for the part. */
enum err parts_price(struct diag *d, struct parts *s, const struct question *q,
    struct budget *out) NODISCARD;
/* The charge was made. */
void parts_paid(struct parts *s, const struct question *q);

#endif
