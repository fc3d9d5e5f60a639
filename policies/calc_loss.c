/* calc_loss.c -- the calculator's compositions by privacy loss, and what noise they need. */
#include "policies/calc_table.h"
#include "policies/loss.h"

#define HALVINGS 50 /* of an interval that holds the answer */

static long double
count_of(struct calc_call *c, const char *key)
{
    return calc_whole(c, key, 1, LOSS_COUNT_MAX);
}

static long double
count_or_one(struct calc_call *c)
{
    return calc_find(c, "count") == NULL ? 1 : count_of(c, "count");
}

static long double
rate_of(struct calc_call *c)
{
    long double q = calc_positive(c, "q");

    return q <= 1 ? q : 1 + calc_refuse(c, "q", "must be at most 1");
}

/* A deviation for which the loss is finite in numbers that end. */
static long double
sigma_of(struct calc_call *c)
{
    long double sigma = calc_positive(c, "sigma");

    return sigma >= 0.05L ? sigma
                          : 1 + calc_refuse(c, "sigma", "must be at least 0.05");
}

static long double
run_compose_sgm_delta(struct calc_call *c)
{
    long double q = rate_of(c), sigma = sigma_of(c), count = count_of(c, "count");
    long double eps = calc_not_negative(c, "eps");

    return c->bad != NULL ? 0 : loss_sampled_delta(q, sigma, count, eps, LOSS_FINE);
}

static long double
run_sgm_eps_prv(struct calc_call *c)
{
    long double q = rate_of(c), sigma = sigma_of(c), steps = count_of(c, "steps");
    long double delta = calc_probability(c, "delta");

    return c->bad != NULL ? 0 : loss_sampled_eps(q, sigma, steps, delta);
}

static long double
run_compose_laplace_eps(struct calc_call *c)
{
    long double each = calc_positive(c, "eps_each"), count = count_of(c, "count");
    long double delta = calc_probability(c, "delta");

    return c->bad != NULL ? 0 : loss_laplace_eps(each, count, delta);
}

/* The least sigma, between bounds of which the greater suffices. */
static long double
run_smallest_sgm_sigma(struct calc_call *c)
{
    long double q = rate_of(c), count = count_or_one(c);
    long double eps = calc_positive(c, "eps"), delta = calc_probability(c, "delta");
    long double sens = calc_positive_or(c, "sens", 1), least = 0.05L, most = 0.1L;

    while (
        c->bad == NULL && loss_sampled_delta(q, most, count, eps, LOSS_COARSE) > delta)
        most *= 2;
    for (int i = 0; c->bad == NULL && most - least > least * 1e-8L && i < HALVINGS;
         i++) {
        long double middle = (least + most) / 2;

        if (loss_sampled_delta(q, middle, count, eps, LOSS_COARSE) > delta) {
            least = middle;
        } else {
            most = middle;
        }
    }
    return most * sens;
}

/* At delta 0 it is basic composition: the epsilons add up. */
static long double
run_smallest_laplace_scale(struct calc_call *c)
{
    long double sens = calc_positive_or(c, "sens", 1), count = count_or_one(c);
    long double eps = calc_positive(c, "eps"), delta = calc_not_negative(c, "delta");
    long double least = eps / count, most = least;

    if (delta >= 1)
        return calc_refuse(c, "delta", "must be less than 1");
    if (c->bad != NULL || delta == 0)
        return sens / least;
    while (loss_laplace_delta(most, count, eps, LOSS_COARSE) <= delta)
        most *= 2;
    for (int i = 0; most - least > least * 1e-6L && i < HALVINGS; i++) {
        long double middle = (least + most) / 2;

        if (loss_laplace_delta(middle, count, eps, LOSS_COARSE) <= delta) {
            least = middle;
        } else {
            most = middle;
        }
    }
    return sens / least;
}

const struct calc_fn calc_loss[] = {
    {"compose_sgm_delta", "q sigma count eps", run_compose_sgm_delta},
    {"sgm_eps_prv", "q sigma steps delta", run_sgm_eps_prv},
    {"smallest_sgm_sigma", "eps delta q [count] [sens]", run_smallest_sgm_sigma},
    {"compose_laplace_eps_lower", "eps_each count delta", run_compose_laplace_eps},
    {"smallest_laplace_scale", "eps delta [count] [sens]", run_smallest_laplace_scale},
    {NULL, NULL, NULL},
};
