/* labels.h -- texts to small codes: the dictionary of a text or id column. */
#ifndef SANDBOX_TABLE_LABELS_H
#define SANDBOX_TABLE_LABELS_H

#include "datasite/base/str.h"

struct labels;
struct labels *labels_new(void); /* owned by the caller; NULL: no memory */
void labels_free(struct labels *l);
/* The code of a text, a new one when it was not there. False: no memory, or too many. */
bool labels_code(struct labels *l, struct str text, uint32_t *code);
/* The code of a text that is there, or -1. */
int64_t labels_find(const struct labels *l, struct str text);
size_t labels_n(const struct labels *l);
struct str labels_text(
    const struct labels *l, size_t code); /* borrowed; a NUL follows */

#endif
