/* calc.h -- the privacy calculator: every formula that the engine uses, by name.
 *
 * Arguments are "key=value"; a value is a number, a closed form ("ln 2", "1/3",
 * "2^-40", "1-0.9^2"), a range of integers ("0..99") or a list ("[0, 1, 5]"). Text
 * behind a number that starts with "=" or "(" is a remark. */
#ifndef POLICIES_CALC_H
#define POLICIES_CALC_H

#include "datasite/base/err.h"

#include <stddef.h>

/* Computes fn into out as decimal text with 15 significant digits (whole numbers in
 * full). ERR_NOT_FOUND: no such function; ERR_INVALID: an argument is missing, unknown,
 * unreadable or out of range, and which. */
enum err calc_run(struct diag *d, const char *fn, size_t n, const char *const *args,
    char out[64]) NODISCARD;
/* Names and arguments, for help: false past the last. */
bool calc_function(size_t i, const char **name, const char **args);

#endif
