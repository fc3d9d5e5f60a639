/* slot.h -- time slots: when the end of a run is shown, and what is veiled until then.
 *
 * Where a result is released without a human, its author must not learn from the clock
 * what the answers do not say. Such a run ends for its readers at the end of a slot,
 * counted from its start; one that outlives a slot ends with the next. Until then the job
 * is running, its charges read as reserved, and its place in the queue stays taken. What
 * owner, administrators and auditors read of the ledger and the audit log is not
 * veiled. */
#ifndef DATASITE_CORE_SLOT_H
#define DATASITE_CORE_SLOT_H

#include "datasite/core/ledger.h"
#include "policies/policy.h"

/* Microseconds; 0: the end of such a run is shown when it comes. */
int64_t slot_length(const struct policy *p, enum lane lane);
/* The first end of a slot that is not before t, and the last that is not after it. Slots
 * of length us > 0 from start; there is none before the first. */
struct unixus slot_end_after(struct unixus start, int64_t us, struct unixus t);
struct unixus slot_end_before(struct unixus start, int64_t us, struct unixus t);

/* What a run with a slot has come to. */
struct slot_end {
    const char *run_id, *job_id;
    struct unixus visible;
    const char *failure_json; /* NULL: the result is stored */
};
/* Inside a transaction. */
enum err slot_keep(struct ctx *cx, const struct slot_end *end) NODISCARD;
/* The end that is due first. ERR_NOT_FOUND: none waits. */
enum err slot_first(struct ctx *cx, struct slot_end *out) NODISCARD;
enum err slot_drop(struct ctx *cx, const char *run_id) NODISCARD;

/* Makes of what was spent what may be seen of it; who as for ledger_cap. */
enum err slot_veil(struct ctx *cx, enum cap_kind kind, const struct ledger_party *who,
    struct cap *cap) NODISCARD;
/* Does the run have a slot, or is another running in one? Then the length of the audit log
 * tells how far that one is. */
enum err slot_in_use(struct ctx *cx, const char *run_id, bool *out) NODISCARD;
/* How many rows of the ledger are veiled; dataset_id NULL: of all. */
enum err slot_veiled_rows(
    struct ctx *cx, const char *dataset_id, int64_t *out) NODISCARD;

#endif
