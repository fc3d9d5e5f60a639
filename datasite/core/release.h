/* release.h -- the second gate: results that wait, and the act of letting go. */
#ifndef DATASITE_CORE_RELEASE_H
#define DATASITE_CORE_RELEASE_H

#include "datasite/core/differencing.h"

struct result {
    const char *run_id, *measurements_json, *log, *checks_json;
    const char *outputs_json, *sha256;       /* as it leaves */
    const char *sealed_json, *sealed_sha256; /* as the run returned it */
    const char *places_json, *withheld_json; /* withhold.h; NULL: all of it leaves */
    const char *receipt_json;                /* NULL before release */
    struct unixus made, released;
};

/* Stores what a run returned. Inside a transaction. */
enum err release_hold(struct ctx *cx, const struct job *j, const char *run_id,
    const json_t *outputs, const json_t *measurements, struct str log) NODISCARD;
/* Running or held to released: makes and signs the receipt. Inside a transaction. */
enum err release_publish(struct ctx *cx, struct job *j, const char *comment) NODISCARD;

/* An owner's word on a held result. */
struct release_word {
    bool release;
    const char *comment;
    const json_t *withhold; /* parts that stay (withhold.h); NULL: none */
};
enum err release_decide(
    struct ctx *cx, struct job *j, const struct release_word *word) NODISCARD;
enum err release_load(struct ctx *cx, const char *job_id, struct result *out) NODISCARD;
/* The checks as they were made last; of a held exact result by the policy of now, and how
 * it goes with what was released until now. *out is the caller's. */
enum err release_checks(struct ctx *cx, const struct job *j, const struct result *r,
    struct differencing *with, json_t **out) NODISCARD;

#endif
