/* question.h -- a researcher's question: plan, stability, price, exact vector, answer.
 *
 * A plan is a JSON document that the worker builds from Lua calls and the broker treats as
 * hostile (grammar in sandbox/engine/README.md). Parsing, typing, sensitivity and price never
 * see data: they are the same on mock and real. Only question_answer and question_exact
 * read the table. */
#ifndef SANDBOX_ENGINE_QUESTION_H
#define SANDBOX_ENGINE_QUESTION_H

#include "policies/mechanism.h"
#include "policies/policy.h"
#include "sandbox/table/column.h"

/* Disjoint parts of the rows: their prices do not add up, the greatest counts. */
struct partition {
    size_t parts_n; /* 0: the question is not about a part */
    size_t part;
    struct digest group; /* the same for all parts of one partition */
    int64_t reach;       /* parts that the rows of one unit reach, at most */
    struct budget cap;   /* of each part, as declared; negative: none */
};

struct question; /* lives in the arena it was parsed into */

struct row_port;
struct question_context {
    const struct schema *schema;
    const bool *columns; /* loaded ones, by schema index; others are refused by name */
    enum lane lane;
    enum accounting accounting;
    int64_t at_delta_atto; /* explain() tells a rho in epsilon at this; 0: not at all */
    int64_t rows_assumed;  /* public: the mock's row count, for error95 of means */
    uint64_t units_least;  /* owner's minimum of units behind an unknown key; 0: none */
    const struct row_port *rows; /* where row programs run; NULL: they are refused */
};

/* ERR_INVALID: the plan is wrong (text says where and how to mend it); ERR_POLICY: the
 * lane or the accounting does not allow it. */
enum err question_parse(struct diag *d, struct arena *a,
    const struct question_context *c, struct str plan_json,
    struct question **out) NODISCARD;
struct budget question_price(const struct question *q);
struct partition question_partition(const struct question *q);
bool question_is_exact(const struct question *q);
struct digest question_digest(const struct question *q); /* of the canonical plan */
const char *question_label(const struct question *q);    /* "mean(los)" */
const char *question_mechanism(
    const struct question *q); /* "discrete_laplace", "exact" */
/* Does every row program compile? Before the price is asked for; sees no data. */
enum err question_check(struct diag *d, const struct question *q) NODISCARD;
/* 95 % half-width as a decimal string, or "" where it has none. */
const char *question_error95(const struct question *q);
/* {"mechanism","scale","epsilon","rho","delta","error95",…}: the answer of :explain(). */
enum err question_explain(
    struct diag *d, const struct question *q, struct buf *json) NODISCARD;

/* For audits: the exact vector that noise is added to, question_width integers in a, and
 * how far it moves at most when one privacy unit comes or goes. */
size_t question_width(const struct question *q);
struct sensitivity question_sensitivity(const struct question *q);
enum err question_vector(struct diag *d, struct arena *a, const struct question *q,
    const struct table *t, __int128 **out) NODISCARD;

/* Precondition: the price is charged and durable. The answer document:
 *   scalar   {"value":V,"error95":"0.4"}         V and values: integers, with "decimals":n
 *   vector   {"values":[…],"error95":"…"}        (quantiles, histogram, fit …)
 *   grouped  {"keys":[["A"],["B"]],"values":[…],"error95":"…"}
 * Failures after parsing do not depend on data. */
enum err question_answer(struct diag *d, struct arena *a, const struct question *q,
    const struct table *t, struct rng *r, struct buf *json) NODISCARD;
/* The true value in the same form; lanes exact and rows only. */
enum err question_exact(struct diag *d, struct arena *a, const struct question *q,
    const struct table *t, struct buf *json) NODISCARD;
/* What disclosure control needs to know of an exact answer (policies/sdc_cells.h), for
 * the server alone; owned by the caller. */
enum err question_evidence(struct diag *d, const struct question *q,
    const struct table *t, json_t **out) NODISCARD;

#endif
