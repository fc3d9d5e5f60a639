/* calc_selection.c -- the calculator's keys, thresholds, candidates and stability. */
#include "policies/calc_table.h"
#include "policies/tail.h"

#include <math.h>

#define UNITS_MAX 10000000
#define FLIP_MAX  64 /* scores; the polynomial of more loses digits */

/* --- keys ------------------------------------------------------------------------- */

/* One key's share of delta over l0 keys. */
static long double
delta_of_key(struct calc_call *c)
{
    return -expm1l(log1pl(-calc_probability(c, "delta")) / calc_whole_or(c, "l0", 1));
}

/* Desfontaines et al. 2020, Thm 1: the recursion itself. */
static long double
keep_probability(long double n, long double eps, long double delta)
{
    long double p = 0;

    for (int i = 0; i < (int)n && p < 1; i++) {
        long double other = 1 - expl(-eps) * (1 - p - delta);

        p = fminl(fminl(expl(eps) * p + delta, other), 1);
    }
    return p;
}

static long double
run_keep_probability(struct calc_call *c)
{
    long double n = calc_whole(c, "n", 0, UNITS_MAX);
    long double eps = calc_positive(c, "eps") / calc_whole_or(c, "l0", 1);

    return keep_probability(n, eps, delta_of_key(c));
}

static long double
first_crossover(long double eps, long double delta)
{
    long double ratio = (expm1l(eps) + 2 * delta) / ((expl(eps) + 1) * delta);

    return 1 + floorl(logl(ratio) / eps);
}

static long double
run_first_crossover(struct calc_call *c)
{
    return first_crossover(calc_positive(c, "eps"), calc_probability(c, "delta"));
}

static long double
run_second_crossover(struct calc_call *c)
{
    long double eps = calc_positive(c, "eps"), delta = calc_probability(c, "delta");
    long double first = first_crossover(eps, delta);

    if (first > UNITS_MAX)
        return calc_refuse(c, "eps", "is too small");
    long double rest = 1 - keep_probability(first, eps, delta);

    return first + floorl(log1pl(expm1l(eps) / delta * rest) / eps);
}

/* --- thresholds ------------------------------------------------------------------- */

/* From one key's delta to that of l0 keys. */
static long double
joint_delta(long double one, long double l0)
{
    return -expm1l(l0 * log1pl(-one));
}

static long double
run_laplace_threshold(struct calc_call *c)
{
    long double linf = calc_positive_or(c, "linf", 1);
    long double scale = linf * calc_whole_or(c, "l0", 1) / calc_positive(c, "eps");
    long double delta = delta_of_key(c);

    return delta <= 0.5L ? linf - scale * logl(2 * delta)
                         : linf + scale * logl(2 * (1 - delta));
}

static long double
run_laplace_threshold_delta(struct calc_call *c)
{
    long double linf = calc_positive_or(c, "linf", 1), l0 = calc_whole_or(c, "l0", 1);
    long double over = calc_any(c, "threshold") - linf;
    long double tail = expl(-fabsl(over) * calc_positive(c, "eps") / (linf * l0)) / 2;

    return joint_delta(over >= 0 ? tail : 1 - tail, l0);
}

/* Halving on the normal's upper tail. */
static long double
run_gaussian_threshold(struct calc_call *c)
{
    long double sigma = calc_positive(c, "sigma"),
                linf = calc_positive_or(c, "linf", 1);
    long double delta = delta_of_key(c), lo = -150, hi = 150;

    for (int i = 0; i < 100; i++) {
        long double mid = lo + (hi - lo) / 2;

        if (erfcl(mid * M_SQRT1_2f64x) / 2 > delta) {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    return linf + sigma * hi;
}

static long double
run_gaussian_threshold_delta(struct calc_call *c)
{
    long double over = calc_any(c, "threshold") - calc_positive_or(c, "linf", 1);
    long double tail = erfcl(over / calc_positive(c, "sigma") * M_SQRT1_2f64x) / 2;

    return joint_delta(tail, calc_whole_or(c, "l0", 1));
}

/* P[Z >= m] for any whole m. */
static long double
laplace_at_least(long double scale, long double m)
{
    return m >= 1 ? laplace_tail(scale, m) : 1 - laplace_tail(scale, 1 - m);
}

/* OpenDP's make_laplace_threshold keeps noisy >= T on integers but charges for noisy
 * > T: e^(1/scale) times too little. Both are here, under their own names; the
 * engine keeps and charges for ">". */
static long double
threshold_delta(struct calc_call *c, long double extra)
{
    long double over =
        calc_whole(c, "threshold", -0x1p62L, 0x1p62L) - calc_whole_or(c, "linf", 1);

    return joint_delta(laplace_at_least(calc_positive(c, "scale"), over + extra),
        calc_whole_or(c, "l0", 1));
}

static long double
run_threshold_delta_ge(struct calc_call *c)
{
    return threshold_delta(c, 0);
}

static long double
run_threshold_delta_gt(struct calc_call *c)
{
    return threshold_delta(c, 1);
}

/* On a grid; the continuous law is the limit of ever finer ones. */
static long double
run_threshold_delta_grid(struct calc_call *c)
{
    long double grid = calc_not_negative(c, "granularity"),
                scale = calc_positive(c, "scale");
    long double over = calc_any(c, "threshold") - calc_positive_or(c, "li", 1);

    if (over < 0)
        return calc_refuse(c, "threshold", "must be at least li");
    return joint_delta(
        expl(-over / scale) / (expl(grid / scale) + 1), calc_whole_or(c, "l0", 1));
}

/* --- candidates ------------------------------------------------------------------- */

/* The scores and the index of the candidate asked for; NULL: refused. */
static const struct calc_value *
scores_of(struct calc_call *c, size_t *index)
{
    const struct calc_value *scores = calc_find(c, "scores");

    if (scores == NULL || scores->n > FLIP_MAX) {
        calc_refuse(c, "scores", "must be a list of at most 64 numbers");
        return NULL;
    }
    *index = (size_t)calc_whole(c, "index", 0, (long double)scores->n - 1);
    return scores;
}

static long double
best_of(const struct calc_value *scores)
{
    long double best = scores->list[0];

    for (size_t i = 1; i < scores->n; i++)
        best = fmaxl(best, scores->list[i]);
    return best;
}

static long double
run_exponential_mechanism_pmf(struct calc_call *c)
{
    size_t index;
    long double scale = calc_positive(c, "scale"), sum = 0;
    const struct calc_value *scores = scores_of(c, &index);

    if (scores == NULL)
        return 0;
    long double best = best_of(scores);

    for (size_t i = 0; i < scores->n; i++)
        sum += expl((scores->list[i] - best) / scale);
    return expl((scores->list[index] - best) / scale) / sum;
}

/* Everyone arrives at a uniform time and is taken with probability p_j: the chosen one
 * arrives at t while nobody before was taken. p_i times the integral of the product of
 * (1 - t p_j), whose coefficients are exact polynomials. */
static long double
run_permute_and_flip_pmf(struct calc_call *c)
{
    size_t index;
    long double scale = calc_positive(c, "scale"), poly[FLIP_MAX] = {1}, sum = 0;
    const struct calc_value *scores = scores_of(c, &index);

    if (scores == NULL)
        return 0;
    long double best = best_of(scores);

    for (size_t j = 0, degree = 0; j < scores->n; j++) {
        if (j == index)
            continue;
        degree++;
        for (size_t k = degree; k > 0; k--)
            poly[k] -= poly[k - 1] * expl((scores->list[j] - best) / scale);
    }
    for (size_t k = 0; k < scores->n; k++)
        sum += poly[k] / (long double)(k + 1);
    return expl((scores->list[index] - best) / scale) * sum;
}

/* alpha as num/den of small whole numbers; false: it is none. */
static bool
fraction_of(long double alpha, long double *num, long double *den)
{
    for (int i = 1; i <= 1000000; i++) {
        *den = i;
        *num = roundl(alpha * *den);
        if (fabsl(*num - alpha * *den) < 1e-12L)
            return true;
    }
    return false;
}

static long double
run_quantile_score(struct calc_call *c)
{
    const struct calc_value *data = calc_find(c, "data");
    long double at = calc_any(c, "candidate"),
                limit = calc_positive_or(c, "size_limit", 0x1p62L);
    long double num, den, below = 0, above = 0;

    if (data == NULL)
        return calc_refuse(c, "data", "is missing");
    if (!fraction_of(calc_any(c, "alpha"), &num, &den) || num < 0 || num > den)
        return calc_refuse(c, "alpha", "must be a fraction from 0 to 1");
    for (size_t i = 0; i < data->n; i++) {
        below += data->list[i] < at;
        above += data->list[i] > at;
    }
    return fabsl((den - num) * fminl(below, limit) - num * fminl(above, limit));
}

/* --- stability -------------------------------------------------------------------- */

static long double
run_join_stability(struct calc_call *c)
{
    long double left = calc_not_negative(c, "T_left") *
        calc_not_negative(c, "S_right") * calc_not_negative(c, "M_right");
    long double right = calc_not_negative(c, "T_right") *
        calc_not_negative(c, "S_left") * calc_not_negative(c, "M_left");

    return left + right;
}

static long double
run_l1(struct calc_call *c)
{
    return calc_not_negative(c, "l0") * calc_not_negative(c, "linf");
}

static long double
run_l2_squared(struct calc_call *c)
{
    long double linf = calc_not_negative(c, "linf");

    return calc_not_negative(c, "l0") * linf * linf;
}

/* Three bounds that cannot all be reached become those that can. */
static long double
run_normalize(struct calc_call *c)
{
    long double l0 = calc_not_negative(c, "l0"), l1 = calc_not_negative(c, "l1");
    long double li = calc_not_negative(c, "li");

    l0 = fminl(l0, l1);
    li = fminl(li, l1);
    l1 = fminl(l1, l0 * li);
    c->also[c->also_n++] = l1;
    c->also[c->also_n++] = li;
    return l0;
}

/* An exact sum moves by one clamped row; a wrapping one by up to 2^64 (Casacuberta et
 * al. 2022). */
static long double
run_clamped_sum(struct calc_call *c)
{
    long double lo = calc_any(c, "lo"), hi = calc_any(c, "hi");

    (void)calc_whole(c, "rows", 0, 0x1p62L);
    return lo <= hi ? fmaxl(fabsl(lo), fabsl(hi))
                    : calc_refuse(c, "lo", "must not exceed hi");
}

const struct calc_fn calc_selection[] = {
    {"keep_probability", "n eps delta [l0]", run_keep_probability},
    {"first_crossover", "eps delta", run_first_crossover},
    {"second_crossover", "eps delta", run_second_crossover},
    {"laplace_threshold", "eps delta [l0] [linf]", run_laplace_threshold},
    {"laplace_threshold_delta", "eps threshold [l0] [linf]",
        run_laplace_threshold_delta},
    {"gaussian_threshold", "sigma delta [l0] [linf]", run_gaussian_threshold},
    {"gaussian_threshold_delta", "sigma threshold [l0] [linf]",
        run_gaussian_threshold_delta},
    {"discrete_laplace_threshold_delta", "scale threshold [li] [l0] granularity",
        run_threshold_delta_grid},
    {"discrete_laplace_threshold_delta_keep_ge", "scale threshold [linf] [l0]",
        run_threshold_delta_ge},
    {"discrete_laplace_threshold_delta_keep_gt", "scale threshold [linf] [l0]",
        run_threshold_delta_gt},
    {"exponential_mechanism_pmf", "scores scale index", run_exponential_mechanism_pmf},
    {"permute_and_flip_pmf", "scores scale index", run_permute_and_flip_pmf},
    {"quantile_score", "data candidate alpha [size_limit]", run_quantile_score},
    {"private_join_stability", "T_left S_left M_left T_right S_right M_right",
        run_join_stability},
    {"l1_sensitivity", "l0 linf", run_l1},
    {"l2_sensitivity_squared", "l0 linf", run_l2_squared},
    {"normalize_l0_l1_li", "l0 l1 li", run_normalize},
    {"clamped_sum_sensitivity_int64", "lo hi rows", run_clamped_sum},
    {NULL, NULL, NULL},
};
