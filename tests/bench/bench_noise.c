/* bench_noise.c -- draws per second of the exact samplers, beside plain Python.
 *
 * Aims on one core: 5 M discrete Laplace and 3 M discrete Gaussian draws a second,
 * and a noisy histogram of 100 000 keys within 0.1 s. */
#include "policies/mechanism.h"
#include "policies/noise.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DRAWS 2000000
#define KEYS  100000

static double
seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The sum keeps the compiler from leaving draws out. */
static double
laplace_rate(struct rng *r, uint64_t num, uint64_t den)
{
    volatile int64_t sum = 0;
    double start = seconds();

    for (int i = 0; i < DRAWS; i++)
        sum = sum + (int64_t)noise_discrete_laplace(r, num, den);
    return DRAWS / (seconds() - start) / 1e6;
}

static double
gaussian_rate(struct rng *r, uint64_t a, unsigned f)
{
    volatile int64_t sum = 0;
    double start = seconds();

    for (int i = 0; i < DRAWS; i++)
        sum = sum + (int64_t)noise_discrete_gaussian(r, a, f);
    return DRAWS / (seconds() - start) / 1e6;
}

static void
bench_laplace(struct rng *r)
{
    static const struct {
        const char *name;
        uint64_t num, den;
    } row[] = {
        {"scale 1", 1, 1},
        {"scale 10", 10, 1},
        {"scale 1000", 1000, 1},
        {"scale 1e9 / 123456789", 1000000000, 123456789},
        {"scale 2^40 + 1", (UINT64_C(1) << 40) + 1, 1},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        printf("discrete Laplace   %-24s %6.2f M draws/s\n", row[i].name,
            laplace_rate(r, row[i].num, row[i].den));
}

static void
bench_gaussian(struct rng *r)
{
    static const struct {
        const char *name;
        int64_t rho;
        unsigned l2sq;
    } row[] = {
        {"rho 0.5, l2 1", 500000000, 1},
        {"rho 0.005, l2 1", 5000000, 1},
        {"rho 0.01, l2 1000", 10000000, 1000000},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct diag d = {0};
        struct price p = {.kind = PRICE_RHO, .nano = row[i].rho};
        struct sensitivity s = {.l1 = 1000, .l2sq = row[i].l2sq, .linf = 1000};
        struct mechanism m;

        if (mechanism_plan(&d, ACCOUNT_ZCDP, &p, &s, &m) != ERR_OK)
            exit(1);
        printf("discrete Gaussian  %-24s %6.2f M draws/s\n", row[i].name,
            gaussian_rate(r, m.scale_num, (unsigned)m.scale_den));
    }
}

static void
bench_histogram(struct rng *r)
{
    struct diag d = {0};
    struct price p = {.kind = PRICE_EPSILON, .nano = 100000000};
    struct sensitivity s = {.l1 = 1, .l2sq = 1, .linf = 1};
    struct mechanism m;
    __int128 *truth = calloc(KEYS, sizeof *truth);
    int64_t *noisy = calloc(KEYS, sizeof *noisy);

    if (truth == NULL || noisy == NULL ||
        mechanism_plan(&d, ACCOUNT_PURE, &p, &s, &m) != ERR_OK)
        exit(1);
    double start = seconds();

    mechanism_run(&m, r, truth, KEYS, noisy);
    printf("noisy histogram    %-24s %6.1f ms\n", "100000 keys",
        1e3 * (seconds() - start));
    free(truth);
    free(noisy);
}

int
main(void)
{
    struct rng *r = rng_new();

    bench_laplace(r);
    bench_gaussian(r);
    bench_histogram(r);
    rng_free(r);
    fflush(stdout);
    return system("python3 tests/bench/bench_noise.py") == 0 ? 0 : 1;
}
