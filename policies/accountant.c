/* accountant.c -- what a dataset's promise is in the ledger's integers, and back. */
#include "policies/accountant.h"

#include "datasite/base/check.h"
#include "policies/conversion.h"

#include <math.h>

const char *
accounting_name(enum accounting a)
{
    switch (a) {
    case ACCOUNT_PURE:
        return "pure";
    case ACCOUNT_ZCDP:
        return "zcdp";
    }
    UNREACHABLE();
}

/* Reported epsilon of rho at delta, rounded up. The terms of the conversion that cancel
 * are together below eps + 4 (ln(1/delta) + 50), each good to 2^-60 of itself. */
static int64_t
zcdp_eps_up(int64_t rho_nano, int64_t delta_atto)
{
    if (rho_nano <= 0)
        return 0;
    long double rho = (long double)rho_nano / (long double)NANO;
    long double delta = (long double)delta_atto / (long double)ATTO;
    long double eps = zcdp_eps(rho, delta);
    long double error = 0x1p-60L * (eps + rho + 4 * (50 - logl(delta)));

    return price_up(eps, error);
}

/* Greatest rho whose reported epsilon is within eps: reporting grows with rho. */
static int64_t
zcdp_rho_down(int64_t eps_nano, int64_t delta_atto)
{
    int64_t lo = 0;
    int64_t hi = INT64_C(1) << 61;

    while (lo < hi) {
        int64_t mid = lo + (hi - lo + 1) / 2;

        if (zcdp_eps_up(mid, delta_atto) <= eps_nano) {
            lo = mid;
        } else {
            hi = mid - 1;
        }
    }
    return lo;
}

enum err
accountant_limit(struct diag *d, enum accounting acc, int64_t eps_nano,
    int64_t delta_atto, struct budget *out)
{
    if (eps_nano < 0 || eps_nano > PRICE_NANO_MAX)
        return FAIL(d, ERR_INVALID, "epsilon must be from 0 to 1000000000");
    switch (acc) {
    case ACCOUNT_PURE:
        if (delta_atto != 0)
            return FAIL(d, ERR_INVALID, "a pure budget has delta 0");
        *out = (struct budget){.eps_nano = eps_nano};
        return ERR_OK;
    case ACCOUNT_ZCDP:
        if (delta_atto < 2 || delta_atto >= ATTO)
            return FAIL(d, ERR_INVALID, "delta must be between 2e-18 and 1");
        *out = (struct budget){
            .rho_nano = zcdp_rho_down(eps_nano, delta_atto / 2),
            .delta_atto = delta_atto / 2,
            .eps_nano = EPS_NONE,
        };
        return ERR_OK;
    }
    UNREACHABLE();
}

int64_t
accountant_eps_nano(enum accounting acc, struct budget spent, int64_t delta_atto)
{
    switch (acc) {
    case ACCOUNT_PURE:
        return spent.eps_nano;
    case ACCOUNT_ZCDP:
        if (spent.rho_nano == 0)
            return 0;
        if (delta_atto <= spent.delta_atto)
            return INT64_C(1) << 62; /* nothing is left to convert with: no epsilon */
        return zcdp_eps_up(spent.rho_nano, delta_atto - spent.delta_atto);
    }
    UNREACHABLE();
}

/* Does ask fit beside used under limit? All must be amounts, none negative. */
static bool
fits(int64_t limit, int64_t used, int64_t ask)
{
    int64_t sum;

    return used >= 0 && ask >= 0 && !__builtin_add_overflow(used, ask, &sum) &&
        sum <= limit;
}

bool
accountant_fits(
    enum accounting acc, struct budget limit, struct budget used, struct budget ask)
{
    switch (acc) {
    case ACCOUNT_PURE:
        return ask.delta_atto == 0 && fits(limit.eps_nano, used.eps_nano, ask.eps_nano);
    case ACCOUNT_ZCDP:
        return fits(limit.rho_nano, used.rho_nano, ask.rho_nano) &&
            fits(limit.delta_atto, used.delta_atto, ask.delta_atto);
    }
    UNREACHABLE();
}

bool
accountant_add(struct budget *io, struct budget ask)
{
    struct budget sum = {.eps_nano = EPS_NONE};

    if (__builtin_add_overflow(io->rho_nano, ask.rho_nano, &sum.rho_nano) ||
        __builtin_add_overflow(io->delta_atto, ask.delta_atto, &sum.delta_atto))
        return false;
    if (io->eps_nano != EPS_NONE && ask.eps_nano != EPS_NONE &&
        __builtin_add_overflow(io->eps_nano, ask.eps_nano, &sum.eps_nano))
        return false;
    *io = sum;
    return true;
}

int64_t
accountant_amount(enum accounting acc, struct budget b)
{
    switch (acc) {
    case ACCOUNT_PURE:
        return b.eps_nano;
    case ACCOUNT_ZCDP:
        return b.rho_nano;
    }
    UNREACHABLE();
}
