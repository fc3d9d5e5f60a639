/* server.h -- HTTP: the one module that knows libmicrohttpd. */
#ifndef DATASITE_HTTP_SERVER_H
#define DATASITE_HTTP_SERVER_H

#include "datasite/core/site.h"

struct server;
struct server_config {
    const char *host;         /* "127.0.0.1", "::1", "0.0.0.0", "localhost" */
    int port;                 /* 0: any free one */
    int threads;              /* that run handlers */
    int requests_per_s;       /* of one address; 0: unlimited */
    const char *const *hosts; /* further names of the site; borrowed for the call */
    size_t hosts_n;
};

/* Listens when it returns. site is borrowed until server_stop. */
enum err server_start(struct diag *d, const struct server_config *c, struct site *site,
    struct server **out) NODISCARD;
int server_port(const struct server *s);
/* Takes no more requests, lets those at work end, frees everything. */
void server_stop(struct server *s);

#endif
