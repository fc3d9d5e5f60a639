/* moments.h -- sums of products of fields: variance, covariance and linear fits.
 *
 * A measured field x within [l, u] becomes y = (2x - l - u) / 2^s, rounded: its distance
 * from the middle, at most Y. s is 0 while u - l fits MOMENT_GRID_BITS; the truth is told
 * on a finer grid. A coordinate is the sum over rows of y_i y_j, where y_0 = 1 stands
 * for the constant; squares enter as 2 y^2 - Y^2, which is between -Y^2 and Y^2. Each is
 * weighted by floor(MOMENT_BOUND / (Y_i Y_j)), so that no row moves any coordinate by
 * more than MOMENT_BOUND. Rows with a null among the fields do not contribute.
 *
 *   measure     coordinates (i, j)             L1, L2^2 and Linf with k rows of a unit
 *   variance    (0,0) (0,1) (1,1)              k 3 M, k^2 3 M^2, k M
 *   covariance  of two: (0,0) (0,1) (0,2)      k w M, k^2 w M^2, k M for w coordinates
 *               (1,2); of more: all
 *   fit         all but (target, target)
 *
 * All coordinates get noise in one release; what is told is computed from them.
 * Sources: Wilson et al. 2020 (variance from three bounded sums); Wang 2018, AdaSSP
 * (sufficient statistics, ridge chosen by noise and least eigenvalue). */
#ifndef SANDBOX_ENGINE_MOMENTS_H
#define SANDBOX_ENGINE_MOMENTS_H

#include "sandbox/engine/plan.h"

#define MOMENT_BOUND           (INT64_C(1) << 40)
#define MOMENT_GRID_BITS       16 /* of noisy answers */
#define MOMENT_GRID_BITS_EXACT 30
#define MOMENTS_MAX            ((MOMENT_FIELDS_MAX + 1) * (MOMENT_FIELDS_MAX + 2) / 2)

struct moment {
    size_t i, j; /* i <= j; 0: the constant */
};

/* How a field is laid on the grid: y = round((2x - middle) / 2^shift), |y| <= most. */
struct moment_grid {
    int64_t middle, half, most;
    int shift;
};
struct moment_grid moment_grid_of(int64_t middle, int64_t range, int bits);
struct moment_grid moment_grid(const struct plan *p, size_t i);
/* Half away from zero, so that a mirrored column gives mirrored sums. */
void moment_fill(
    const struct moment_grid *g, const int64_t *values, int64_t *restrict y, size_t n);
/* The mean over rows of y_i y_j / (Y_i Y_j), kept within [-1, 1]. */
long double moment_mean(
    const struct plan *p, const __int128 *vector, size_t i, size_t j);

bool moments_are(const struct plan *p);
size_t moments_width(const struct plan *p);
/* out holds moments_width * keys_n. Fails only for want of memory. */
enum err moments_vector(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, __int128 *out) NODISCARD;
/* m and r are NULL for the truth. Memory from a. */
enum err moments_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r,
    struct buf *json) NODISCARD;

int moments_decimals(const struct plan *p);
/* Half-width of what is told, in its own decimals, from that of a coordinate; -1: none.
 * It holds wherever the rows lie within their bounds. */
int64_t moments_error(const struct plan *p, int64_t coordinate, int64_t rows);
/* The reverse, rounded down. */
int64_t moments_coordinate_error(const struct plan *p, int64_t error, int64_t rows);

#endif
