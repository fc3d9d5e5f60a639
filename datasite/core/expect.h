/* expect.h -- the rejections that a job has to expect, each with how to fix it.
 *
 * Made of what the checks found, so that a mechanical fault is named before a person
 * has to look. Texts that a script may have written are quoted, never trusted. */
#ifndef DATASITE_CORE_EXPECT_H
#define DATASITE_CORE_EXPECT_H

#include "datasite/core/check.h"

/* What an author says beside the source; NULL where there is no job yet. */
struct expect_words {
    const char *question;
    const json_t *outputs; /* [{"name","description"?}] as submitted */
    int64_t asked_nano;    /* max_budget's epsilon; 0: not said */
};

/* [{"rule","weight","text","fix","line"}]: weight is "block" where the first gate
 * refuses, "hold" where the second one may, "advice" where a reviewer will ask. Owned
 * by the caller; NULL: no memory. unneeded: columns that are read for nothing. */
json_t *expect_json(const struct check_report *r, const struct check_ask *ask,
    const struct expect_words *words, const json_t *unneeded);

/* The question is asked in words and every output described. */
bool expect_context_said(const struct expect_words *words);

#endif
