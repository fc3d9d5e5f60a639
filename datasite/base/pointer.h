/* pointer.h -- JSON Pointers (RFC 6901) into documents. */
#ifndef DATASITE_BASE_POINTER_H
#define DATASITE_BASE_POINTER_H

#include "datasite/base/str.h"

#include <jansson.h>

/* Adds "/" and a member's name, or its number in a list. */
void pointer_add(struct buf *b, const char *name);
void pointer_add_index(struct buf *b, size_t i);
/* Is `inner` the same place as `outer`, or one within it? */
bool pointer_holds(const char *outer, const char *inner);
/* What stands there, borrowed; NULL: nothing. */
json_t *pointer_get(json_t *doc, const char *pointer);
/* Puts a value, which is consumed, in the place of one that is there. false: there is
 * none, or no memory. */
bool pointer_set(json_t **doc, const char *pointer, json_t *value);

#endif
