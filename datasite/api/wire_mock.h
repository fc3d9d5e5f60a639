/* wire_mock.h -- what the comparison of a mock with the data says, as JSON. */
#ifndef DATASITE_API_WIRE_MOCK_H
#define DATASITE_API_WIRE_MOCK_H

#include "datasite/core/mock_leak.h"

/* Members of a mock-leak problem: columns, and errors with the rule of each. Owned by
 * the caller, as is the next. NULL: no memory. */
json_t *mock_leak_to_json(const struct schema *s, const struct mock_report *r);
/* The parity certificate; JSON null when there was nothing to compare. */
json_t *mock_parity_to_json(const struct schema *s, const struct mock_report *r);

#endif
