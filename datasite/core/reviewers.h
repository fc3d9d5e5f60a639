/* reviewers.h -- who votes at the first gate of a dataset beside its owner. */
#ifndef DATASITE_CORE_REVIEWERS_H
#define DATASITE_CORE_REVIEWERS_H

#include "datasite/core/dataset.h"

#define REVIEWERS_MAX 50

/* Replaces the list: user ids, each of somebody with the role owner. ds is read anew.
 * ERR_UNPROCESSABLE names the first who cannot be one. Commits, or joins the open
 * transaction. */
enum err reviewers_set(
    struct ctx *cx, struct dataset *ds, const char *const *ids, size_t n) NODISCARD;

#endif
