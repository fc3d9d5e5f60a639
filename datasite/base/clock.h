/* clock.h -- wall and monotonic time behind a seam that tests can set. */
#ifndef DATASITE_BASE_CLOCK_H
#define DATASITE_BASE_CLOCK_H

#include "datasite/base/units.h"

struct unixus clock_wall(void);
struct monous clock_mono(void);
/* Moves both clocks by so much, for tests of what expires. */
void clock_shift(int64_t us);
int64_t clock_day(struct unixus t); /* days since 1970-01-01, UTC */
/* RFC 3339 UTC with milliseconds: "2026-11-22T18:00:00.000Z". */
char *clock_text(struct unixus t, char out[32]);
/* The same with no to nine places of seconds; what is under a microsecond is cut. */
bool clock_parse(struct str s, struct unixus *out);

#endif
