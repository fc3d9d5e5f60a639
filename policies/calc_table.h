/* calc_table.h -- the calculator's functions, by family. */
#ifndef POLICIES_CALC_TABLE_H
#define POLICIES_CALC_TABLE_H

#include "policies/calc_call.h"

struct calc_fn {
    const char *name;
    const char *args; /* for help: optional ones in brackets */
    long double (*run)(struct calc_call *c);
};

/* Each ends with a row without a name. */
extern const struct calc_fn calc_accounting[]; /* conversions, Renyi, composition */
extern const struct calc_fn calc_loss[];       /* composition by privacy loss */
extern const struct calc_fn calc_noise[];      /* laws, tails, accuracy */
extern const struct calc_fn
    calc_selection[]; /* keys, thresholds, candidates, stability */

#endif
