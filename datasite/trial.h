/* trial.h -- a job tried on this machine: what `check` and `run --mock` share. */
#ifndef DATASITE_TRIAL_H
#define DATASITE_TRIAL_H

#include "datasite/base/arena.h"
#include "datasite/base/json.h"
#include "policies/codescan.h"
#include "sandbox/client/runner_client.h"

/* What the command line says, and what was read because of it. */
struct trial {
    const char *job, *mock, *schema_path, *lane_word, *accounting_word, *epsilon,
        *delta, *seed_word;
    bool as_json;
    struct arena *arena;
    struct buf schema_json;
    struct schema schema;
    struct str source; /* normalised */
    enum lane lane;
    enum accounting accounting;
    struct budget cap;
    struct promise promise;
    int64_t seed;
    struct codescan scan;
};

void trial_release(struct trial *t);
#define TRIAL_SCOPE(name) struct trial name __attribute__((cleanup(trial_release)))

/* Reads source and schema, and scans the source; findings are in t->scan. */
enum err trial_read(struct diag *d, struct trial *t) NODISCARD;

/* What is run: a source on a mock. */
struct attempt {
    struct str source;
    int mock;
    int64_t rows;
};

/* Through the runner and the worker that lie beside this program. */
enum err trial_attempt(struct diag *d, const struct trial *t, const struct attempt *a,
    struct outcome *out) NODISCARD;

/* One diagnostic as compilers write it, so that editors find the place: on stderr, or as
 * a member of a list. */
void trial_print_finding(
    const struct trial *t, int line, int column, const char *text, const char *rule);
json_t *trial_finding_json(int line, int column, const char *text, const char *rule);
/* What the scan found, as a list; printed, too, unless JSON is wanted. */
json_t *trial_report_scan(const struct trial *t);
void trial_print_json(const json_t *v);

#endif
