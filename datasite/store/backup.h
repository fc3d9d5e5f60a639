/* backup.h -- online copies of a database, and whether a file is whole. */
#ifndef DATASITE_STORE_BACKUP_H
#define DATASITE_STORE_BACKUP_H

#include "datasite/base/err.h"

/* Copies one consistent state of `from`, which may be in use, into the new file `to`
 * (mode 0600; ERR_CONFLICT when it exists) and verifies it. */
enum err backup_copy(struct diag *d, const char *from, const char *to) NODISCARD;
/* ERR_CONFLICT names the first fault of the file or of its foreign keys. */
enum err backup_verify(struct diag *d, const char *path) NODISCARD;

#endif
