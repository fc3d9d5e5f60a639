/* sdc_cells.h -- may an exact number leave? Rules over evidence, not over data.
 *
 * Evidence is computed beside the data, one struct for every cell that an exact answer
 * tells of. The rules are those of official statistics: minimum counts, dominance, class
 * disclosure, degrees of freedom. A threshold of 0 turns its rule off. */
#ifndef POLICIES_SDC_CELLS_H
#define POLICIES_SDC_CELLS_H

#include "datasite/base/json.h"

#define SDC_CELLS_MAX 20000 /* of one measurement; more are too many to be checked */

/* What an owner may do with a result that fails a check. */
enum sdc_exceptions {
    SDC_EXCEPT_NEVER,   /* it cannot be released */
    SDC_EXCEPT_COMMENT, /* with a comment that says why */
    SDC_EXCEPT_FREE     /* the checks advise */
};

struct sdc_limits {
    int64_t persons_min;       /* behind a cell that is not empty */
    int64_t dominance_percent; /* most that the two largest may have of a sum */
    int64_t p_percent;         /* least that the others add to the largest's estimate */
    int64_t freedom_min;       /* residual degrees of freedom of a mean or a model */
    bool zeros;                /* empty cells beside full ones tell of a class */
    bool equal;                /* cells in which all have the same value */
    bool extremes;             /* the least and the greatest values */
    bool suppress;             /* withhold cells of tables, and what gives them away */
    int64_t rounding;          /* of counts, to multiples of it; 0: as they are */
    int64_t values_max, bits_max; /* of an output (outcheck.h); 0: any */
    enum sdc_exceptions exceptions;
};
/* In force where a policy says nothing. */
struct sdc_limits sdc_limits_default(void);
/* {"persons_min":10,…}, every member optional; names the member at fault. */
enum err sdc_limits_parse(
    struct diag *d, json_t *doc, struct sdc_limits *out) NODISCARD;

enum sdc_kind {
    SDC_OPAQUE, /* a program's word, or rows that stand in it repeatedly: no evidence */
    SDC_COUNTS, /* how many */
    SDC_SUMS,   /* sums of values */
    SDC_MEANS,  /* and means */
    SDC_RANKS,  /* quantiles */
    SDC_MODELS  /* fits and covariances: several fields, several parameters */
};

struct sdc_cell {
    int64_t persons, rows;
    int64_t largest, second, total; /* sizes of persons' sums, saturated */
    int64_t differing; /* persons whose value is not the one that most rows have */
    int64_t beyond;    /* rows beyond the outermost quantile */
    bool equal;        /* all rows have the same value */
};

/* A measurement's cells in the order of its keys, the last key running fastest. */
struct sdc_evidence {
    enum sdc_kind kind;
    const struct sdc_cell *cells;
    const char *withheld; /* a '1' for each cell that is not told; NULL: all are */
    size_t cells_n;
    size_t line;          /* cells that differ in the last key alone */
    int64_t rest_persons; /* who stands in no cell: missing values, other keys */
    int64_t parameters;   /* of a model */
};

enum sdc_check {
    SDC_EVIDENCE,
    SDC_PERSONS,
    SDC_REST,
    SDC_DOMINANCE,
    SDC_P_PERCENT,
    SDC_ZERO,
    SDC_FULL,
    SDC_FREEDOM,
    SDC_EQUAL,
    SDC_EXTREME,
    SDC_RARE,
    SDC_SATURATED,
    SDC_CHECKS_N
};
const char *sdc_check_name(enum sdc_check c); /* "minimum_persons" */

struct sdc_tally {
    bool tried[SDC_CHECKS_N];
    int64_t failed[SDC_CHECKS_N]; /* cells */
};
/* Fails a rule that looks at single cells. */
bool sdc_cell_is_unsafe(
    const struct sdc_limits *l, const struct sdc_evidence *e, size_t cell);
void sdc_cells_check(
    const struct sdc_limits *l, const struct sdc_evidence *e, struct sdc_tally *io);

/* Both ends of the way to the server. NULL: no memory; owned by the caller. */
json_t *sdc_evidence_json(const struct sdc_evidence *e);
/* Cells in room, SDC_CELLS_MAX of them; texts borrow the document. false: it is none. */
bool sdc_evidence_take(
    const json_t *doc, struct sdc_cell *room, struct sdc_evidence *out);
/* Checks the evidence of one measurement; a document that is none fails SDC_EVIDENCE. */
void sdc_json_check(
    const struct sdc_limits *l, const json_t *doc, struct sdc_tally *io);
/* [{"name","met","detail","threshold"}] of what was tried; owned by the caller. */
json_t *sdc_tally_json(const struct sdc_limits *l, const struct sdc_tally *t);
bool sdc_tally_met(const struct sdc_tally *t);

#endif
