/* odds.h -- what epsilon means: how well the best attacker can guess one person.
 *
 * The attacker knows everything but whether one person is in the data (or which of two
 * rows is theirs), and finds both equally likely. Follows from the region of tests that
 * (epsilon, delta) allows (Kairouz, Oh, Viswanath 2015, Thm 2.1). */
#ifndef POLICIES_ODDS_H
#define POLICIES_ODDS_H

/* Greatest difference between true and false alarms:
 * (e^eps - 1 + 2 delta) / (e^eps + 1). */
long double odds_advantage(long double eps, long double delta);
/* The chance to guess right, 1/2 before: (e^eps + delta) / (e^eps + 1). */
long double odds_posterior(long double eps, long double delta);

#endif
