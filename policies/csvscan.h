/* csvscan.h -- RFC 4180 text to fields, streaming, in constant memory.
 *
 * Line ends are CR, LF or CRLF; a UTF-8 BOM is passed over; the separator (comma,
 * semicolon or tab) is the one that the first line holds most of. A field that breaks the
 * rules is still handed out, with what is wrong about it, and reading goes on behind it. */
#ifndef POLICIES_CSVSCAN_H
#define POLICIES_CSVSCAN_H

#include "datasite/base/err.h"
#include "datasite/base/str.h"

#include <sys/types.h>

/* Where the text comes from: fills p with up to cap bytes; 0 at the end, -1 on failure. */
struct csv_source {
    void *self;
    ssize_t (*read)(void *self, char *p, size_t cap);
};

struct csv_field {
    struct str text; /* unescaped; valid until the next call */
    bool quoted;
    bool last;         /* of its record */
    int64_t line;      /* of its first byte, from 1 */
    int column;        /* of its first byte, in bytes from 1 */
    const char *wrong; /* NULL: nothing */
};

enum csv_step {
    CSV_FIELD,
    CSV_END,
    CSV_FAILED
};

struct csvscan;
/* Owned by the caller; NULL: no memory. */
struct csvscan *csvscan_new(struct csv_source source);
void csvscan_free(struct csvscan *s);
void csvscan_free_p(struct csvscan **s); /* for cleanup scopes */
enum csv_step csvscan_next(struct csvscan *s, struct csv_field *out);
/* A source over bytes that stay put while it is read. */
struct csv_source csv_source_of(struct str *bytes);

#endif
