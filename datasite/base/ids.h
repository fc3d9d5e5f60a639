/* ids.h -- sortable prefixed identifiers: "job_" and 26 Crockford characters (48 bits of
 * milliseconds, 80 random bits). */
#ifndef DATASITE_BASE_IDS_H
#define DATASITE_BASE_IDS_H

#define ID_BYTES 40 /* longest identifier with its NUL */

/* prefix: "job", without the underscore, which comes by itself. */
char *id_new(const char *prefix, char out[ID_BYTES]);

#endif
