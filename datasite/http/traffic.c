/* traffic.c -- one counter for each route and class of status. */
#include "datasite/http/traffic.h"

#include <stdatomic.h>
#include <stdlib.h>

#define CLASSES_N 4 /* 2xx 3xx 4xx 5xx */

struct traffic {
    size_t rows_n;
    atomic_uint_least64_t count[][CLASSES_N]; /* by route; the last row: no route */
};

struct traffic *
traffic_new(void)
{
    struct traffic *t = calloc(
        1, sizeof *t + (routes_n + 1) * sizeof(atomic_uint_least64_t[CLASSES_N]));

    if (t != NULL)
        t->rows_n = routes_n + 1;
    return t;
}

void
traffic_free(struct traffic *t)
{
    free(t);
}

void
traffic_count(struct traffic *t, const struct route *route, int status)
{
    size_t row = route == NULL ? routes_n : (size_t)(route - routes);
    int class = status / 100 - 2;

    if (class >= 0 && class < CLASSES_N)
        atomic_fetch_add_explicit(&t->count[row][class], 1, memory_order_relaxed);
}

void
traffic_text(const struct traffic *t, struct buf *out)
{
    buf_addz(out,
        "# HELP datasite_http_requests_total Requests answered.\n"
        "# TYPE datasite_http_requests_total counter\n");
    for (size_t row = 0; row < t->rows_n; row++) {
        for (int class = 0; class < CLASSES_N; class ++) {
            uint64_t n =
                atomic_load_explicit(&t->count[row][class], memory_order_relaxed);

            if (n == 0)
                continue;
            buf_addf(out,
                "datasite_http_requests_total{route=\"%s\",status=\"%dxx\"} %llu\n",
                row == routes_n ? "other" : routes[row].name, class + 2,
                (unsigned long long)n);
        }
    }
}
