/* writer.h -- borrows the one writing connection for a part of a request that otherwise
 * reads, so that slow work (a password hash, an upload) holds nobody up.
 *
 *     WRITER_SCOPE(writer, cx);    cx->db writes from here to the end of the block
 *
 * When cx->db already is the writer nothing happens. */
#ifndef DATASITE_CORE_WRITER_H
#define DATASITE_CORE_WRITER_H

#include "datasite/core/ctx.h"

struct writer {
    struct ctx *cx;
    struct db *reader; /* what cx->db was; NULL: it was the writer */
};
struct writer writer_take(struct ctx *cx);
void writer_give(struct writer *w);

#define WRITER_SCOPE(name, cx) \
    struct writer name __attribute__((cleanup(writer_give), unused)) = writer_take(cx)

#endif
