/* ledger.h -- the privacy budget as a double-entry book: granted, reserved, spent.
 *
 * Every act is one row of the append-only ledger of its dataset, chained by hash, and
 * moves whole units between "free", "reserved" and "spent" of four caps at once: the
 * dataset's, the project's, the researcher's in the project, and the job's; and of a
 * fifth, the population's, where the dataset belongs to one. Caps are sums of rows kept
 * beside them; ledger_verify recomputes both.
 *
 * Only integers; only inside one BEGIN IMMEDIATE transaction of the single writer, so
 * no two charges interleave; durable (WAL, synchronous=FULL) before the caller goes
 * on. */
#ifndef DATASITE_CORE_LEDGER_H
#define DATASITE_CORE_LEDGER_H

#include "datasite/core/dataset.h"

#define LEDGER_NO_LIMIT INT64_MAX /* a project or researcher without a cap of its own */

/* From the widest to the narrowest. */
enum cap_kind {
    CAP_POPULATION,
    CAP_DATASET,
    CAP_PROJECT,
    CAP_RESEARCHER,
    CAP_JOB
};

const char *cap_name(enum cap_kind kind); /* "population", "dataset" … */

/* Amounts in the dataset's accounting: nano of epsilon (pure) or of rho (zcdp). */
struct cap {
    int64_t limit_nano, spent_nano, reserved_nano;
    int64_t limit_atto, spent_atto, reserved_atto;
    /* What was declared; LEDGER_NO_LIMIT: nothing. */
    int64_t epsilon_nano, delta_atto;
};

/* Whose caps an act touches. */
struct ledger_party {
    const char *dataset_id, *project_id, *user_id, *job_id;
    enum accounting accounting;
};

struct ledger_charge {
    const char *run_id;
    int64_t job_version, data_version;
    struct digest measurement;
    const char *label, *mechanism, *error95, *plan_json;
    struct budget price;
    bool exact;
};
enum ledger_verdict {
    LEDGER_PAID,
    LEDGER_PAID_BEFORE, /* charged once, and no answer was kept: not charged again */
    LEDGER_STORED,
    LEDGER_REFUSED
};

/* The first row of a dataset: its limit. */
enum err ledger_grant(struct ctx *cx, const struct dataset *ds) NODISCARD;
/* A new limit of the dataset, of a project (user_id "") or of a researcher in it.
 * ERR_BUDGET when it lies below what is spent and reserved already. reason (or NULL)
 * goes into the audit log. */
enum err ledger_adjust(struct ctx *cx, const struct dataset *ds, const char *project_id,
    const char *user_id, int64_t epsilon_nano, int64_t delta_atto,
    const char *reason) NODISCARD;
/* Holds ask against all caps at once. ERR_BUDGET with {"requested","free"} in diag;
 * ERR_FROZEN. */
enum err ledger_reserve(
    struct ctx *cx, const struct ledger_party *who, struct budget ask) NODISCARD;
/* One measurement. STORED: *answer (arena) was given before. PAID: charged now, or
 * charged by an earlier attempt whose answer never left. REFUSED, for want of room or
 * because the budget is frozen: nothing was written. */
enum err ledger_charge(struct ctx *cx, const struct ledger_party *who,
    const struct ledger_charge *c, enum ledger_verdict *verdict,
    const char **answer) NODISCARD;
/* Keeps the answer of a paid measurement; the first one kept stays. */
enum err ledger_keep(struct ctx *cx, const char *job_id, int64_t job_version,
    int64_t data_version, struct digest measurement, struct str answer) NODISCARD;
/* What the job still holds returns. Nothing held: nothing written. */
enum err ledger_settle(struct ctx *cx, const struct ledger_party *who) NODISCARD;

/* Does the budget stand still? Then nothing is reserved and nothing charged; what was
 * kept is still answered, and what is held can return. */
enum err ledger_frozen(struct ctx *cx, const char *dataset_id, bool *out) NODISCARD;

/* Absent caps read as no limit, nothing spent. */
enum err ledger_cap(struct ctx *cx, enum cap_kind kind, const struct ledger_party *who,
    struct cap *out) NODISCARD;
/* The newest row's number: the ETag of everything about this budget. */
enum err ledger_head(struct ctx *cx, const char *dataset_id, int64_t *seq) NODISCARD;

struct ledger_row {
    int64_t seq;
    struct unixus time;
    const char *kind, *scope, *project_id, *user_id, *job_id, *run_id;
    const char *measurement; /* digest of the canonical plan */
    const char *label, *mechanism;
    struct budget price; /* as shown; eps_nano EPS_NONE: has no pure price */
    const char *hash;
    int64_t limit_nano, limit_atto, reserved_nano, reserved_atto, spent_nano,
        spent_atto;
};
enum err ledger_read(
    struct ctx *cx, const char *dataset_id, int64_t after, int64_t limit) NODISCARD;
enum err ledger_next(struct ctx *cx, struct ledger_row *r, bool *more) NODISCARD;

/* What the book said after one of its rows: how far the dataset's budget was used. */
struct ledger_point {
    int64_t seq;
    struct unixus time;
    int64_t epsilon_nano; /* as declared then */
    int64_t spent_nano, spent_atto, reserved_nano, reserved_atto;
};
/* Points after `after`, oldest first: one a row, or one a day (UTC), its last. */
enum err ledger_points(struct ctx *cx, const char *dataset_id, int64_t after,
    bool by_day, int64_t limit) NODISCARD;
enum err ledger_points_next(
    struct ctx *cx, struct ledger_point *p, bool *more) NODISCARD;

/* What a project, or a researcher in it (user_id not NULL), may use and did. */
struct ledger_share {
    const char *project_id, *project_title, *user_id, *user_name;
    struct cap cap; /* of its limit what was declared alone */
};
/* Of its place in the list, in arena memory; NULL: no memory. */
const char *ledger_share_key(struct ctx *cx, const struct ledger_share *s);
/* Shares past the one of that key, by project and researcher. */
enum err ledger_shares(
    struct ctx *cx, const char *dataset_id, const char *after, int64_t limit) NODISCARD;
enum err ledger_shares_next(
    struct ctx *cx, struct ledger_share *s, bool *more) NODISCARD;

/* Recomputes the chain of one dataset, every cap from the rows, and every charge's
 * audit entry; verify_all also every population's use from its datasets.
 * ERR_CONFLICT names the first disagreement. */
enum err ledger_verify(struct ctx *cx, const char *dataset_id) NODISCARD;
enum err ledger_verify_all(struct ctx *cx) NODISCARD;

#endif
