/* runner_client.h -- the server's end of the wire to datasite-runner and its brokers.
 *
 * One socket to the runner carries orders; each order carries its own socket, on which the
 * broker (a child of the runner) asks for charges and tells the outcome. When the runner
 * dies it is started again; runs in flight end as ERR_SANDBOX and may be ordered again. */
#ifndef SANDBOX_CLIENT_RUNNER_CLIENT_H
#define SANDBOX_CLIENT_RUNNER_CLIENT_H

#include "sandbox/table/csv.h"
#include "sandbox/wire/orders.h"

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

const char *outcome_name(enum outcome_kind k); /* "ok", "timeout", … as in API.md */
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
