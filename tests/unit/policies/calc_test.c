/* calc_test.c -- the calculator against numbers of others, and against misuse. */
#include "policies/calc.h"

#include "datasite/base/check.h"
#include "datasite/base/fdio.h"
#include "datasite/base/json.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN    "tests/golden/calc.json"
#define PUBLISHED "../shared/dp/vectors.json"

/* A member of "args" as the command line would have it. */
static void
arg_text(const char *key, const json_t *value, char out[512])
{
    char *text = json_is_string(value) ? strdup(json_string_value(value))
                                       : json_dumps(value, JSON_ENCODE_ANY);

    snprintf(out, 512, "%s=%s", key, text);
    free(text);
}

static enum err
run_vector(struct diag *d, json_t *vector, char out[64])
{
    static char text[12][512];
    const char *args[12];
    size_t n = 0;
    const char *key;
    json_t *value;

    json_object_foreach(json_object_get(vector, "args"), key, value)
    {
        arg_text(key, value, text[n]);
        args[n] = text[n];
        n++;
    }
    return calc_run(d, json_string_value(json_object_get(vector, "fn")), n, args, out);
}

static bool
within(const json_t *vector, double got)
{
    const json_t *expect = json_object_get(vector, "expect");
    double want = json_is_string(expect) ? strtod(json_string_value(expect), NULL)
                                         : json_number_value(expect);
    double tol = json_number_value(json_object_get(vector, "tol"));
    bool relative =
        strcmp(json_string_value(json_object_get(vector, "tol_kind")), "rel") == 0;

    return fabs(got - want) <= tol * (relative ? fabs(want) : 1);
}

static void
check_vector(json_t *vector)
{
    const char *id = json_string_value(json_object_get(vector, "id"));
    json_t *expect = json_object_get(vector, "expect");
    struct diag d = {0};
    char out[64];

    cr_assert_eq(run_vector(&d, vector, out), ERR_OK, "%s: %s", id, d.text);
    if (!json_is_array(expect)) {
        cr_expect(within(vector, strtod(out, NULL)), "%s: got %s", id, out);
        return;
    }
    char *list = json_dumps(expect, 0);

    cr_expect_str_eq(out, list, "%s", id);
    free(list);
}

static size_t
check_file(const char *path)
{
    BUF_SCOPE(text);
    struct diag d = {0};
    json_t *doc, *vector;
    size_t i, n = 0;

    buf_init(&text, 8 << 20);
    cr_assert_eq(file_read(&d, path, &text), ERR_OK, "%s", d.text);
    cr_assert_eq(json_parse(&d, buf_str(&text), &doc), ERR_OK, "%s", d.text);
    json_array_foreach(json_object_get(doc, "vectors"), i, vector)
    {
        check_vector(vector);
        n++;
    }
    json_decref(doc);
    return n;
}

Test(calc, agrees_with_fifty_digits)
{
    cr_expect_gt(check_file(GOLDEN), 40);
}

Test(calc, agrees_with_what_others_published)
{
    FILE *f = fopen(PUBLISHED, "r");

    if (f == NULL) {
        fprintf(
            stderr, "skipped: %s is absent\n", PUBLISHED); /* a warning would fail */
        return;
    }
    fclose(f);
    cr_expect_gt(check_file(PUBLISHED), 130);
}

static enum err
run(const char *fn, const char *a, const char *b, const char *e, char out[64])
{
    struct diag d = {0};
    const char *args[3] = {a, b, e};
    size_t n = a == NULL ? 0 : b == NULL ? 1 : e == NULL ? 2 : 3;

    return calc_run(&d, fn, n, args, out);
}

Test(calc, misuse_is_refused)
{
    static const struct {
        const char *fn, *a, *b, *c;
        enum err want;
    } row[] = {
        {"no_such", NULL, NULL, NULL, ERR_NOT_FOUND},
        {"zcdp_eps", "rho=1", NULL, NULL, ERR_INVALID},
        {"zcdp_eps", "rho=1", "delta=0", NULL, ERR_INVALID},
        {"zcdp_eps", "rho=1", "delta=1", NULL, ERR_INVALID},
        {"zcdp_eps", "rho=-1", "delta=0.1", NULL, ERR_INVALID},
        {"zcdp_eps", "rho=1", "delta=0.1", "alpha=2", ERR_INVALID},
        {"zcdp_eps", "rho=1", "rho=1", "delta=0.1", ERR_INVALID},
        {"zcdp_eps", "rho=nan", "delta=0.1", NULL, ERR_INVALID},
        {"zcdp_eps", "rho=inf", "delta=0.1", NULL, ERR_INVALID},
        {"zcdp_eps", "rho=", "delta=0.1", NULL, ERR_INVALID},
        {"zcdp_eps", "rho", "delta=0.1", NULL, ERR_INVALID},
        {"zcdp_eps", "rho=1x", "delta=0.1", NULL, ERR_INVALID},
        {"zcdp_eps", "rho=((((((((((((((((((1", "delta=0.1", NULL, ERR_INVALID},
        {"gaussian_delta", "sigma=0", "eps=1", "l2=1", ERR_INVALID},
        {"laplace_rdp", "eps=1", "alpha=0.5", NULL, ERR_INVALID},
        {"permute_and_flip_pmf", "scores=[0,1]", "scale=1", "index=2", ERR_INVALID},
        {"quantile_score", "data=0..99999", "candidate=1", "alpha=1/2", ERR_INVALID},
        {"dgauss_variance", "sigma2=1e300", NULL, NULL, ERR_INVALID},
        {"sgm_eps_prv", "q=0.1", "sigma=1", "steps=5", ERR_INVALID},
        {"compose_laplace_eps_lower", "eps_each=0", "count=2", "delta=0.1",
            ERR_INVALID},
        {"compose_laplace_eps_lower", "eps_each=1", "count=0", "delta=0.1",
            ERR_INVALID},
        {"compose_laplace_eps_lower", "eps_each=1", "count=2", "delta=0", ERR_INVALID},
        {"compose_laplace_eps_lower", "eps_each=50", "count=1000000", "delta=1e-6",
            ERR_INVALID},
        {"smallest_laplace_scale", "eps=1", "delta=1", NULL, ERR_INVALID},
        {"geometric_exp1_mean", "x=1", NULL, NULL, ERR_INVALID},
        {"geometric_exp1_mean", NULL, NULL, NULL, ERR_OK},
    };
    char out[64];

    for (size_t i = 0; i < ARRAY_N(row); i++)
        cr_expect_eq(run(row[i].fn, row[i].a, row[i].b, row[i].c, out), row[i].want,
            "row %zu: %s", i, row[i].fn);
}

/* dp_accounting sums the sizes of binomial terms at fractional orders, and so reports
 * 6.7058e-4 here; and it charges ten exponential mechanisms as one, 0.2483. */
Test(calc, errors_of_dp_accounting_are_not_made)
{
    struct diag d = {0};
    const char *fractional[] = {"q=0.01", "sigma=2.5", "steps=50", "alpha=1.5"};
    const char *repeated[] = {"eps=1", "count=10", "alpha=2"};
    char out[64];

    cr_assert_eq(calc_run(&d, "subsampled_gaussian_rdp", 4, fractional, out), ERR_OK);
    cr_expect_float_eq(strtod(out, NULL), 6.500708971880397e-4, 1e-12, "%s", out);
    cr_assert_eq(calc_run(&d, "compose_expmech_rdp", 3, repeated, out), ERR_OK);
    cr_expect_float_eq(strtod(out, NULL), 2.4830156148224445, 1e-12, "%s", out);
}

static double
value(const char *fn, size_t n, const char *const *args)
{
    struct diag d = {0};
    char out[64];

    cr_assert_eq(calc_run(&d, fn, n, args, out), ERR_OK, "%s: %s", fn, d.text);
    return strtod(out, NULL);
}

/* Where a composition has a closed form, the grid agrees with it: everybody is sampled;
 * one Laplace alone; its delta is 1 - e^((eps - 1) / 2). */
Test(calc, the_grid_agrees_with_closed_forms)
{
    const char *sampled[] = {"q=1", "sigma=10", "count=25", "eps=1"};
    const char *whole[] = {"sigma=10", "count=25", "eps=1"};
    const char *steps[] = {"q=1", "sigma=10", "steps=25", "delta=1e-5"};
    const char *all[] = {"sigma=10", "count=25", "delta=1e-5"};
    const char *one[] = {"eps_each=1", "count=1", "delta=0.01"};
    double delta = value("compose_gaussian_delta", 3, whole);
    double eps = value("compose_gaussian_eps_exact", 3, all);

    cr_expect_float_eq(value("compose_sgm_delta", 4, sampled), delta, 1e-6 * delta);
    cr_expect_float_eq(value("sgm_eps_prv", 4, steps), eps, 1e-6 * eps);
    cr_expect_float_eq(
        value("compose_laplace_eps_lower", 3, one), 1 + 2 * log(0.99), 1e-6);
}

Test(calc, closed_forms_are_read)
{
    static const struct {
        const char *arg, *want;
    } row[] = {
        {"gamma=ln 2", "0.5"},
        {"gamma=2 ln 2", "0.25"},
        {"gamma=2*ln(4)/2", "0.25"},
        {"gamma=2 - 1 - 1", "1"},
        {"gamma=1-0.9^2=0.19 exact", "0.826959133943362"},
        {"gamma=2^-1074 (continuous limit)", "1"},
        {"gamma=1e-3", "0.999000499833375"},
        {"gamma=sqrt(4)", "0.135335283236613"},
    };
    char out[64];

    for (size_t i = 0; i < ARRAY_N(row); i++) {
        cr_assert_eq(run("bernoulli_exp", row[i].arg, NULL, NULL, out), ERR_OK, "%s",
            row[i].arg);
        cr_expect_str_eq(out, row[i].want, "%s", row[i].arg);
    }
}

Test(calc, every_function_is_listed_once)
{
    const char *name, *args, *other;

    for (size_t i = 0; calc_function(i, &name, &args); i++) {
        cr_expect_not_null(args);
        for (size_t k = 0; k < i; k++) {
            cr_assert(calc_function(k, &other, &args));
            cr_expect_str_neq(name, other);
        }
    }
}
