/* upload.h -- a body on its way from the connection to the handler, never more than a
 * window of it in memory. One thread puts, one reads. */
#ifndef DATASITE_HTTP_UPLOAD_H
#define DATASITE_HTTP_UPLOAD_H

#include "datasite/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UPLOAD_WINDOW_BYTES (256 << 10)

struct upload;

/* drained(arg): there is room again, after upload_pause. Owned by the caller. */
struct upload *upload_new(int64_t bytes_max, void (*drained)(void *arg), void *arg);
void upload_free(struct upload *u);

/* Takes as many bytes as fit; 0: it is full, pause. After upload_discard everything fits. */
size_t upload_put(struct upload *u, const void *p, size_t n);
/* Asks for drained(); it may be called before this returns. */
void upload_pause(struct upload *u);
void upload_end(struct upload *u);       /* the body is whole */
void upload_abort(struct upload *u);     /* the client went away */
int64_t upload_bytes(struct upload *u);  /* put so far, to see progress */
bool upload_is_paused(struct upload *u); /* the reader is the slow one */

/* Blocks for at least one byte; *got == 0 at the end. ERR_IO: aborted. ERR_TOO_LARGE: it is
 * longer than bytes_max. */
enum err upload_read(
    struct upload *u, struct diag *d, void *p, size_t n, size_t *got) NODISCARD;
/* The reader wants no more: the rest is swallowed. */
void upload_discard(struct upload *u);

#endif
