/* gate.h -- what every request must pass before it is known: host names and rate. */
#ifndef DATASITE_HTTP_GATE_H
#define DATASITE_HTTP_GATE_H

#include "datasite/base/err.h"
#include "datasite/base/str.h"
#include "datasite/base/units.h"

struct gate_config {
    const char *const *hosts; /* further names of this site; borrowed */
    size_t hosts_n;
    bool is_public;     /* listens beyond loopback: without hosts, any name will do */
    int requests_per_s; /* of one address; 0: unlimited */
};
struct gate;

struct gate *gate_new(
    const struct gate_config *c); /* owned by the caller; NULL: no memory */
void gate_free(struct gate *g);
/* Whether a Host names this site: an address, localhost, or a name of the configuration. */
bool gate_knows_host(const struct gate *g, struct str host);
/* Takes one request of this address: 0, or the seconds to wait. HTTP thread only. */
int gate_wait_s(struct gate *g, const char *address, struct monous now);

#endif
