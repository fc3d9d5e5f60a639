/* suggest.h -- a schema document proposed for a CSV text. */
#ifndef POLICIES_SUGGEST_H
#define POLICIES_SUGGEST_H

#include "policies/schema.h"

/* Proposes a schema document for CSV text; *out owned by the caller. Its bounds come from
 * the values, rounded outward: a starting point that the owner has to think over, since
 * what is declared is public. */
enum err schema_suggest(struct diag *d, struct str csv, json_t **out) NODISCARD;

#endif
