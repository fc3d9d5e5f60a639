/* odds.c -- what epsilon means: how well the best attacker can guess one person. */
#include "policies/odds.h"

#include <math.h>

long double
odds_advantage(long double eps, long double delta)
{
    /* (e^eps - 1) / (e^eps + 1) is tanh(eps / 2), which does not overflow. */
    long double x = tanhl(eps / 2) + 2 * delta / (expl(eps) + 1);

    return fminl(x, 1);
}

long double
odds_posterior(long double eps, long double delta)
{
    return (1 + odds_advantage(eps, delta)) / 2;
}
