/* mechanism.h -- exact integers in, noisy integers out; no clock, no I/O, no globals.
 *
 * A caller states the sensitivity of a vector of integers under adding or removing
 * one privacy unit and how it wants to pay; the mechanism names its noise, its price
 * in the ledger's integers and its error, all before any data are read.
 *
 *   noise              by          price                     source
 *   discrete Laplace   L1          epsilon = L1 / scale;     Ghosh, Roughgarden,
 *                      Linf (rho)  rho: the divergence at    Sundararajan 2009; Harrison
 *                                  order 1 of the worst      & Manurangsi 2026 (rho)
 *                                  vector within L1, Linf
 *   discrete Gaussian  L2          rho = L2^2 / (2 sigma^2)  Canonne, Kamath, Steinke
 *                                                            2020, Thm 4 */
#ifndef POLICIES_MECHANISM_H
#define POLICIES_MECHANISM_H

#include "policies/accountant.h"
#include "policies/rng.h"

#include <stddef.h>

enum price_kind {
    PRICE_EPSILON,
    PRICE_RHO,
    PRICE_ERROR
};
struct price {
    enum price_kind kind;
    int64_t nano;       /* epsilon or rho in 1e-9, rounded up as given */
    int64_t error;      /* PRICE_ERROR: 95 % half-width in grid units, > 0 */
    int64_t delta_atto; /* thresholds only, else 0 */
};

struct sensitivity {
    unsigned __int128 l1; /* sum over coordinates of |change| */
    unsigned __int128
        l2sq;      /* sum over coordinates of change^2, saturating is an error */
    uint64_t linf; /* greatest change of one coordinate */
};

enum mech {
    MECH_DISCRETE_LAPLACE,  /* "discrete_laplace"  epsilon prices; pure */
    MECH_DISCRETE_GAUSSIAN, /* "discrete_gaussian" rho prices */
    MECH_PERMUTE_AND_FLIP,  /* "permute_and_flip"  selection, epsilon prices */
    MECH_EXPONENTIAL,       /* "exponential"       selection, rho prices */
    MECH_LAPLACE_THRESHOLD, /* "laplace_threshold" unknown keys */
    MECH_GAUSSIAN_THRESHOLD,
    MECH_PARTITION_SELECTION,
    MECH_SPARSE_VECTOR
};
const char *mech_name(enum mech m);

struct mechanism {
    enum mech kind;
    uint64_t scale_num,
        scale_den;       /* Laplace: scale = num/den; Gaussian: sigma = num/2^den */
    int64_t threshold;   /* thresholded kinds: keep iff noisy > threshold */
    struct budget price; /* exact, rounded up */
    int64_t error95;     /* half-width in grid units of one coordinate, rounded up */
};

/* Additive noise for a vector of given sensitivity. PRICE_ERROR picks discrete
 * Laplace in pure accounting, the cheaper of the two otherwise. ERR_INVALID: price
 * not positive, below the smallest unit, or a scale out of range; ERR_POLICY: rho in
 * pure accounting. */
enum err mechanism_plan(struct diag *d, enum accounting acc, const struct price *p,
    const struct sensitivity *s, struct mechanism *out) NODISCARD;
/* Is the price an amount that this accounting takes? What every plan checks first. */
enum err price_check(
    struct diag *d, enum accounting acc, const struct price *p) NODISCARD;
/* Mechanisms for one kind of question, by what they are paid in: each plans what `of`
 * describes at an amount in 1e-9. */
typedef enum err plan_fn(
    struct diag *d, int64_t nano, const void *of, struct mechanism *out);
struct family {
    plan_fn *epsilon;
    plan_fn *rho; /* NULL: paid in epsilon alone */
};
/* The one of them that the price asks for; PRICE_ERROR takes the least price whose
 * error95 is within the asked one, of the cheaper one where both may be paid. */
enum err family_plan(struct diag *d, enum accounting acc, const struct price *p,
    const struct family *f, const void *of, struct mechanism *out) NODISCARD;
/* The scale of the noise in grid units: Laplace's t or Gaussian's sigma. */
long double mechanism_scale(const struct mechanism *m);

/* Adds independent noise to every coordinate; saturates to int64. Precondition: the
 * price has been charged and is durable. */
void mechanism_run(const struct mechanism *m, struct rng *r, const __int128 *truth,
    size_t n, int64_t *noisy);
/* One draw of additive noise, and truth + noise kept within int64. */
__int128 mechanism_draw(const struct mechanism *m, struct rng *r);
int64_t mechanism_saturate(__int128 truth, __int128 noise);

#endif
