/* calc_noise.c -- the calculator's laws of noise: masses, tails, accuracy. */
#include "policies/calc_table.h"
#include "policies/tail.h"

#include <math.h>

#define SIGMA2_MAX 0x1p40L /* series over more terms than this are not summed */

/* --- the standard normal ---------------------------------------------------------- */

static long double
normal_above(long double x)
{
    return erfcl(x * M_SQRT1_2f64x) / 2;
}

/* x with P[N > x] = p, by halving. */
static long double
normal_quantile_above(long double p)
{
    long double lo = -150, hi = 150;

    for (int i = 0; i < 100; i++) {
        long double mid = lo + (hi - lo) / 2;

        if (normal_above(mid) > p) {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    return hi;
}

static long double
run_gaussian_quantile(struct calc_call *c)
{
    return -calc_positive(c, "sigma") * normal_quantile_above(calc_probability(c, "p"));
}

/* --- Laplace ---------------------------------------------------------------------- */

static long double
run_laplace_quantile(struct calc_call *c)
{
    long double scale = calc_positive(c, "scale"), p = calc_probability(c, "p");

    return p < 0.5L ? scale * logl(2 * p) : -scale * (logl(2) + log1pl(-p));
}

static long double
run_laplace_accuracy(struct calc_call *c)
{
    return -calc_positive(c, "scale") * logl(calc_probability(c, "alpha"));
}

static long double
run_laplace_ci_lower(struct calc_call *c)
{
    return calc_any(c, "x") - run_laplace_accuracy(c);
}

static long double
run_laplace_ci_upper(struct calc_call *c)
{
    return calc_any(c, "x") + run_laplace_accuracy(c);
}

/* --- discrete Laplace ------------------------------------------------------------- */

static long double
run_dlap_variance(struct calc_call *c)
{
    long double half = sinhl(1 / (2 * calc_positive(c, "scale")));

    return 1 / (2 * half * half);
}

static long double
run_dlap_pmf(struct calc_call *c)
{
    long double scale = calc_positive(c, "scale"), k = calc_any(c, "k");

    return tanhl(1 / (2 * scale)) * expl(-fabsl(k) / scale);
}

/* Least a with P[|Z| >= a] <= alpha, read between integers. */
static long double
discrete_laplace_accuracy(long double scale, long double alpha)
{
    return scale * (logl(2 / alpha) - log1pl(expl(-1 / scale)));
}

static long double
run_discrete_laplace_accuracy(struct calc_call *c)
{
    return discrete_laplace_accuracy(
        calc_positive(c, "scale"), calc_probability(c, "alpha"));
}

static long double
run_accuracy_to_discrete_laplace_scale(struct calc_call *c)
{
    long double accuracy = calc_positive(c, "accuracy");
    long double alpha = calc_probability(c, "alpha"), lo = 0, hi = 1;

    while (discrete_laplace_accuracy(hi, alpha) < accuracy)
        hi *= 2;
    for (int i = 0; i < 200; i++) {
        long double mid = lo + (hi - lo) / 2;

        if (discrete_laplace_accuracy(mid, alpha) < accuracy) {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    return hi;
}

static long double
run_geometric_mean(struct calc_call *c)
{
    (void)c;
    return 1 / expm1l(1);
}

static long double
run_bernoulli_exp(struct calc_call *c)
{
    return expl(-calc_not_negative(c, "gamma"));
}

/* --- discrete Gaussian ------------------------------------------------------------ */

static long double
sigma_of(struct calc_call *c)
{
    long double sigma2 = calc_positive(c, "sigma2");

    return sigma2 <= SIGMA2_MAX ? sqrtl(sigma2)
                                : 1 + calc_refuse(c, "sigma2", "must be at most 2^40");
}

static long double
weight(long double k, long double sigma)
{
    return expl(-k * k / (2 * sigma * sigma));
}

static long double
run_dgauss_normalizer(struct calc_call *c)
{
    return gaussian_mass(sigma_of(c));
}

static long double
run_dgauss_pmf(struct calc_call *c)
{
    long double sigma = sigma_of(c);

    return weight(calc_any(c, "k"), sigma) / gaussian_mass(sigma);
}

/* Terms past it are below 2^-1000 of the first. */
static int64_t
series_end(long double sigma)
{
    return (int64_t)(40 * sigma) + 40;
}

static long double
run_dgauss_variance(struct calc_call *c)
{
    long double sigma = sigma_of(c), sum = 0;

    for (int64_t k = series_end(sigma); k >= 1; k--)
        sum += 2 * (long double)k * (long double)k * weight((long double)k, sigma);
    return sum / gaussian_mass(sigma);
}

/* P[X > x] for real x, smallest terms first. */
static long double
gaussian_above(long double x, long double sigma)
{
    int64_t from = (int64_t)floorl(fminl(fmaxl(x, -0x1p60L), 0x1p60L)) + 1;
    long double sum = 0;

    for (int64_t k = (from > 0 ? from : 0) + series_end(sigma); k >= from; k--)
        sum += weight((long double)k, sigma);
    return sum / gaussian_mass(sigma);
}

/* Exact (Canonne, Kamath, Steinke 2020, Thm 7). */
static long double
run_dgauss_delta(struct calc_call *c)
{
    long double sigma = sigma_of(c), eps = calc_not_negative(c, "eps");
    long double sens = calc_whole(c, "sens", 1, 0x1p20L);
    long double move = eps * sigma * sigma / sens;

    return gaussian_above(move - sens / 2, sigma) -
        expl(eps) * gaussian_above(move + sens / 2, sigma);
}

/* P[|X| >= a]. */
static long double
gaussian_outside(long double a, long double sigma)
{
    return a <= 0 ? 1 : 2 * gaussian_above(a - 1, sigma);
}

static long double
run_discrete_gaussian_accuracy(struct calc_call *c)
{
    long double sigma = calc_positive(c, "scale"), alpha = calc_probability(c, "alpha");

    if (sigma > 0x1p20L)
        return calc_refuse(c, "scale", "must be at most 2^20");
    long double want = (1 - alpha) * gaussian_mass(sigma), sum = 1;
    int64_t a = 1;

    for (; sum < want && a < series_end(sigma); a++)
        sum += 2 * weight((long double)a, sigma);
    return (long double)a;
}

static long double
run_accuracy_to_discrete_gaussian_scale(struct calc_call *c)
{
    long double accuracy = ceill(calc_positive(c, "accuracy"));
    long double alpha = calc_probability(c, "alpha");
    long double lo = 0, hi = accuracy / normal_quantile_above(alpha / 2) + 1;

    if (accuracy > 0x1p16L || hi > 0x1p16L)
        return calc_refuse(c, "accuracy", "gives a scale beyond 2^16");
    for (int i = 0; i < 70; i++) {
        long double mid = lo + (hi - lo) / 2;

        if (gaussian_outside(accuracy, mid) <= alpha) {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    return lo;
}

const struct calc_fn calc_noise[] = {
    {"gaussian_quantile", "sigma p", run_gaussian_quantile},
    {"laplace_quantile", "scale p", run_laplace_quantile},
    {"laplace_accuracy", "scale alpha", run_laplace_accuracy},
    {"laplace_ci_lower", "x scale alpha", run_laplace_ci_lower},
    {"laplace_ci_upper", "x scale alpha", run_laplace_ci_upper},
    {"dlap_variance", "scale", run_dlap_variance},
    {"dlap_pmf", "scale k", run_dlap_pmf},
    {"discrete_laplace_accuracy", "scale alpha", run_discrete_laplace_accuracy},
    {"accuracy_to_discrete_laplace_scale", "accuracy alpha",
        run_accuracy_to_discrete_laplace_scale},
    {"geometric_exp1_mean", "", run_geometric_mean},
    {"bernoulli_exp", "gamma", run_bernoulli_exp},
    {"dgauss_normalizer", "sigma2", run_dgauss_normalizer},
    {"dgauss_pmf", "sigma2 k", run_dgauss_pmf},
    {"dgauss_variance", "sigma2", run_dgauss_variance},
    {"dgauss_delta", "sigma2 eps sens", run_dgauss_delta},
    {"discrete_gaussian_accuracy", "scale alpha", run_discrete_gaussian_accuracy},
    {"accuracy_to_discrete_gaussian_scale", "accuracy alpha",
        run_accuracy_to_discrete_gaussian_scale},
    {NULL, NULL, NULL},
};
