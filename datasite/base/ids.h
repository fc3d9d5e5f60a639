/* ids.h -- sortable prefixed identifiers: "job_" and 26 Crockford characters (48 bits of
 * milliseconds, 80 random bits). */
#ifndef DATASITE_BASE_IDS_H
#define DATASITE_BASE_IDS_H

#include "datasite/base/str.h"

#define ID_BYTES 40 /* longest identifier with its NUL */

/* prefix: "job", without the underscore, which both functions add. */
char *id_new(const char *prefix, char out[ID_BYTES]);
bool id_ok(struct str s, const char *prefix);

#endif
