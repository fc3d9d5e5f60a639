/* listen.h -- the socket that a server listens on. */
#ifndef DATASITE_HTTP_LISTEN_H
#define DATASITE_HTTP_LISTEN_H

#include "datasite/base/err.h"

/* host: an address or a name of this machine; port 0: any free one. *fd is the caller's. */
enum err listen_on(struct diag *d, const char *host, int port, int *fd) NODISCARD;
int listen_port(int fd);
/* Whether only this machine reaches it. */
bool listen_is_local(const char *host);

#endif
