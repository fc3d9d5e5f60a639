/* manifest.h -- what a backup consists of, file by file, so that damage is seen. */
#ifndef DATASITE_MANIFEST_H
#define DATASITE_MANIFEST_H

#include "datasite/base/err.h"
#include "datasite/base/json.h"

#define MANIFEST_NAME "backup.json"

/* Adds {name: SHA-256} of the file dir/name. */
enum err manifest_add(
    struct diag *d, json_t *files, const char *dir, const char *name) NODISCARD;
/* Writes {"files": files} into dir. */
enum err manifest_write(struct diag *d, json_t *files, const char *dir) NODISCARD;
/* Is each file there as it was written? ERR_CONFLICT names the first that is not;
 * ERR_NOT_FOUND: dir is no backup. It finds damage, not an intruder, who could write
 * this list anew. */
enum err manifest_check(struct diag *d, const char *dir) NODISCARD;

#endif
