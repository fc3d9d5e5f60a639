/* plan.h -- a question's document, typed against the schema. Sees declarations, no data.
 *
 * The grammar is in sandbox/engine/README.md. Everything a plan holds afterwards is checked:
 * fields exist and have the right type, numbers are in range, lists are not too long. */
#ifndef SANDBOX_ENGINE_PLAN_H
#define SANDBOX_ENGINE_PLAN_H

#include "datasite/base/digest.h"
#include "policies/mechanism.h"
#include "sandbox/engine/expr.h"
#include "sandbox/engine/question.h"
#include "sandbox/wire/rowport.h"

#define GROUP_FIELDS_MAX   8
#define GROUP_CELLS_MAX    ((size_t)4 << 20) /* of the cross product of listed values */
#define UNIT_GROUPS_MAX    1000
#define HISTOGRAM_BINS_MAX 100000
#define QUANTILES_MAX      100
#define QUANTILE_DEN       10000
#define CANDIDATES_MAX     100000
#define MEAN_RANGE_MAX     (INT64_C(1) << 36) /* upper - lower, in grid units */
#define MOMENT_FIELDS_MAX  16
#define QUERIES_MAX        256
#define CHOICES_MAX        1000
#define CHOICE_SCORES_MAX  ((size_t)10000000) /* of all keys together */

enum plan_step_kind {
    STEP_WHERE,    /* keep the rows for which a condition holds */
    STEP_TRUNCATE, /* keep at most so many rows of a unit */
    STEP_GROUPS,   /* keep rows of at most so many groups of a unit */
    STEP_PART,     /* keep the rows of one key */
    STEP_JOIN      /* keep the rows whose key a public table has */
};

/* The values that one field of a grouping may take, in the order of their local codes. */
struct axis {
    size_t field;
    size_t n;
    const int64_t *values;   /* numbers, dates, codes of categories, booleans */
    const struct str *texts; /* COL_TEXT: looked up in the table's dictionary */
};

/* Which cell a row falls in: the cross product of the axes, then the key of that cell. */
struct grouping {
    size_t axes_n;   /* 0: not grouped */
    bool is_unknown; /* only the data know the keys; the axes list no values */
    struct axis axes[GROUP_FIELDS_MAX];
    size_t cells; /* product of axes[].n; 1 when not grouped */
    size_t keys_n;
    const uint32_t *key_of_cell; /* NULL: the same; keys_n: no key */
    const uint32_t *cell_of_key; /* NULL: the same */
};

static inline size_t
grouping_cell(const struct grouping *g, size_t key)
{
    return g->cell_of_key != NULL ? g->cell_of_key[key] : key;
}

struct plan_step {
    enum plan_step_kind kind;
    const struct expr *expr; /* WHERE */
    int64_t limit;           /* rows or groups */
    size_t by[GROUP_FIELDS_MAX];
    size_t by_n;
    const struct grouping *keys; /* PART, JOIN: of one axis */
    size_t part;                 /* PART: the cell that is kept */
    const struct join *join;     /* JOIN */
};

/* A public table laid beside the rows. Copy c of a row takes the c-th public row of its
 * key: one row becomes as many as the key has, at most `copies`. */
struct join {
    size_t step;
    size_t copies;
    /* [copy * (keys + 1) + cell]: the public row, or rows_n: there is none */
    const uint32_t *row_of;
    size_t rows_n;
};
struct lookup {
    const struct join *join;
    const int64_t *values; /* by public row, and one more for none */
};

enum measure_kind {
    MEASURE_COUNT,
    MEASURE_COUNT_UNITS,
    MEASURE_KEYS,
    MEASURE_SUM,
    MEASURE_MEAN,
    MEASURE_HISTOGRAM,
    MEASURE_QUANTILE,
    MEASURE_MOST_COMMON,
    MEASURE_BOUNDS,
    MEASURE_VARIANCE,
    MEASURE_COVARIANCE,
    MEASURE_ABOVE_THRESHOLD,
    MEASURE_FIT_LINEAR,
    MEASURE_FIT_LOGISTIC,
    MEASURE_SAMPLE_AGGREGATE,
    MEASURE_COLLECT
};

/* Which of the public candidates from, from + step, … stands at num / QUANTILE_DEN of the
 * rows, for each num. */
struct quantiles {
    const uint64_t *nums;
    size_t nums_n;
    int64_t from, step;
    size_t candidates_n;
};

struct plan_measure {
    enum measure_kind kind;
    size_t field;   /* of those that have one */
    size_t *fields; /* of those over several; a fit's target is the last */
    size_t fields_n;
    const int64_t *edges; /* HISTOGRAM, QUANTILE: bins + 1, ascending */
    size_t bins;
    struct quantiles quantiles;        /* QUANTILE */
    size_t picks;                      /* MOST_COMMON */
    int64_t threshold;                 /* ABOVE_THRESHOLD */
    bool intercept;                    /* FIT */
    int64_t steps, rate, clip;         /* FIT_LOGISTIC; rate in 1e-6, 0: by itself */
    int64_t blocks;                    /* SAMPLE_AGGREGATE */
    const struct row_program *program; /* SAMPLE_AGGREGATE, COLLECT */
};

struct plan {
    const struct question_context *context;
    struct scope scope;
    struct plan_step *steps;
    size_t steps_n;
    struct grouping grouping;
    int64_t rows_max;   /* rows of one unit that reach the measure, at most */
    int64_t groups_max; /* groups that one unit's rows reach, at most */
    struct plan_measure measure;
    bool exact;
    bool *needed;   /* by field: something reads it */
    bool *in_place; /* by field: a column that expressions read where it lies */
    size_t copies;  /* of each row, by a join; 1 without */
    struct partition partition;
    const struct row_program *programs[ROW_PROGRAMS_MAX];
    size_t programs_n;
};

const char *measure_name(enum measure_kind k);
/* Does it read columns, or only count rows, units or keys? */
bool measure_reads(enum measure_kind k);
/* Reads everything but the price. *price: the plan's price object, or NULL. */
enum err plan_parse(struct diag *d, struct arena *a, const struct question_context *c,
    json_t *doc, struct plan **out, json_t **price) NODISCARD;

#endif
