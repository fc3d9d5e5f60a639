/* target.h -- the address of a request, decoded once and strictly. */
#ifndef DATASITE_HTTP_TARGET_H
#define DATASITE_HTTP_TARGET_H

#include "datasite/base/arena.h"
#include "datasite/base/err.h"
#include "datasite/base/str.h"

#define QUERY_PAIRS_MAX 32

struct query_pair {
    const char *name, *value;
    bool was_read;
};

struct target {
    const char *path; /* decoded; begins with '/' */
    struct query_pair *query;
    size_t query_n;
};

/* ERR_INVALID: not an absolute path; a bad escape; %00, %2f, %5c or a control character; a
 * segment "." or ".."; not UTF-8; a query name twice. Memory from a. */
enum err target_parse(
    struct diag *d, struct arena *a, struct str raw, struct target *out) NODISCARD;

#endif
