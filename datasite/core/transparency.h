/* transparency.h -- what anybody may know of what was released, where the site's setting
 * says so: purpose, price and hash; no data, no names of people. */
#ifndef DATASITE_CORE_TRANSPARENCY_H
#define DATASITE_CORE_TRANSPARENCY_H

#include "datasite/core/ctx.h"

struct disclosure {
    const char *job_id;
    struct unixus released;
    const char *dataset_title, *purpose, *lane, *policy;
    const char *epsilon, *delta; /* as on the receipt */
    const char *source_sha256;
};
/* Newest submission first, those before job `before` (NULL: from the newest). None where
 * the setting is off. */
enum err transparency_list(struct ctx *cx, const char *before, int64_t limit,
    struct disclosure **out, size_t *n) NODISCARD;

#endif
