/* pattern.h -- a source with holes, and which sources fill them within bounds.
 *
 * A hole is written ${name}. What stands in it is a decimal number between two bounds or
 * one of some listed words: never code. All other bytes are as they were signed. */
#ifndef POLICIES_PATTERN_H
#define POLICIES_PATTERN_H

#include "datasite/base/arena.h"
#include "datasite/base/json.h"
#include "datasite/base/units.h"

#define PATTERN_PARAMS_MAX 20
#define PATTERN_WORDS_MAX  100

struct pattern_param {
    const char *name;
    int64_t lower, upper; /* in 1e-9, where there are no words */
    const char **words;
    size_t words_n;
};
struct pattern {
    struct str source;
    struct pattern_param *params;
    size_t params_n;
};

/* params: {"name":{"lower":"0","upper":"120"}} or {"name":{"values":["A","B"]}}.
 * ERR_INVALID names what is wrong; every parameter has a hole and every hole a
 * parameter, and no two holes touch. source is borrowed. */
enum err pattern_parse(struct diag *d, struct arena *a, struct str source,
    json_t *params, struct pattern *out) NODISCARD;
/* Is source the pattern with values within bounds, the same wherever a name recurs? */
bool pattern_match(const struct pattern *p, struct str source);

#endif
