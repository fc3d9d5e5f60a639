/* grant.h -- which researcher may see and use which dataset. */
#ifndef DATASITE_CORE_GRANT_H
#define DATASITE_CORE_GRANT_H

#include "datasite/core/ctx.h"

/* ERR_NOT_FOUND unless the user holds a grant. */
enum err grant_check(
    struct ctx *cx, const char *dataset_id, const char *user_id) NODISCARD;
/* Twice is as good as once. ERR_NOT_FOUND: no such user; ERR_CONFLICT: not a
 * researcher. */
enum err grant_put(
    struct ctx *cx, const char *dataset_id, const char *user_id) NODISCARD;
enum err grant_delete(
    struct ctx *cx, const char *dataset_id, const char *user_id) NODISCARD;

#endif
