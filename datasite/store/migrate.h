/* migrate.h -- applies numbered SQL files in order, once, and refuses altered ones. */
#ifndef DATASITE_STORE_MIGRATE_H
#define DATASITE_STORE_MIGRATE_H

#include "datasite/base/err.h"
#include "datasite/base/str.h"

struct migration {
    const char *name;
    struct str sql;
};
/* Applies those above PRAGMA user_version, one transaction each, and records name and
 * digest. ERR_DB when a recorded digest differs or the file is newer than the program. */
enum err migrate_run(struct diag *d, const char *path, const struct migration *list,
    size_t n, int *from, int *to) NODISCARD;

#endif
