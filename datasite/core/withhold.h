/* withhold.h -- single numbers that an owner keeps back of a result that leaves.
 *
 * They are named by JSON Pointers into the output; null takes their place. Where the
 * output is answers and nothing else, a cell of which no place is left counts as not
 * told: the rules of disclosure control pass over it, and later results are not compared
 * with it. What a script computed is told, whatever is kept back of it. */
#ifndef DATASITE_CORE_WITHHOLD_H
#define DATASITE_CORE_WITHHOLD_H

#include "datasite/core/release.h"

/* Takes [{"pointer","reason"}] as it was asked, and puts null in its places of outputs.
 * ERR_UNPROCESSABLE, at the member: there is no such place, or nothing is left there. */
enum err withhold_take(struct ctx *cx, const json_t *asked, json_t **outputs) NODISCARD;
/* Evidence of the job's exact measurements as sealed_evidence has it, with the cells
 * marked that its owner keeps back. *kept owned by the caller. */
enum err withhold_evidence(struct ctx *cx, const char *job_id, const struct result *r,
    json_t **kept) NODISCARD;
/* Notes those cells as not told. Inside a transaction. */
enum err withhold_note(struct ctx *cx, const struct job *j, const struct result *r,
    const json_t *kept) NODISCARD;
/* Outputs with null in place of answers that have evidence. *own owned by the caller. */
enum err withhold_own(struct ctx *cx, const struct result *r, const json_t *outputs,
    json_t **own) NODISCARD;

#endif
