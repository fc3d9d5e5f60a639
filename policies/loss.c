/* loss.c -- what many equal mechanisms spend together, by their privacy loss. */
#include "policies/loss.h"

#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define SPREAD 20 /* deviations of the sum that the grid holds, on either side */
#define TAIL   9  /* and deviations of one Gaussian */

/* --- one mechanism ---------------------------------------------------------------- */

/* The loss is ln(P/Q) of what was seen, drawn from P. */
struct law {
    enum {
        LAPLACE,
        ROW_GONE,
        ROW_COME
    } kind; /* of a row: P has it, Q has it */
    long double each, q, sigma;
};

static long double
above(long double z) /* a standard Gaussian */
{
    return erfcl(z * M_SQRT1_2l) / 2;
}

/* ln(mixture / alone) where x was seen. */
static long double
sampled_loss(const struct law *l, long double x)
{
    long double exponent = (2 * x - 1) / (2 * l->sigma * l->sigma);

    if (exponent > 0) /* so that nothing overflows */
        return exponent + logl(l->q + (1 - l->q) * expl(-exponent));
    return logl(1 - l->q + l->q * expl(exponent));
}

/* Where the mixture's loss is t; -INFINITY: it is above t everywhere. */
static long double
sampled_place(const struct law *l, long double t)
{
    long double ratio = (expl(t) - (1 - l->q)) / l->q;

    return ratio > 0 ? l->sigma * l->sigma * logl(ratio) + 0.5L : -INFINITY;
}

/* Of what is seen with the row: it is in the sample, or not. */
static long double
mixture_above(const struct law *l, long double x)
{
    return (1 - l->q) * above(x / l->sigma) + l->q * above((x - 1) / l->sigma);
}

/* The probability of a loss above t. */
static long double
tail(const struct law *l, long double t)
{
    switch (l->kind) {
    case LAPLACE:
        if (t < -l->each)
            return 1;
        return t >= l->each ? 0 : 1 - expl((t - l->each) / 2) / 2;
    case ROW_GONE:
        return mixture_above(l, sampled_place(l, t));
    case ROW_COME:
        return above(-sampled_place(l, -t) / l->sigma);
    }
    return NAN;
}

struct moments {
    long double mean, variance, most; /* most: the greatest that matters */
};

static struct moments
laplace_moments(const struct law *l)
{
    return (struct moments){l->each + expm1l(-l->each), l->each * l->each, l->each};
}

static struct moments
sampled_moments(const struct law *l)
{
    long double sigma = l->sigma, from = -TAIL * sigma, to = 1 + TAIL * sigma;
    long double step = (to - from) / 4096, sum = 0, squares = 0;

    for (int i = 0; i <= 4096; i++) {
        long double x = from + step * i, z = x / sigma, y = (x - 1) / sigma;
        long double alone = expl(-z * z / 2);
        long double density =
            l->kind == ROW_COME ? alone : (1 - l->q) * alone + l->q * expl(-y * y / 2);
        long double loss = sampled_loss(l, x);
        long double weight = density * step / (sigma * sqrtl(2 * M_PIl));

        sum += weight * loss;
        squares += weight * loss * loss;
    }
    return (struct moments){sum, squares - sum * sum, sampled_loss(l, to)};
}

/* --- the Fourier transform -------------------------------------------------------- */

static double complex
turned(double angle)
{
    return cos(angle) + (double complex)I * sin(angle); /* clang 14 has no CMPLX */
}

static size_t
mirrored(size_t i, int bits)
{
    size_t out = 0;

    for (int bit = 0; bit < bits; bit++)
        out |= (i >> bit & 1) << (bits - 1 - bit);
    return out;
}

/* Of 2^bits places; sign -1 there, 1 back without the division by their number. */
static void
transform(double complex *a, int bits, double sign)
{
    size_t n = (size_t)1 << bits;

    for (size_t i = 0; i < n; i++) {
        size_t k = mirrored(i, bits);
        double complex t = a[i];

        if (i < k) {
            a[i] = a[k];
            a[k] = t;
        }
    }
    for (size_t half = 1; half < n; half *= 2) {
        for (size_t k = 0; k < half; k++) {
            double complex w = turned(sign * M_PI * (double)k / (double)half);

            for (size_t i = k; i < n; i += 2 * half) {
                double complex odd = w * a[i + half];

                a[i + half] = a[i] - odd;
                a[i] += odd;
            }
        }
    }
}

/* --- many of them ----------------------------------------------------------------- */

/* Masses of the composed loss at whole multiples of step, negative ones in the upper
 * half, as the transform has them. */
struct grid {
    int bits;
    size_t n;
    double complex *mass;
    long double step;
};

/* Wide enough for the sum; Laplace's two atoms lie on the grid. NAN: it has too few
 * points for that. */
static long double
step_of(const struct grid *g, const struct law *l, long double count)
{
    struct moments m = l->kind == LAPLACE ? laplace_moments(l) : sampled_moments(l);
    long double reach = count * fabsl(m.mean) + SPREAD * sqrtl(count * m.variance);
    long double step;

    if (l->kind == LAPLACE)
        reach = fminl(reach, count * l->each);
    step = 2 * (reach + m.most) / (long double)g->n;
    if (l->kind != LAPLACE)
        return step;
    return step > l->each ? NAN : l->each / ceill(l->each / step);
}

/* Each loss goes to the nearest point: what is gained on one side is lost on the other. */
static void
fill(struct grid *g, const struct law *l)
{
    long double half = (long double)g->n / 2,
                before = tail(l, (-half - 0.5L) * g->step);

    for (size_t i = 0; i < g->n; i++) {
        long double at = (long double)i - half, after = tail(l, (at + 0.5L) * g->step);

        g->mass[(i + g->n / 2) % g->n] = (double)(before - after);
        before = after;
    }
}

static bool
compose(struct grid *g, const struct law *l, long double count)
{
    g->n = (size_t)1 << g->bits;
    g->mass = calloc(g->n, sizeof *g->mass);
    if (g->mass == NULL)
        return false;
    g->step = step_of(g, l, count);
    if (isnan(g->step))
        return false;
    fill(g, l);
    transform(g->mass, g->bits, -1);
    for (size_t i = 0; i < g->n; i++) {
        double size = pow(cabs(g->mass[i]), (double)count);

        g->mass[i] = size * turned(carg(g->mass[i]) * (double)count);
    }
    transform(g->mass, g->bits, 1);
    for (size_t i = 0; i < g->n; i++)
        g->mass[i] /= (double)g->n;
    return true;
}

/* Sum over losses above eps of mass (1 - e^(eps - loss)). */
static long double
delta_of(const struct grid *g, long double eps)
{
    long double sum = 0;

    for (size_t i = g->n / 2; i-- > 0;) {
        long double loss = (long double)i * g->step;

        if (loss <= eps)
            break;
        sum -= (long double)creal(g->mass[i]) * expm1l(eps - loss);
    }
    return fmaxl(0, sum);
}

/* Down from the top: above a loss, delta is a - e^(eps - loss) b, with b the masses above,
 * each by how far it is above. */
static long double
eps_of(const struct grid *g, long double delta)
{
    long double a = 0, b = 0, nearer = expl(-g->step);

    for (size_t i = g->n / 2; i-- > 0;) {
        long double loss = (long double)i * g->step;

        b *= nearer;
        if (a - b > delta)
            return fmaxl(0, loss + logl((a - delta) / b));
        a += (long double)creal(g->mass[i]);
        b += (long double)creal(g->mass[i]);
    }
    return 0;
}

static long double
composed_delta(
    const struct law *l, long double count, long double eps, enum loss_grid grid)
{
    struct grid g = {.bits = grid};
    long double result = compose(&g, l, count) ? delta_of(&g, eps) : NAN;

    free(g.mass);
    return result;
}

static long double
composed_eps(const struct law *l, long double count, long double delta)
{
    struct grid g = {.bits = LOSS_FINE};
    long double result = compose(&g, l, count) ? eps_of(&g, delta) : NAN;

    free(g.mass);
    return result;
}

long double
loss_laplace_delta(
    long double each, long double count, long double eps, enum loss_grid grid)
{
    return composed_delta(
        &(struct law){.kind = LAPLACE, .each = each}, count, eps, grid);
}

long double
loss_laplace_eps(long double each, long double count, long double delta)
{
    return composed_eps(&(struct law){.kind = LAPLACE, .each = each}, count, delta);
}

/* One alone needs no grid: P(loss > eps) - e^eps Q(loss > eps). */
static long double
sampled_delta_once(const struct law *l, long double eps)
{
    long double gone = sampled_place(l, eps), come = sampled_place(l, -eps);
    long double told_gone = mixture_above(l, gone) - expl(eps) * above(gone / l->sigma);
    long double told_come =
        above(-come / l->sigma) - expl(eps) * (1 - mixture_above(l, come));

    return fmaxl(0, fmaxl(told_gone, told_come));
}

long double
loss_sampled_delta(long double q, long double sigma, long double count, long double eps,
    enum loss_grid grid)
{
    struct law l = {.kind = ROW_GONE, .q = q, .sigma = sigma};
    long double gone;

    if (count == 1)
        return sampled_delta_once(&l, eps);
    gone = composed_delta(&l, count, eps, grid);
    l.kind = ROW_COME;
    return fmaxl(gone, composed_delta(&l, count, eps, grid));
}

long double
loss_sampled_eps(long double q, long double sigma, long double count, long double delta)
{
    struct law l = {.kind = ROW_GONE, .q = q, .sigma = sigma};
    long double gone = composed_eps(&l, count, delta);

    l.kind = ROW_COME;
    return fmaxl(gone, composed_eps(&l, count, delta));
}
