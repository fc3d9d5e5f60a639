/* units.h -- numbers that must not be mixed up are structs, not integers. */
#ifndef DATASITE_BASE_UNITS_H
#define DATASITE_BASE_UNITS_H

#include "datasite/base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define NANO INT64_C(1000000000)
#define ATTO INT64_C(1000000000000000000)

/* 10 to the n, n from 0 to 18. */
int64_t power_of_ten(int n);

struct unixus {
    int64_t us;
}; /* wall clock, UTC, microseconds since 1970 */
struct monous {
    int64_t us;
}; /* monotonic clock; durations only */
struct digest {
    uint8_t b[32];
};

/* A price or a limit in the ledger's integers. eps.nano == EPS_NONE says "not pure". */
#define EPS_NONE INT64_C(-1)
struct budget {
    int64_t rho_nano;   /* zCDP rho in 1e-9, rounded up */
    int64_t delta_atto; /* delta in 1e-18, rounded up */
    int64_t eps_nano;   /* pure epsilon in 1e-9, rounded up; EPS_NONE: not pure */
};

/* "0.5" -> 500000000, up to nine places; longer fractions round up. False on
 * signs, exponents, overflow, and anything else. */
bool nano_parse(struct str s, int64_t *out);
bool atto_parse(struct str s, int64_t *out);
/* Shortest exact decimal ("0.5", "0", "0.000000001"). */
char *nano_text(int64_t nano, char out[32]);
char *atto_text(int64_t atto, char out[32]);

/* As people say it, in the largest unit that is met exactly: "64 KiB", "1500 bytes";
 * "2 minutes", "90 seconds", "250 milliseconds". Neither is below 0. */
char *size_text(int64_t bytes, char out[32]);
char *span_text(int64_t ms, char out[32]);

#endif
