/* sealed.h -- what disclosure control saw of an exact result, kept for the server's own
 * rules: encrypted at rest, never shown as it is. */
#ifndef DATASITE_CORE_SEALED_H
#define DATASITE_CORE_SEALED_H

#include "datasite/core/ctx.h"

/* Keeps the evidence among measurements; nothing where none is exact. Inside a
 * transaction. */
enum err sealed_keep(
    struct ctx *cx, const char *job_id, const json_t *measurements) NODISCARD;
/* [{"label","evidence"}] of a job's exact measurements, in their order; an empty list
 * where none was kept. *out owned by the caller. */
enum err sealed_evidence(struct ctx *cx, const char *job_id, json_t **out) NODISCARD;

#endif
