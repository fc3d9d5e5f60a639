/* json.h -- the only door to Jansson: limits in, field names out. */
#ifndef DATASITE_BASE_JSON_H
#define DATASITE_BASE_JSON_H

#include "datasite/base/err.h"
#include "datasite/base/str.h"

#include <jansson.h>

/* Parses a document. Refuses duplicate keys, NUL, depth over 16 and trailing data;
 * numbers are int64 or double. *out is owned by the caller (json_auto_t). */
enum err json_parse(struct diag *d, struct str text, json_t **out) NODISCARD;
/* Takes a value apart as json_unpack does: s s% i I f F b n o O, {key: …}, [ … ], `?` for
 * what may be missing, `!` at the end of an object or array to refuse the rest. Integers
 * that do not fit `i` are refused. d->field is the JSON Pointer of the member at fault. */
enum err json_take(struct diag *d, json_t *obj, const char *fmt, ...) NODISCARD;
/* Sorted keys, no spaces, integers and strings only (a real is an error): what gets
 * hashed and signed. */
enum err json_canonical(struct diag *d, const json_t *v, struct buf *out) NODISCARD;
/* Compact text for an answer; reals with 15 digits. */
enum err json_text(struct diag *d, const json_t *v, struct buf *out) NODISCARD;

#endif
