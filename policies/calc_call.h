/* calc_call.h -- one call of the calculator: its arguments, as formulas read them.
 *
 * Readers never fail: the first argument that is missing or out of range is remembered
 * in the call, and a harmless number is given instead. */
#ifndef POLICIES_CALC_CALL_H
#define POLICIES_CALC_CALL_H

#include "datasite/base/str.h"

#define CALC_ARGS_MAX 12
#define CALC_LIST_MAX 1024

struct calc_value {
    char key[24];
    bool used;
    size_t n; /* numbers in list; 1 for a plain number */
    long double list[CALC_LIST_MAX];
};

struct calc_call {
    struct calc_value value[CALC_ARGS_MAX];
    size_t n;
    long double also[3]; /* further numbers of the answer */
    size_t also_n;
    const char *bad; /* key at fault, or NULL */
    const char *why; /* "is missing", "must be greater than 0" */
};

/* Reads "key=value" into v; false: it is not of the forms named in calc.h. */
bool calc_value_parse(const char *arg, struct calc_value *v);

const struct calc_value *calc_find(struct calc_call *c, const char *key);
long double calc_any(struct calc_call *c, const char *key);
long double calc_positive(struct calc_call *c, const char *key);
long double calc_not_negative(struct calc_call *c, const char *key);
long double calc_probability(struct calc_call *c, const char *key); /* 0 < p < 1 */
/* A whole number from least to most. */
long double calc_whole(
    struct calc_call *c, const char *key, long double least, long double most);
/* The same, or `otherwise` where the argument is not given. */
long double calc_whole_or(struct calc_call *c, const char *key, long double otherwise);
long double calc_positive_or(
    struct calc_call *c, const char *key, long double otherwise);
/* Blames an argument, unless one is blamed already; gives 0. */
long double calc_refuse(struct calc_call *c, const char *key, const char *why);

#endif
