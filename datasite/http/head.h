/* head.h -- what a request says before its body, and whether it says only one thing.
 *
 * Two programs that read one request differently are how requests are smuggled. What
 * could be read in two ways is refused here, before anything else looks at it. */
#ifndef DATASITE_HTTP_HEAD_H
#define DATASITE_HTTP_HEAD_H

#include "datasite/base/str.h"

#define HEAD_FIELDS_MAX       64
#define HEAD_TARGET_BYTES_MAX 8192
#define HEAD_VALUE_BYTES_MAX  8192

struct field {
    struct str name, value;
};

struct head {
    struct str method, target, version; /* as sent: "GET", "/a?b=c", "HTTP/1.1" */
    struct field field[HEAD_FIELDS_MAX];
    size_t fields_n;
    bool is_overfull; /* there were more fields */
    bool is_torn;     /* lines do not follow each other: folded, NUL, bare CR or LF */
};

/* What is wrong with it, in a sentence; NULL: it is sound. */
const char *head_flaw(const struct head *h);
/* The value of a field by its name in any case; {NULL, 0}: absent. */
struct str head_value(const struct head *h, const char *name);
/* Bytes of body to come: 0 none, -1 not told (chunked). Precondition: no flaw. */
int64_t head_body_bytes(const struct head *h);
/* "host" of the Host field, without port and brackets; lower case not applied. */
struct str head_host(const struct head *h);

#endif
