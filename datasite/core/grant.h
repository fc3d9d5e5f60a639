/* grant.h -- which researcher may see and use which dataset. */
#ifndef DATASITE_CORE_GRANT_H
#define DATASITE_CORE_GRANT_H

#include "datasite/core/ctx.h"

struct grant {
    const char *user_id, *name, *email;
    struct unixus granted;
};

/* ERR_NOT_FOUND unless the user holds a grant. */
enum err grant_check(
    struct ctx *cx, const char *dataset_id, const char *user_id) NODISCARD;
/* Twice is as good as once. ERR_NOT_FOUND: no such user; ERR_CONFLICT: not a
 * researcher. */
enum err grant_put(
    struct ctx *cx, const char *dataset_id, const char *user_id) NODISCARD;
enum err grant_delete(
    struct ctx *cx, const char *dataset_id, const char *user_id) NODISCARD;
/* Up to limit of them by user id, those after `after` ("": from the first). */
enum err grant_list(struct ctx *cx, const char *dataset_id, const char *after,
    int64_t limit, struct grant **out, size_t *n) NODISCARD;

#endif
