/* runner_client.h -- the server's end of the wire to datasite-runner and its brokers.
 *
 * One socket to the runner carries orders; each order carries its own socket, on which the
 * broker (a child of the runner) asks for charges and tells the outcome. When the runner
 * dies it is started again; runs in flight end as ERR_SANDBOX and may be ordered again. */
#ifndef SANDBOX_RUNNER_CLIENT_H
#define SANDBOX_RUNNER_CLIENT_H

#include "policies/accountant.h"
#include "policies/policy.h"
#include "policies/schema.h"
#include "sandbox/csv.h"
#include "sandbox/history.h"
#include "sandbox/mockcheck.h"

struct runner_config {
    const char *runner_exe, *worker_exe;
    const char *vault_path, *key_path; /* NULL: no private data (offline mock runs) */
};
struct runner; /* thread-safe */
enum err runner_start(
    struct diag *d, const struct runner_config *c, struct runner **out) NODISCARD;
void runner_stop(struct runner *r); /* ends it and everything it started */

/* The last self-test of a jailed worker: ERR_OK and a line such as "seccomp, landlock 7". */
enum err runner_selftest(struct runner *r, struct diag *d, char level[128]) NODISCARD;

struct run_limits {
    int64_t cpu_ms, wall_ms;
    int64_t
        rows_ms; /* of row programs, beside wall_ms; 0: private data are not for them */
    int64_t memory_bytes, questions_max, output_bytes_max;
};

/* What people agreed on, in their words: site.budget() and explain() tell of it, and it
 * is the same in every run of a job. */
struct promise {
    int64_t epsilon_nano, delta_atto; /* the job's max_budget; epsilon -1: none */
    int64_t at_delta_atto; /* the dataset's: what a rho is in epsilon; 0: not told */
};

struct order {
    const char *run_id;       /* for logs */
    const char *dataset_name; /* the only one that site.open knows; NULL: any */
    struct str source;        /* normalised */
    struct str schema_json;
    enum lane lane;
    enum accounting accounting;
    struct budget cap; /* what the charges must fit into, where there is no port */
    struct promise promise;
    int64_t rows_assumed;
    int64_t key_persons_min; /* the owner's, behind an unknown key; 0: any */
    uint64_t seed;           /* public: of math.random */
    struct run_limits limits;
    struct sdc_limits output; /* what exact answers are bound by (untold.h) */
    const bool *columns;      /* by schema index */
    /* the data: a vault version, or CSV text (mock) on a descriptor */
    const char *dataset_id; /* NULL: mock */
    int64_t data_version;
    int mock_fd; /* borrowed; -1 with a vault version */
};

enum charge_verdict {
    CHARGE_PAID,
    CHARGE_PAID_BEFORE, /* by a run that broke off before anyone saw an answer */
    CHARGE_STORED,
    CHARGE_REFUSED
};
struct charge_ask {
    struct digest measurement; /* of the canonical plan */
    const char *label, *mechanism, *error95, *plan_json;
    struct budget price; /* all zero: exact(), recorded and free */
    bool exact;
};
/* What a broker asks of its master. Each call returns when its effect is durable. */
struct run_port {
    void *self;
    /* CHARGE_STORED: answer holds the answer given before to the same measurement. */
    enum err (*charge)(void *self, struct diag *d, const struct charge_ask *ask,
        enum charge_verdict *verdict, struct buf *answer);
    /* Called before the worker sees the answer. */
    enum err (*keep)(
        void *self, struct diag *d, struct digest measurement, struct str answer_json);
};

enum outcome_kind {
    OUTCOME_OK,
    OUTCOME_TIMEOUT,
    OUTCOME_MEMORY,
    OUTCOME_SANDBOX_VIOLATION,
    OUTCOME_SCRIPT_ERROR,
    OUTCOME_POLICY,
    OUTCOME_BUDGET,
    OUTCOME_INTERNAL
};
const char *outcome_name(enum outcome_kind k); /* "ok", "timeout", … as in API.md */
struct outcome {
    enum outcome_kind kind;
    int line, column; /* of the source, 0: unknown */
    char text[512];   /* the script's own error text, or ours */
    char rule[32];    /* OUTCOME_POLICY: the rule */
    json_t *output;   /* NULL unless OK; owned */
    json_t
        *measurements; /* [{label,mechanism,epsilon,rho,delta,error95,exact}]; owned */
    struct buf log;    /* what print wrote; owned */
};
void outcome_release(struct outcome *o);

/* Runs one order to its end; blocks the calling thread. ERR_OK with any outcome kind;
 * ERR_SANDBOX when runner or broker died. port may be NULL only for mock runs, where
 * charges are checked against order->cap and nothing is kept. */
enum err runner_run(struct runner *r, struct diag *d, const struct order *o,
    const struct run_port *port, struct outcome *out) NODISCARD;
/* Kills a run in flight by its run_id (cancellation). ERR_NOT_FOUND: no such run. */
enum err runner_cancel(struct runner *r, struct diag *d, const char *run_id) NODISCARD;

/* Loads CSV that arrives on data_fd (a pipe) as a vault version. ERR_UNPROCESSABLE and
 * report->places when it breaks the schema. */
enum err runner_ingest(struct runner *r, struct diag *d, const char *dataset_id,
    int64_t version, struct str schema_json, int data_fd,
    struct csv_report *report) NODISCARD;
enum err runner_forget(struct runner *r, struct diag *d, const char *dataset_id,
    int64_t version) NODISCARD;
/* Holds a mock (CSV text on a descriptor, borrowed) against a vault version. ERR_OK
 * with any report. */
enum err runner_mockcheck(struct runner *r, struct diag *d, const char *dataset_id,
    int64_t version, struct str schema_json, int mock_fd,
    struct mock_report *report) NODISCARD;
/* Persons of a vault version who stand alone with their values in these columns (by
 * schema index), in coarse per cents. */
enum err runner_unique(struct runner *r, struct diag *d, const char *dataset_id,
    int64_t version, struct str schema_json, const bool *columns, size_t columns_n,
    int64_t *percent) NODISCARD;
/* Compares what a result tells with what was released. ERR_OK with any verdict. */
enum err runner_history(struct runner *r, struct diag *d, const struct history_ask *ask,
    struct history_verdict *verdict) NODISCARD;

#endif
