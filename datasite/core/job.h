/* job.h -- a researcher's question, from submission to release.
 *
 * job_moves.def is the truth about states; job_move is the only writer of one. */
#ifndef DATASITE_CORE_JOB_H
#define DATASITE_CORE_JOB_H

#include "datasite/core/dataset.h"
#include "datasite/core/ledger.h"

enum job_state {
#define JOB_STATE(name, text, waits) JOB_##name,
#include "datasite/core/job_moves.def"
#undef JOB_STATE
    JOB_STATE_N
};
enum job_wait {
    JOB_WAITS_AUTHOR,
    JOB_WAITS_REVIEWER,
    JOB_WAITS_ADMIN,
    JOB_WAITS_SYSTEM,
    JOB_WAITS_NOBODY
};

const char *job_state_name(enum job_state s);
bool job_state_parse(struct str s, enum job_state *out);
enum job_wait job_waits(enum job_state s);
const char *job_wait_name(enum job_wait w);
bool job_wait_parse(struct str s, enum job_wait *out);
/* The audit verb of a move, NULL: there is no such move. */
const char *job_move_verb(enum job_state from, enum job_state to);

struct job {
    const char *id, *project_id, *project_title, *purpose;
    const char *dataset_id, *dataset_name, *dataset_owner;
    const char *author_id, *author_name, *title, *question;
    const char *outputs_json; /* [{"name","description"}] as submitted */
    enum lane lane;
    enum accounting accounting;
    int64_t max_epsilon_nano;
    int64_t max_delta_atto; /* -1: not given */
    enum job_state state;
    int64_t version, revision;
    int64_t data_version, policy_version; /* approved ones, else those in force */
    const char *source_sha256;            /* of this version */
    const char *requirements_json, *quote_json, *failure_json; /* or NULL */
    const char *run_id; /* the latest run, or NULL */
    struct unixus created, changed;
};

/* One text of a job and what the checks made of it. */
struct job_version {
    int64_t number;
    struct unixus submitted;
    const char *source, *source_sha256;
    const char *note; /* of the author on what changed; "": none */
    const char *requirements_json, *checks_json, *mock_json, *quote_json; /* or NULL */
    struct budget hold; /* what an approval reserves, in the dataset's accounting */
};

struct job_draft {
    const char *project_id, *dataset, *title, *question;
    struct str source;
    const char *lane;
    const char *note;                 /* of a new version; NULL: none */
    int64_t epsilon_nano, delta_atto; /* delta -1: not given */
    json_t *outputs;                  /* borrowed, may be NULL */
};

/* Checks what can be said at once, stores, and leaves the rest to the queue.
 * ERR_CONFLICT with {"job":URL}: the same source by the same person on the same
 * dataset. */
enum err job_submit(
    struct ctx *cx, const struct job_draft *draft, struct job *out) NODISCARD;
/* A new version of one's own job: back to checking. NULL title and question stay; a
 * negative epsilon stays. */
enum err job_revise(
    struct ctx *cx, struct job *j, const struct job_draft *change) NODISCARD;

/* A source in its normal form, in arena memory; a lane by name, if there is such a lane
 * yet. */
enum err job_source_take(struct ctx *cx, struct str raw, struct str *out) NODISCARD;
enum err job_lane_take(struct ctx *cx, const char *name, enum lane *out) NODISCARD;

/* For the server itself. */
enum err job_by_id(struct ctx *cx, const char *id, struct job *out) NODISCARD;
/* As the caller may: author, owner of its dataset; auditors see none but receipts. */
enum err job_visible(struct ctx *cx, const char *id, struct job *out) NODISCARD;
bool job_is_author(const struct ctx *cx, const struct job *j);
bool job_is_owner(const struct ctx *cx, const struct job *j);
/* ERR_FORBIDDEN naming the permission, for one who may see the job. */
enum err job_must_own(
    struct ctx *cx, const struct job *j, const char *permission) NODISCARD;
/* Owner or reviewer of the dataset, and not the author. */
enum err job_must_review(struct ctx *cx, const struct job *j) NODISCARD;
enum err job_must_author(
    struct ctx *cx, const struct job *j, const char *permission) NODISCARD;

enum err job_version_by(struct ctx *cx, const struct job *j, int64_t number,
    struct job_version *out) NODISCARD;
enum err job_versions(
    struct ctx *cx, const struct job *j, int64_t after, int64_t limit) NODISCARD;
enum err job_versions_next(
    struct ctx *cx, struct job_version *out, bool *more) NODISCARD;

struct job_filter {
    const char *state, *dataset, *waiting_on; /* NULL: any */
    const char *after;                        /* job id of the last item, NULL: start */
    int64_t limit;
};
/* Newest first; those the caller may see. */
enum err job_list(struct ctx *cx, const struct job_filter *f) NODISCARD;
enum err job_next(struct ctx *cx, struct job *out, bool *more) NODISCARD;

/* The one writer of a state: checks the table and who asks, writes state, revision,
 * audit entry and event. facts is consumed, may be NULL. ERR_CONFLICT_STATE carries
 * {"state":…,"allowed":[…]}. Precondition: inside a transaction. */
enum err job_move(
    struct ctx *cx, struct job *j, enum job_state to, json_t *facts) NODISCARD;

/* Ends before a result: by the author, by the owner, by the owner taking an approval
 * back. What the job holds returns. comment may be "". */
enum err job_retract(struct ctx *cx, struct job *j, const char *comment) NODISCARD;
enum err job_stop(struct ctx *cx, struct job *j, const char *comment) NODISCARD;
enum err job_unapprove(struct ctx *cx, struct job *j, const char *comment) NODISCARD;

/* ERR_CONFLICT: the author may no longer use the dataset, or it is archived. */
enum err job_stands(struct ctx *cx, const struct job *j) NODISCARD;
/* Tells the readers of a job that it changed without a move. Inside a transaction. */
enum err job_touch(struct ctx *cx, struct job *j) NODISCARD;
/* The event of its state. Inside a transaction. */
enum err job_announce(struct ctx *cx, const struct job *j) NODISCARD;

struct ledger_party job_party(const struct job *j);

#endif
