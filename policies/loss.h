/* loss.h -- what many equal mechanisms spend together, by their privacy loss.
 *
 * The law of one mechanism's loss is put on a grid, and the sum of many is its power under
 * the Fourier transform (Koskela, Jälkö, Honkela 2020; Gopi, Lee, Wutschitz 2021). For the
 * calculator alone, good to about four digits and no bound: the ledger adds up rho, which
 * stays true when a question depends on earlier answers; this does not.
 *
 * NAN: no memory, or more than the grid can hold. */
#ifndef POLICIES_LOSS_H
#define POLICIES_LOSS_H

#define LOSS_COUNT_MAX 1000000

/* How many bits the number of the grid's points has: for an answer, or for the many tries
 * of a search. */
enum loss_grid {
    LOSS_FINE = 18,
    LOSS_COARSE = 14
};

/* `count` Laplace mechanisms of `each` epsilon. */
long double loss_laplace_delta(
    long double each, long double count, long double eps, enum loss_grid grid);
long double loss_laplace_eps(long double each, long double count, long double delta);
/* `count` Gaussians of deviation sigma, each over a Poisson sample at rate q; a row comes
 * or goes, whichever tells more. */
long double loss_sampled_delta(long double q, long double sigma, long double count,
    long double eps, enum loss_grid grid);
long double loss_sampled_eps(
    long double q, long double sigma, long double count, long double delta);

#endif
