/* traffic.h -- how many requests were answered how, by route; for /metrics. */
#ifndef DATASITE_HTTP_TRAFFIC_H
#define DATASITE_HTTP_TRAFFIC_H

#include "datasite/http/router.h"

struct traffic;                    /* thread-safe */
struct traffic *traffic_new(void); /* owned by the caller; NULL: no memory */
void traffic_free(struct traffic *t);
void traffic_count(
    struct traffic *t, const struct route *route, int status); /* NULL: no route */
/* Lines of Prometheus text: datasite_http_requests_total{route="…",status="2xx"} 7 */
void traffic_text(const struct traffic *t, struct buf *out);

#endif
