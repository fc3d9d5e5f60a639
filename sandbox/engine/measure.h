/* measure.h -- the exact vector of a question, and how a vector is told.
 *
 * The vector holds integers: `measure_width` coordinates for each key of the grouping, in
 * key order. Noise goes between measure_vector and measure_text, and nowhere else; the
 * exact answer is told by the same measure_text. */
#ifndef SANDBOX_ENGINE_MEASURE_H
#define SANDBOX_ENGINE_MEASURE_H

#include "sandbox/engine/plan.h"

size_t measure_width(const struct plan *p);
/* Numbers that are told for each key: fewer than the width where they are chosen by the
 * coordinates, or computed from them. */
size_t measure_told(const struct plan *p);
/* out holds measure_width * keys_n. Fails only for want of memory. */
enum err measure_vector(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, __int128 *out) NODISCARD;

/* The half-width in the question's units, rounded up, of the noise's half-width in one
 * coordinate; rows is what a mean divides by. "" when it cannot be told. */
char *measure_error(
    const struct plan *p, int64_t coordinate, int64_t rows, char out[32]);
/* The reverse, rounded down, for prices by error; 0: too small to ask for. */
enum err measure_coordinate_error(struct diag *d, const struct plan *p,
    struct str error, int64_t rows, int64_t *out) NODISCARD;

/* The answer's document; coordinate_error is 0 for the truth. */
void measure_text(const struct plan *p, const int64_t *vector, int64_t coordinate_error,
    struct buf *out);
/* Parts of it: `"keys":[…],`, the key of a number that has a name of its own beside its
 * group's (["A","lower"]), a JSON string, and the decimals of a value. */
void measure_text_keys(const struct plan *p, struct buf *out);
void measure_text_named(
    const struct plan *p, size_t key, const char *name, struct buf *out);
void measure_text_string(struct buf *out, const char *text, size_t n);
int measure_decimals(const struct plan *p);
/* Bytes that the answer can have at most. */
size_t measure_text_bytes(const struct plan *p);

#endif
