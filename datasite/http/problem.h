/* problem.h -- RFC 9457 documents: the only translator from a diagnostic to an answer. */
#ifndef DATASITE_HTTP_PROBLEM_H
#define DATASITE_HTTP_PROBLEM_H

#include "datasite/base/err.h"
#include "datasite/base/json.h"

/* What a caller may read of d; owned by the caller, NULL: no memory. members (may be NULL,
 * borrowed) adds to the document. Failures of the server show no text of their own. */
json_t *problem_json(const struct diag *d, const char *instance, json_t *members);

#endif
