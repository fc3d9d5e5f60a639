/* drain.h -- lets a refused client finish talking.
 *
 * A connection that is closed with unread bytes is reset, and the reset can overtake the
 * answer. What a refused client still sends is read and thrown away, for a while. */
#ifndef DATASITE_HTTP_DRAIN_H
#define DATASITE_HTTP_DRAIN_H

#include "datasite/base/err.h"

struct drain;
enum err drain_start(struct diag *d, struct drain **out) NODISCARD;
/* Reads from its own duplicate of fd until the client closes, or a few seconds are over. */
void drain_add(struct drain *l, int fd);
void drain_stop(struct drain *l);

#endif
