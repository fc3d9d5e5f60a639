/* calc_accounting.c -- the calculator's conversions, divergences and compositions. */
#include "policies/calc_table.h"
#include "policies/conversion.h"
#include "policies/renyi.h"

#include <math.h>

#define ORDER_MAX 10000 /* of sums and quadratures */

/* --- Gaussian --------------------------------------------------------------------- */

/* Sensitivity by l2, or by l0 keys of at most linf each. */
static long double
l2_of(struct calc_call *c)
{
    if (calc_find(c, "l2") != NULL)
        return calc_positive(c, "l2");
    return calc_positive_or(c, "linf", 1) * sqrtl(calc_whole_or(c, "l0", 1));
}

static long double
run_gaussian_delta(struct calc_call *c)
{
    return gaussian_delta(
        calc_positive(c, "sigma"), calc_not_negative(c, "eps"), l2_of(c));
}

static long double
run_gaussian_sigma(struct calc_call *c)
{
    return gaussian_sigma(
        calc_not_negative(c, "eps"), calc_probability(c, "delta"), l2_of(c));
}

static long double
run_gaussian_eps(struct calc_call *c)
{
    return gaussian_eps(
        calc_positive(c, "sigma"), calc_probability(c, "delta"), l2_of(c));
}

static long double
run_classic_gaussian_sigma(struct calc_call *c)
{
    long double eps = calc_positive(c, "eps");

    return sqrtl(2 * logl(1.25L / calc_probability(c, "delta"))) * l2_of(c) / eps;
}

static long double
run_gaussian_rho(struct calc_call *c)
{
    long double ratio = l2_of(c) / calc_positive(c, "sigma");

    return ratio * ratio / 2;
}

static long double
run_compose_gaussian_delta(struct calc_call *c)
{
    long double l2 = sqrtl(calc_whole(c, "count", 1, 0x1p31L)) * l2_of(c);

    return gaussian_delta(calc_positive(c, "sigma"), calc_not_negative(c, "eps"), l2);
}

static long double
run_compose_gaussian_eps(struct calc_call *c)
{
    long double l2 = sqrtl(calc_whole(c, "count", 1, 0x1p31L)) * l2_of(c);

    return gaussian_eps(calc_positive(c, "sigma"), calc_probability(c, "delta"), l2);
}

static long double
run_smallest_gaussian_sigma(struct calc_call *c)
{
    long double l2 =
        sqrtl(calc_whole_or(c, "count", 1)) * calc_positive_or(c, "sens", 1);

    return gaussian_sigma(
        calc_not_negative(c, "eps"), calc_probability(c, "delta"), l2);
}

/* --- zCDP ------------------------------------------------------------------------- */

static long double
run_zcdp_eps(struct calc_call *c)
{
    return zcdp_eps(calc_not_negative(c, "rho"), calc_probability(c, "delta"));
}

static long double
run_zcdp_delta(struct calc_call *c)
{
    return zcdp_delta(calc_not_negative(c, "rho"), calc_not_negative(c, "eps"));
}

static long double
run_zcdp_rho(struct calc_call *c)
{
    return zcdp_rho(calc_not_negative(c, "eps"), calc_probability(c, "delta"));
}

static long double
run_zcdp_eps_basic(struct calc_call *c)
{
    long double rho = calc_not_negative(c, "rho");

    return rho + 2 * sqrtl(-rho * logl(calc_probability(c, "delta")));
}

static long double
run_pure_to_rho_basic(struct calc_call *c)
{
    long double eps = calc_not_negative(c, "eps");

    return eps * eps / 2;
}

static long double
run_pure_to_rho_tight(struct calc_call *c)
{
    return pure_rho(calc_not_negative(c, "eps"));
}

static long double
run_laplace_rho(struct calc_call *c)
{
    return laplace_rho(calc_not_negative(c, "eps"));
}

static long double
run_discrete_laplace_rho(struct calc_call *c)
{
    long double x = 1 / calc_positive(c, "scale");

    return discrete_laplace_rho(x, calc_whole(c, "sensitivity", 0, 0x1p62L));
}

static long double
run_expmech_rho(struct calc_call *c)
{
    long double range = calc_not_negative(c, "range_over_scale");

    return range * range / 8;
}

static long double
run_quantile_rho(struct calc_call *c)
{
    long double num = calc_whole(c, "alpha_num", 0, 0x1p31L);
    long double den = calc_whole(c, "alpha_den", 1, 0x1p31L);
    long double change = fmaxl(num, den - num) * calc_positive(c, "d_in");
    long double range = 2 * change / calc_positive(c, "scale_int");

    return range * range / 8;
}

/* --- Renyi ------------------------------------------------------------------------ */

static long double
order_of(struct calc_call *c)
{
    long double alpha = calc_any(c, "alpha");

    if (alpha > 1 && alpha <= ORDER_MAX)
        return alpha;
    return 2 + calc_refuse(c, "alpha", "must be greater than 1, at most 10000");
}

/* The same, where order 1 is the KL divergence. */
static long double
order_or_one(struct calc_call *c)
{
    long double alpha = calc_any(c, "alpha");

    return alpha >= 1 ? alpha : 1 + calc_refuse(c, "alpha", "must be at least 1");
}

static long double
rate_of(struct calc_call *c)
{
    long double q = calc_positive(c, "q");

    return q <= 1 ? q : 1 + calc_refuse(c, "q", "must be at most 1");
}

static long double
run_laplace_rdp(struct calc_call *c)
{
    return renyi_laplace(calc_not_negative(c, "eps"), order_or_one(c));
}

static long double
run_pure_dp_rdp(struct calc_call *c)
{
    return renyi_pure(calc_not_negative(c, "eps"), order_or_one(c));
}

static long double
run_expmech_rdp(struct calc_call *c)
{
    return renyi_bounded_range(calc_positive(c, "eps"), order_or_one(c));
}

/* dp_accounting drops the count of this event; here it multiplies. */
static long double
run_compose_expmech_rdp(struct calc_call *c)
{
    return calc_whole(c, "count", 1, 0x1p31L) * run_expmech_rdp(c);
}

static long double
run_subsampled_gaussian_rdp(struct calc_call *c)
{
    long double steps = calc_whole_or(c, "steps", 1);

    return steps *
        renyi_sampled_gaussian(rate_of(c), calc_positive(c, "sigma"), order_of(c));
}

static long double
run_response_special(struct calc_call *c)
{
    return renyi_response_special(
        calc_probability(c, "noise"), calc_whole(c, "k", 2, 0x1p31L), order_of(c));
}

static long double
run_response_one(struct calc_call *c)
{
    return renyi_response_one(
        calc_probability(c, "noise"), calc_whole(c, "k", 2, 0x1p31L), order_of(c));
}

/* rdp is one number for all orders, or one for each. */
static long double
run_rdp_to_eps(struct calc_call *c)
{
    const struct calc_value *orders = calc_find(c, "orders"),
                            *rdp = calc_find(c, "rdp");
    long double delta = calc_probability(c, "delta"), least = INFINITY;

    if (orders == NULL)
        return calc_refuse(c, "orders", "is missing");
    if (rdp == NULL || (rdp->n != 1 && rdp->n != orders->n))
        return calc_refuse(c, "rdp", "must be one number, or one for each order");
    for (size_t i = 0; i < orders->n; i++) {
        if (!(orders->list[i] > 1))
            return calc_refuse(c, "orders", "must be greater than 1");
        least = fminl(
            least, renyi_eps(orders->list[i], rdp->list[rdp->n == 1 ? 0 : i], delta));
    }
    return least;
}

static long double
run_sgm_eps_rdp(struct calc_call *c)
{
    const struct calc_value *orders = calc_find(c, "orders");
    long double q = rate_of(c), sigma = calc_positive(c, "sigma");
    long double steps = calc_whole_or(c, "steps", 1),
                delta = calc_probability(c, "delta");
    long double least = INFINITY;

    if (orders == NULL)
        return calc_refuse(c, "orders", "is missing");
    for (size_t i = 0; i < orders->n; i++) {
        long double alpha = orders->list[i];

        if (!(alpha > 1 && alpha <= ORDER_MAX))
            return calc_refuse(c, "orders", "must be greater than 1, at most 10000");
        least = fminl(least,
            renyi_eps(alpha, steps * renyi_sampled_gaussian(q, sigma, alpha), delta));
    }
    return least;
}

/* --- composition and sampling ----------------------------------------------------- */

static long double
run_amplified_eps(struct calc_call *c)
{
    return log1pl(rate_of(c) * expm1l(calc_not_negative(c, "eps")));
}

static long double
run_amplified_delta(struct calc_call *c)
{
    return rate_of(c) * calc_probability(c, "delta");
}

/* What `count` mechanisms of (eps, delta) have left of delta at (count - 2i) eps
 * (Kairouz, Oh, Viswanath 2015, Thm 3.3). */
static long double
composed_delta(long double eps, long double delta, long double count, long double i)
{
    long double sum = 0;

    for (int k = 0; k < (int)i; k++) {
        long double l = k;
        long double choose =
            lgammal(count + 1) - lgammal(l + 1) - lgammal(count - l + 1);
        long double mass = choose + (count - l) * eps - count * log1pl(expl(eps));

        sum += expl(mass) * -expm1l((2 * l - 2 * i) * eps);
    }
    return -expm1l(count * log1pl(-delta) + log1pl(-sum));
}

static long double
run_optimal_composition_eps(struct calc_call *c)
{
    long double eps = calc_positive(c, "eps"), count = calc_whole(c, "count", 1, 10000);
    long double delta = calc_not_negative(c, "delta"),
                total = calc_probability(c, "total_delta");
    long double i = floorl(count / 2);

    if (delta >= 1 || composed_delta(eps, delta, count, 0) > total)
        return calc_refuse(c, "total_delta", "is spent by the deltas alone");
    while (i > 0 && composed_delta(eps, delta, count, i) > total)
        i--;
    return (count - 2 * i) * eps;
}

const struct calc_fn calc_accounting[] = {
    {"gaussian_delta", "sigma eps (l2 | l0 linf)", run_gaussian_delta},
    {"gaussian_sigma", "eps delta (l2 | l0 linf)", run_gaussian_sigma},
    {"gaussian_eps", "sigma delta (l2 | l0 linf)", run_gaussian_eps},
    {"classic_gaussian_sigma", "eps delta (l2 | l0 linf)", run_classic_gaussian_sigma},
    {"gaussian_rho", "sigma (l2 | l0 linf)", run_gaussian_rho},
    {"compose_gaussian_delta", "sigma count eps [l2]", run_compose_gaussian_delta},
    {"compose_gaussian_eps_exact", "sigma count delta [l2]", run_compose_gaussian_eps},
    {"smallest_gaussian_sigma", "eps delta [count] [sens]",
        run_smallest_gaussian_sigma},
    {"zcdp_eps", "rho delta", run_zcdp_eps},
    {"zcdp_delta", "rho eps", run_zcdp_delta},
    {"zcdp_rho", "eps delta", run_zcdp_rho},
    {"zcdp_eps_basic", "rho delta", run_zcdp_eps_basic},
    {"pure_to_rho_basic", "eps", run_pure_to_rho_basic},
    {"pure_to_rho_tight", "eps", run_pure_to_rho_tight},
    {"laplace_rho", "eps", run_laplace_rho},
    {"discrete_laplace_rho", "scale sensitivity", run_discrete_laplace_rho},
    {"expmech_rho", "range_over_scale", run_expmech_rho},
    {"quantile_rho", "alpha_num alpha_den scale_int d_in", run_quantile_rho},
    {"laplace_rdp", "eps alpha", run_laplace_rdp},
    {"pure_dp_rdp", "eps alpha", run_pure_dp_rdp},
    {"expmech_rdp", "eps alpha", run_expmech_rdp},
    {"compose_expmech_rdp", "eps count alpha", run_compose_expmech_rdp},
    {"subsampled_gaussian_rdp", "q sigma [steps] alpha", run_subsampled_gaussian_rdp},
    {"randomized_response_rdp_replace_special", "noise k alpha", run_response_special},
    {"randomized_response_rdp_replace_one", "noise k alpha", run_response_one},
    {"rdp_to_eps", "orders rdp delta", run_rdp_to_eps},
    {"sgm_eps_rdp", "q sigma [steps] delta orders", run_sgm_eps_rdp},
    {"amplified_eps", "eps q", run_amplified_eps},
    {"amplified_delta", "delta q", run_amplified_delta},
    {"optimal_composition_eps", "eps delta count total_delta",
        run_optimal_composition_eps},
    {NULL, NULL, NULL},
};
