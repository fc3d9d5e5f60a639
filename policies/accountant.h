/* accountant.h -- what a dataset's promise is in the ledger's integers, and back.
 *
 * Two accountings, fixed when the dataset is made. PURE: epsilons add up (basic
 * composition). ZCDP: rho adds up under full adaptivity (Whitehouse et al. 2023,
 * Thm 1), delta of thresholds adds up beside it; (epsilon, delta) are reported by the
 * optimal conversion (Canonne, Kamath, Steinke 2020, Prop. 12 and Cor. 13). */
#ifndef POLICIES_ACCOUNTANT_H
#define POLICIES_ACCOUNTANT_H

#include "datasite/base/err.h"
#include "datasite/base/units.h"

enum accounting {
    ACCOUNT_PURE,
    ACCOUNT_ZCDP
};

/* Greatest epsilon or rho that a price or a limit may name: 1e9, in 1e-9. */
#define PRICE_NANO_MAX (NANO * NANO)

const char *accounting_name(enum accounting a); /* "pure", "zcdp" */
/* The limit that (epsilon, delta) of a dataset or an allocation stands for. zCDP: rho
 * with zcdp_eps(rho, delta/2) <= epsilon, rounded down, and delta/2 for thresholds. */
enum err accountant_limit(struct diag *d, enum accounting acc, int64_t eps_nano,
    int64_t delta_atto, struct budget *out) NODISCARD;
/* Reported epsilon in 1e-9, rounded up, of a spent amount. Pure: the sum itself.
 * zCDP: zcdp_eps(rho, delta_atto). Zero for zero. */
int64_t accountant_eps_nano(
    enum accounting acc, struct budget spent, int64_t delta_atto);
/* Does ask fit into limit - used, in this accounting? Integers only, no overflow. */
bool accountant_fits(
    enum accounting acc, struct budget limit, struct budget used, struct budget ask);
/* used + ask; false on overflow. EPS_NONE is absorbing. */
bool accountant_add(struct budget *io, struct budget ask);
/* The amount that counts in this accounting (eps_nano or rho_nano), for display. */
int64_t accountant_amount(enum accounting acc, struct budget b);

#endif
