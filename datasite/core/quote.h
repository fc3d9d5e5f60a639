/* quote.h -- what a script would read, cost and be checked for, before a person looks:
 * the same card for author and owner. */
#ifndef DATASITE_CORE_QUOTE_H
#define DATASITE_CORE_QUOTE_H

#include "datasite/core/check.h"
#include "datasite/core/expect.h"

/* {"columns":["age"], "reads":[{"column","needed","uses":["where"]}], "outputs",
 *  "measurements":[{…,"lane","checks":["minimum_persons"]}], "total", "release",
 *  "approvals", "checks":[{"name","lane","threshold"}], "expect"}.
 * words: what the author says beside the source, NULL where there is no job yet; its
 * outputs stand for those that the mock run returned. Owned by the caller; NULL: no
 * memory. */
json_t *quote_json(const struct check_report *r, const struct check_ask *ask,
    const struct expect_words *words);

#endif
