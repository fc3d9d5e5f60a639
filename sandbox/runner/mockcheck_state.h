/* mockcheck_state.h -- data and mock side by side, for the files that compare them. */
#ifndef SANDBOX_RUNNER_MOCKCHECK_STATE_H
#define SANDBOX_RUNNER_MOCKCHECK_STATE_H

#include "sandbox/runner/mockcheck.h"

#define NO_MEMORY(d) \
    FAIL((d), ERR_TOO_LARGE, "comparing the mock needs too much memory")

/* One column of one table as plain numbers. Texts are numbers when every one of them is
 * a fixed text and a run of digits at its end ("P-00172"); others are codes, which mean
 * something within one table only. */
struct face {
    const struct column *c;
    size_t rows;
    int64_t *values; /* of each row; 0 where there is none */
    uint8_t *valid;
    struct sdc_sorted sorted; /* of the valid ones */
};

/* A column in both tables. */
struct pair {
    struct face data, mock;
    bool numeric;  /* a number means the same in both */
    bool compared; /* with whole rows: a rule does not hand its values out */
};

/* One comparison. */
struct mockcheck {
    struct arena *arena;
    const struct table *data, *mock;
    unsigned rules;
    struct pair *pairs;
    struct mock_report *out;
};

/* Fills m->pairs[c]. */
enum err mockcheck_pair(struct diag *d, struct mockcheck *m, size_t c) NODISCARD;
struct str face_label(const struct face *f, size_t row);
size_t face_count(const struct face *f, int64_t v); /* of rows that hold v */

void mockcheck_found(struct mockcheck *m, size_t c, enum sdc_mock_rule rule);

/* Rows of the data among the mock's: whole, or but for a group of columns. */
enum err mockcheck_rows(struct diag *d, struct mockcheck *m) NODISCARD;
/* The very table: each row of the mock is the data's at the same place. */
void mockcheck_copy(struct mockcheck *m);

#endif
