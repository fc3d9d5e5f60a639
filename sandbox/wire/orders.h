/* orders.h -- what the server orders of its runner, and what it is told in return. */
#ifndef SANDBOX_WIRE_ORDERS_H
#define SANDBOX_WIRE_ORDERS_H

#include "policies/accountant.h"
#include "policies/policy.h"
#include "policies/schema.h"
#include "policies/sdc_history.h"
#include "policies/sdc_mock.h"

/* ---- a run ---- */

struct run_limits {
    int64_t cpu_ms, wall_ms;
    int64_t rows_ms; /* of row programs, beside wall_ms; 0: none on private data */
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
struct outcome {
    enum outcome_kind kind;
    int line, column; /* of the source, 0: unknown */
    char text[512];   /* the script's own error text, or ours */
    char rule[32];    /* OUTCOME_POLICY: the rule */
    json_t *output;   /* NULL unless OK; owned */
    /* [{label, mechanism, epsilon, rho, delta, error95, exact}]; owned */
    json_t *measurements;
    struct buf log; /* what print wrote; owned */
};

/* ---- does a result go with what was released (history.h)? ---- */

#define HISTORY_BYTES_MAX ((size_t)512 << 20) /* of all plans */

struct history_plan {
    const char *json;
    const char *withheld; /* a '1' for each cell that was not told; "": all were */
    int64_t data_version; /* that it was told of */
    bool is_new;
};
struct history_ask {
    const char *dataset_id;
    int64_t data_version; /* of the new plans */
    struct str schema_json;
    int64_t least; /* persons; 0: nothing is looked for */
    const struct history_plan *plans;
    size_t plans_n;
};
struct history_verdict {
    struct sdc_difference difference; /* sources: indexes of plans */
    int64_t apart_new, apart_old; /* plans that cannot be compared as they were told */
};

/* ---- does a mock give the data away (mockcheck.h)? ---- */

/* What the mock shows as the data do: a parity certificate, for the owner alone. The
 * types are those of the schema, or the mock would not have been read. */
struct mock_parity {
    unsigned broken_rules; /* 1 << enum sdc_mock_rule */
    bool nulls;            /* the shares of nulls are within five points */
    bool categories;       /* each declared category stands in both or in neither */
};
struct mock_report {
    struct mock_parity columns[COLUMNS_MAX];
    size_t columns_n;
    bool leaks;
};

#endif
