/* mock_leak.h -- no mock stands beside private data that it gives away. */
#ifndef DATASITE_CORE_MOCK_LEAK_H
#define DATASITE_CORE_MOCK_LEAK_H

#include "datasite/core/dataset.h"
#include "sandbox/client/runner_client.h"

/* Holds csv against a version of the data, where the data are. ERR_MOCK_LEAK names the
 * columns in the text, all of them in the report. Without data there is nothing to
 * compare: ERR_OK and an empty report. Holds no connection while it waits. */
enum err mock_leak_check(struct ctx *cx, const struct dataset *ds, int64_t data_version,
    struct str csv, struct mock_report *out) NODISCARD;

#endif
