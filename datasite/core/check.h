/* check.h -- what can be said about a job without private data: text, lane, a run on
 * the mock, the price. The same answers serve the mock run, the quote and the first
 * gate. */
#ifndef DATASITE_CORE_CHECK_H
#define DATASITE_CORE_CHECK_H

#include "datasite/core/job.h"
#include "policies/codescan.h"
#include "sandbox/client/runner_client.h"

#define CHECK_POLICY_RULE "policy-" /* how a finding of the policy's begins */

struct check_ask {
    const struct dataset *ds;
    struct schema schema;
    struct policy policy;
    struct str source; /* normalised */
    struct str mock;   /* CSV text */
    enum lane lane;
    struct budget cap; /* what the mock run may spend */
    /* What people agreed on. zcdp: pure answers may add up to this epsilon, too. */
    int64_t epsilon_nano, delta_atto;
};

struct check_report {
    struct codescan scan;   /* arena memory */
    struct outcome outcome; /* of the mock run, when it ran */
    bool ran;
    json_t *adverse; /* findings of runs on awkward mocks (adverse.h); owned, or NULL */
    json_t *plans;   /* of the questions of the mock run, each once; owned */
    struct budget total; /* of all measurements of the mock run */
    struct budget hold;  /* what an approval must reserve */
};

/* The ask for a source on a dataset: schema, policy, mock. ERR_NOT_FOUND: no mock
 * yet. */
enum err check_ask_init(struct ctx *cx, const struct dataset *ds, struct str source,
    enum lane lane, struct check_ask *out) NODISCARD;
/* What the job's author asked for, in place of all that the dataset has. */
void check_promise(struct check_ask *ask, const struct job *j);
/* Scans; runs on the mock when nothing that was found forbids it. A finding or a
 * failing script is ERR_OK: the report says so. Touches no connection. */
enum err check_run(
    struct ctx *cx, const struct check_ask *ask, struct check_report *out) NODISCARD;
void check_release(struct check_report *r);

/* Documents for answers and for storage; owned by the caller, NULL: no memory. */
json_t *check_findings_json(const struct check_report *r);
json_t *check_columns_json(const struct check_report *r, const struct schema *s);
json_t *check_marks_json(const struct check_report *r);
json_t *check_mock_json(const struct check_report *r);
json_t *check_measurements_json(const struct outcome *o);
json_t *failure_json(const struct outcome *o); /* JSON null for OUTCOME_OK */

/* Does mock text hold what the schema says? ERR_UNPROCESSABLE with places in the
 * report. */
enum err mock_check(struct ctx *cx, const struct schema *s, struct str csv,
    struct csv_report *report) NODISCARD;

/* The order for a run of the same source under the same limits; mock_fd and the vault
 * version are the caller's to set. */
struct order check_order(
    const struct check_ask *ask, const char *run_id, const bool *columns);

#endif
