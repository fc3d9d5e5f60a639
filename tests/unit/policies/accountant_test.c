/* accountant_test.c -- promises in integers: no rounding the wrong way, no overflow. */
#include "policies/accountant.h"

#include "policies/rng.h"

#include <criterion/criterion.h>

#define MICRO_DELTA (ATTO / 1000000)

Test(accountant, pure_limits_are_the_epsilon_itself)
{
    struct diag d = {0};
    struct budget b;

    cr_assert_eq(accountant_limit(&d, ACCOUNT_PURE, NANO, 0, &b), ERR_OK);
    cr_expect_eq(b.eps_nano, NANO);
    cr_expect_eq(b.delta_atto, 0);
    cr_expect_eq(accountant_amount(ACCOUNT_PURE, b), NANO);
}

/* cdp_rho(1, 5e-7) = 0.022937..., by the reference code of Canonne, Kamath, Steinke. */
Test(accountant, zcdp_limits_are_rho_rounded_down)
{
    struct diag d = {0};
    struct budget b;

    cr_assert_eq(accountant_limit(&d, ACCOUNT_ZCDP, NANO, MICRO_DELTA, &b), ERR_OK);
    cr_expect_eq(b.rho_nano / 1000, 22937);
    cr_expect_eq(b.delta_atto, MICRO_DELTA / 2);
    cr_expect_eq(b.eps_nano, EPS_NONE);
}

/* A dataset spent to its last nano reports no more than was promised, and one nano more
 * would. */
Test(accountant, limits_report_what_they_stand_for)
{
    static const int64_t eps[] = {
        1000, NANO / 100, NANO / 2, NANO, 3 * NANO, 100 * NANO, 1000000 * NANO};
    static const int64_t delta[] = {2, 1000000, MICRO_DELTA, ATTO / 100};

    for (size_t i = 0; i < sizeof eps / sizeof eps[0]; i++) {
        for (size_t k = 0; k < sizeof delta / sizeof delta[0]; k++) {
            struct diag d = {0};
            struct budget b;

            cr_assert_eq(
                accountant_limit(&d, ACCOUNT_ZCDP, eps[i], delta[k], &b), ERR_OK);
            cr_expect_leq(accountant_eps_nano(ACCOUNT_ZCDP, b, delta[k]), eps[i]);
            b.rho_nano++;
            cr_expect_gt(
                accountant_eps_nano(ACCOUNT_ZCDP, b, b.delta_atto + delta[k] / 2),
                eps[i]);
        }
    }
}

Test(accountant, limits_out_of_range_are_refused)
{
    static const struct {
        enum accounting acc;
        int64_t eps, delta;
    } row[] = {
        {ACCOUNT_PURE, -1, 0},
        {ACCOUNT_PURE, NANO, 1},
        {ACCOUNT_ZCDP, NANO, 0},
        {ACCOUNT_ZCDP, NANO, 1},
        {ACCOUNT_ZCDP, NANO, ATTO},
        {ACCOUNT_ZCDP, -1, 5},
        {ACCOUNT_PURE, PRICE_NANO_MAX + 1, 0},
        {ACCOUNT_ZCDP, NANO, -5},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct diag d = {0};
        struct budget b;

        cr_expect_eq(accountant_limit(&d, row[i].acc, row[i].eps, row[i].delta, &b),
            ERR_INVALID, "row %zu", i);
    }
}

Test(accountant, nothing_spent_is_zero)
{
    cr_expect_eq(accountant_eps_nano(ACCOUNT_ZCDP, (struct budget){0}, MICRO_DELTA), 0);
    cr_expect_eq(accountant_eps_nano(ACCOUNT_PURE, (struct budget){0}, 0), 0);
}

/* The spent part of delta is not there to convert with. */
Test(accountant, spent_delta_makes_the_report_dearer)
{
    struct budget b = {.rho_nano = NANO / 100, .delta_atto = 0};
    int64_t fresh = accountant_eps_nano(ACCOUNT_ZCDP, b, MICRO_DELTA);

    b.delta_atto = MICRO_DELTA / 2;
    cr_expect_gt(accountant_eps_nano(ACCOUNT_ZCDP, b, MICRO_DELTA), fresh);
    b.delta_atto = MICRO_DELTA;
    cr_expect_gt(accountant_eps_nano(ACCOUNT_ZCDP, b, MICRO_DELTA), PRICE_NANO_MAX);
}

/* Ten tenths are one: the tenth fits, the eleventh does not. */
Test(accountant, budgets_fit_exactly)
{
    struct budget limit = {.eps_nano = NANO}, used = {0};
    struct budget tenth = {.rho_nano = 1, .eps_nano = NANO / 10};

    for (int i = 0; i < 10; i++) {
        cr_assert(accountant_fits(ACCOUNT_PURE, limit, used, tenth));
        cr_assert(accountant_add(&used, tenth));
    }
    cr_expect_eq(used.eps_nano, NANO);
    cr_expect(!accountant_fits(ACCOUNT_PURE, limit, used, tenth));
    cr_expect(
        !accountant_fits(ACCOUNT_PURE, limit, used, (struct budget){.eps_nano = 1}));
    cr_expect(accountant_fits(ACCOUNT_PURE, limit, used, (struct budget){0}));
}

/* dp_accounting's RdpAccountant drops the count of a repeated exponential mechanism and
 * charges ten for one. */
Test(accountant, repeats_are_charged_each)
{
    struct budget used = {0}, one = {.rho_nano = 248301561, .eps_nano = EPS_NONE};

    for (int i = 0; i < 10; i++)
        cr_assert(accountant_add(&used, one));
    cr_expect_eq(used.rho_nano, 2483015610);
}

Test(accountant, pure_takes_only_what_is_pure)
{
    struct budget limit = {.eps_nano = NANO}, none = {0};
    struct budget gaussian = {.rho_nano = 5, .eps_nano = EPS_NONE};
    struct budget threshold = {.eps_nano = 5, .delta_atto = 1};

    cr_expect(!accountant_fits(ACCOUNT_PURE, limit, none, gaussian));
    cr_expect(!accountant_fits(ACCOUNT_PURE, limit, none, threshold));
}

Test(accountant, zcdp_holds_rho_and_delta_at_once)
{
    struct budget limit = {.rho_nano = 10, .delta_atto = 10, .eps_nano = EPS_NONE};
    struct budget used = {.rho_nano = 5, .delta_atto = 5};

    cr_expect(accountant_fits(ACCOUNT_ZCDP, limit, used, (struct budget){5, 5, 9}));
    cr_expect(!accountant_fits(ACCOUNT_ZCDP, limit, used, (struct budget){6, 0, 9}));
    cr_expect(!accountant_fits(ACCOUNT_ZCDP, limit, used, (struct budget){0, 6, 9}));
}

Test(accountant, negative_and_overflowing_asks_never_fit)
{
    struct budget limit = {INT64_MAX, INT64_MAX, INT64_MAX}, used = {1, 1, 1};
    struct budget much = {INT64_MAX, 0, INT64_MAX}, minus = {-1, 0, -1};

    cr_expect(!accountant_fits(ACCOUNT_PURE, limit, used, much));
    cr_expect(!accountant_fits(ACCOUNT_ZCDP, limit, used, much));
    cr_expect(!accountant_fits(ACCOUNT_ZCDP, limit, used, minus));
    cr_expect(!accountant_add(&used, much));
    cr_expect_eq(used.rho_nano, 1, "a refused addition changes nothing");
}

/* Used beyond the limit, as after a limit was lowered by hand, leaves no room; nor do
 * amounts below zero make any. */
Test(accountant, what_is_overdrawn_or_negative_makes_no_room)
{
    struct budget limit = {.rho_nano = 5, .delta_atto = 5, .eps_nano = 5};
    struct budget all = {.rho_nano = 5, .eps_nano = 5};
    struct budget over = {.rho_nano = 6, .delta_atto = 0, .eps_nano = 6}, none = {0};
    struct budget below = {.rho_nano = -9, .delta_atto = 0, .eps_nano = -9};

    for (enum accounting acc = ACCOUNT_PURE; acc <= ACCOUNT_ZCDP; acc++) {
        cr_expect(!accountant_fits(acc, limit, over, none));
        cr_expect(!accountant_fits(acc, limit, below, all));
        cr_expect(accountant_fits(acc, limit, none, all), "an exact fit");
    }
    over = (struct budget){.delta_atto = 6};
    cr_expect(!accountant_fits(ACCOUNT_ZCDP, limit, over, none));
    cr_expect(!accountant_add(&over, (struct budget){.delta_atto = INT64_MAX}));
    cr_expect(!accountant_add(
        &(struct budget){.eps_nano = 1}, (struct budget){.eps_nano = INT64_MAX}));
}

static struct budget
drawn(struct rng *r, enum accounting acc, uint64_t most)
{
    return (struct budget){.rho_nano = (int64_t)rng_below(r, most),
        .delta_atto = acc == ACCOUNT_ZCDP ? (int64_t)rng_below(r, most) : 0,
        .eps_nano = (int64_t)rng_below(r, most)};
}

static bool
within(enum accounting acc, struct budget limit, struct budget sum)
{
    return accountant_amount(acc, sum) <= accountant_amount(acc, limit) &&
        sum.delta_atto <= limit.delta_atto;
}

/* Dataset, project, researcher and job at once, asked whatever earlier answers suggest: a
 * charge is made exactly where all stay within their limits. */
Test(accountant, filters_hold_at_once)
{
    enum {
        CAPS = 4,
        RUNS = 500,
        ASKS = 60
    };
    struct rng *r = rng_seeded(8);
    int made = 0, refused = 0;

    for (int run = 0; run < RUNS; run++) {
        enum accounting acc = run % 2 != 0 ? ACCOUNT_ZCDP : ACCOUNT_PURE;
        struct budget limit[CAPS], used = {0}, ask;
        for (int c = 0; c < CAPS; c++)
            limit[c] = drawn(r, acc, 400);
        for (int n = 0; n < ASKS; n++) {
            struct budget sum = used;
            bool fits = true, room = true;
            ask = drawn(r, acc, 20);
            cr_assert(accountant_add(&sum, ask));
            for (int c = 0; c < CAPS; c++) {
                fits = fits && accountant_fits(acc, limit[c], used, ask);
                room = room && within(acc, limit[c], sum);
            }
            cr_assert_eq(fits, room);
            used = fits ? sum : used;
            made += fits;
            refused += !fits;
        }
    }
    cr_expect_gt(made, RUNS);
    cr_expect_gt(refused, RUNS);
    rng_free(r);
}

Test(accountant, not_pure_stays_not_pure)
{
    struct budget b = {1, 0, EPS_NONE};

    cr_assert(accountant_add(&b, (struct budget){1, 0, 5}));
    cr_expect_eq(b.eps_nano, EPS_NONE);
    b.eps_nano = 3;
    cr_assert(accountant_add(&b, (struct budget){1, 0, EPS_NONE}));
    cr_expect_eq(b.eps_nano, EPS_NONE);
}

Test(accountant, names)
{
    cr_expect_str_eq(accounting_name(ACCOUNT_PURE), "pure");
    cr_expect_str_eq(accounting_name(ACCOUNT_ZCDP), "zcdp");
}
