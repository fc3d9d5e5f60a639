/* peers.h -- the connections there are, and how long each may take to say what it wants.
 *
 * The HTTP library only counts idle seconds: one byte each would hold a connection for
 * ever. A head or a body has a total deadline; an upload may take its time while it moves. */
#ifndef DATASITE_HTTP_PEERS_H
#define DATASITE_HTTP_PEERS_H

#include "datasite/http/upload.h"

struct peers; /* thread-safe */
struct peer;

struct peers *peers_new(void); /* owned by the caller; NULL: no memory */
void peers_free(struct peers *s);
/* fd is borrowed until peer_close. A head is awaited. */
struct peer *peer_open(struct peers *s, int fd);
void peer_close(struct peers *s, struct peer *p);
int peer_fd(const struct peer *p);

void peer_head(struct peers *s, struct peer *p); /* the next head is awaited */
void peer_body(
    struct peers *s, struct peer *p, struct upload *u); /* a body; u may be NULL */
void peer_rest(struct peers *s, struct peer *p);        /* it is our turn */

void peers_cut_late(struct peers *s); /* shuts the sockets of those past their time */
void peers_abort_uploads(struct peers *s); /* their handlers end with ERR_IO */

#endif
