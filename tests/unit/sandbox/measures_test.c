/* measures_test.c -- moments, fits and choices: by hand, at a huge price, and refused. */
#include "tests/unit/sandbox/made_table.h"

#include "datasite/base/json.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const char schema[] =
    "{\"unit\":null,\"columns\":["
    "{\"name\":\"x\",\"type\":\"integer\",\"lower\":\"0\",\"upper\":\"20\"},"
    "{\"name\":\"y\",\"type\":\"decimal\",\"decimals\":1,\"lower\":\"-50\",\"upper\":"
    "\"50\"},"
    "{\"name\":\"w\",\"type\":\"category\",\"categories\":[\"A\",\"B\",\"C\"]},"
    "{\"name\":\"b\",\"type\":\"boolean\"},"
    "{\"name\":\"t\",\"type\":\"text\"},"
    "{\"name\":\"free\",\"type\":\"integer\"},"
    "{\"name\":\"big\",\"type\":\"integer\",\"lower\":\"0\",\"upper\":\"1000000000\"}]"
    "}";

/* y = 2 x - 3 but for the last row, which has no y. */
static const char csv[] = "x,y,w,b,t,free,big\n"
                          "1,-1,A,false,p,-3,1\n"
                          "2,1,A,false,p,5,2\n"
                          "4,5,B,false,q,17,999999999\n"
                          "8,13,B,true,q,0,1000000000\n"
                          "9,15,C,true,q,2,3\n"
                          "20,,,,,,\n";

static struct made_table m;

static void
open_table(void)
{
    cr_assert_eq(made_table(&m, schema, csv), ERR_OK, "%s", m.diag.text);
}

static void
close_table(void)
{
    made_table_release(&m);
}

TestSuite(measures, .init = open_table, .fini = close_table);

#define BY_B          "{\"op\":\"group_by\",\"columns\":[\"b\"]}"
#define BY_W          "{\"op\":\"group_by\",\"columns\":[\"w\"]}"
#define VARIANCE(c)   "{\"kind\":\"variance\",\"column\":\"" c "\"}"
#define COVARIANCE(c) "{\"kind\":\"covariance\",\"columns\":[" c "]}"
#define MOST(c, k)    "{\"kind\":\"most_common\",\"column\":\"" c "\",\"k\":" k "}"
#define ABOVE(q, t) \
    "{\"kind\":\"above_threshold\",\"queries\":[" q "],\"threshold\":" t "}"
#define BOUNDS(c)      "{\"kind\":\"bounds\",\"column\":\"" c "\"}"
#define LINEAR(more)   "{\"kind\":\"fit\",\"model\":\"linear\"," more "}"
#define LOGISTIC(more) "{\"kind\":\"fit\",\"model\":\"logistic\"," more "}"
#define MEDIAN(from_to)                                                \
    "{\"kind\":\"quantile\",\"column\":\"x\",\"quantiles\":[\"0.5\"]," \
    "\"candidates\":[" from_to ",\"1\"]}"

Test(measures, exact_answers)
{
    static const struct {
        const char *ops, *measure, *starts;
    } cases[] = {
        /* 1 2 4 8 9 20: mean 22/3, sum of squares 566 */
        {"", VARIANCE("x"), "{\"value\":40555555555556,\"decimals\":12,"},
        /* y: -1 1 5 13 15: mean 6.6, sum of squares 421 */
        {"", VARIANCE("y"), "{\"value\":40640000000000,\"decimals\":12,"},
        {BY_B, VARIANCE("y"),
            "{\"keys\":[[false],[true]],\"values\":[6222222222222,1000000000000],"},
        {"{\"op\":\"where\",\"expr\":\"x > 9\"}", VARIANCE("y"), "{\"value\":null,"},
        /* 1 2 3 999999999 1000000000, to the last digit */
        {"", VARIANCE("big"), "{\"value\":239999998800000002,\"decimals\":0,"},
        /* x and y over five rows: 2 var(x) = 2 (166/5 - 4.8^2) */
        {"", COVARIANCE("\"x\",\"y\""), "{\"value\":20320000000000,\"decimals\":12,"},
        {"", COVARIANCE("\"x\",\"y\",\"b\""),
            "{\"values\":[[10160000000000,20320000000000,"},
        {"", MOST("w", "3"), "{\"values\":[\"A\",\"B\",\"C\"],"},
        {"{\"op\":\"where\",\"expr\":\"x > 2\"}", MOST("w", "2"),
            "{\"values\":[\"B\",\"C\"],"},
        {"", MOST("b", "1"), "{\"values\":[false],"},
        {"", ABOVE("\"x > 8\",\"x > 3\",\"true\"", "3"), "{\"value\":2,"},
        {"", ABOVE("\"x > 8\"", "2"), "{\"value\":null,"},
        {"", ABOVE("\"t == 'q'\"", "2"), "{\"value\":1,"},
        /* -3 is in [-4,-2), 17 in [16,32) */
        {"", BOUNDS("free"), "{\"keys\":[[\"lower\"],[\"upper\"]],\"values\":[-4,31],"},
        {"{\"op\":\"where\",\"expr\":\"x > 99\"}", BOUNDS("free"),
            "{\"keys\":[],\"values\":[],"},
        {BY_B, BOUNDS("free"),
            "{\"keys\":[[false,\"lower\"],[false,\"upper\"],[true,\"lower\"],[true,"
            "\"upper\"]],\"values\":[-4,31,0,3],"},
        {"{\"op\":\"where\",\"expr\":\"x < 8\"}," BY_B, BOUNDS("free"),
            "{\"keys\":[[false,\"lower\"],[false,\"upper\"]],\"values\":[-4,31],"},
        {BY_W, ABOVE("\"x > 8\",\"x > 3\"", "0"),
            "{\"keys\":[[\"A\"],[\"B\"],[\"C\"]],\"values\":[null,2,1],"},
        {BY_B, MEDIAN("\"0\",\"20\""),
            "{\"keys\":[[false],[true]],\"values\":[[2],[8]],"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = exactly(&m, cases[i].ops, cases[i].measure);
        cr_expect_eq(strncmp(got, cases[i].starts, strlen(cases[i].starts)), 0,
            "%s is %s", cases[i].measure, got);
    }
}

/* The named coefficients of an answer document. */
static void
expect_fit(const char *json, double slope, double intercept, double within)
{
    struct diag d = {0};
    json_auto_t *o = NULL;
    const json_t *values;

    cr_assert_eq(json_parse(&d, str_of(json), &o), ERR_OK);
    values = json_object_get(o, "values");
    cr_assert_eq(json_array_size(values), 2, "%s", json);
    cr_expect_float_eq((double)json_integer_value(json_array_get(values, 0)) / 1e9,
        slope, within, "%s", json);
    cr_expect_float_eq((double)json_integer_value(json_array_get(values, 1)) / 1e9,
        intercept, within, "%s", json);
}

#define ON_X "\"target\":\"y\",\"columns\":[\"x\"]"

Test(measures, a_line_is_found)
{
    expect_fit(exactly(&m, "", LINEAR(ON_X)), 2, -3, 1e-5);
    struct asked a =
        ask(&m, "{\"measure\":" LINEAR(ON_X) ",\"price\":{\"epsilon\":\"1000000\"}}");
    cr_assert_eq(a.err, ERR_OK, "%s", a.text);
    expect_fit(a.json, 2, -3, 0.02);
    /* through the origin: sum(x y) / sum(x^2) = 260 / 166 */
    const char *json = exactly(&m, "", LINEAR(ON_X ",\"intercept\":false"));
    cr_expect_eq(
        strncmp(json, "{\"keys\":[[\"x\"]],\"values\":[15662650", 34), 0, "%s", json);
}

Test(measures, a_logistic_curve_is_found)
{
    struct made_table many;
    BUF_SCOPE(text);

    /* x from 0 to 20, true with the probability 1 / (1 + exp(-(x - 10) / 2)) */
    buf_init(&text, 1 << 20);
    buf_addz(&text, "x,y,w,b,t,free,big\n");
    for (int x = 0; x <= 20; x++) {
        int share = (int)lround(100 / (1 + exp(-(x - 10) / 2.0)));
        for (int i = 0; i < 100; i++)
            buf_addf(&text, "%d,,,%s,,,\n", x, i < share ? "true" : "false");
    }
    cr_assert_eq(made_table(&many, schema, text.ptr), ERR_OK, "%s", many.diag.text);
#define STEPS "\"target\":\"b\",\"columns\":[\"x\"],\"steps\":\"400\",\"rate\":\"8\""
    expect_fit(exactly(&many, "", LOGISTIC(STEPS)), 0.5, -5, 0.1);
    struct asked a = ask(
        &many, "{\"measure\":" LOGISTIC(STEPS) ",\"price\":{\"epsilon\":\"100000\"}}");
    cr_assert_eq(a.err, ERR_OK, "%s", a.text);
    cr_expect_eq(a.price.eps_nano, INT64_C(100000000000000));
    expect_fit(a.json, 0.5, -5, 0.2);
    made_table_release(&many);
}

/* The values of one group stand where they would alone. */
static void
expect_same_values(const json_t *grouped, size_t *at, const char *alone)
{
    struct diag d = {0};
    json_auto_t *o = NULL;
    const json_t *values;

    cr_assert_eq(json_parse(&d, str_of(alone), &o), ERR_OK);
    values = json_object_get(o, "values");
    cr_assert_gt(json_array_size(values), 0, "%s", alone);
    for (size_t i = 0; i < json_array_size(values); i++, (*at)++)
        cr_expect(json_equal(json_array_get(grouped, *at), json_array_get(values, i)),
            "%s, place %zu", alone, *at);
}

Test(measures, groups_are_fitted_as_their_rows_alone)
{
    static const char *const measures[] = {BOUNDS("free"), LINEAR(ON_X),
        LINEAR(ON_X ",\"intercept\":false"),
        LOGISTIC("\"target\":\"b\",\"columns\":[\"x\"]"),
        LOGISTIC("\"target\":\"late\",\"columns\":[\"x\",\"y\"],\"clip\":\"0.3\"")};
    static const char late[] =
        "{\"op\":\"derive\",\"name\":\"late\",\"expr\":\"x % 3 == 1\"}";

    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        struct diag d = {0};
        json_auto_t *o = NULL;
        size_t at = 0;
        cr_assert_eq(json_parse(&d,
                         str_of(exactly(&m, arena_strf(m.arena, "%s,%s", late, BY_B),
                             measures[i])),
                         &o),
            ERR_OK);
        for (int b = 0; b < 2; b++)
            expect_same_values(json_object_get(o, "values"), &at,
                exactly(&m,
                    arena_strf(m.arena, "%s,{\"op\":\"where\",\"expr\":\"%s\"}", late,
                        b ? "b" : "not b"),
                    measures[i]));
        cr_expect_eq(
            at, json_array_size(json_object_get(o, "values")), "%s", measures[i]);
    }
}

/* Of one answer, the numbers alone: a list of them, or the only one. */
static json_t *
told_values(struct str answer)
{
    struct diag d = {0};
    json_auto_t *o = NULL;
    json_t *list, *one;

    cr_assert_eq(json_parse(&d, answer, &o), ERR_OK);
    list = json_object_get(o, "values");
    one = json_array_get(list, 0);
    if (list == NULL)
        return json_pack("[O]", json_object_get(o, "value"));
    return json_is_array(one) ? json_incref(one) : json_incref(list);
}

/* A list of one key has rows that belong to no group, as every other list. */
Test(measures, a_single_key_is_told_of_its_own_rows)
{
    static const char one_key[] =
        "{\"op\":\"group_by\",\"columns\":[\"w\"],\"keys\":[[\"B\"]]}";
    static const char its_rows[] = "{\"op\":\"where\",\"expr\":\"w == 'B'\"}";
    static const char *const measures[] = {"{\"kind\":\"count\"}",
        "{\"kind\":\"count_units\"}", "{\"kind\":\"sum\",\"column\":\"x\"}",
        "{\"kind\":\"sum\",\"column\":\"big\"}", "{\"kind\":\"mean\",\"column\":\"x\"}",
        VARIANCE("x"), COVARIANCE("\"x\",\"y\""), MEDIAN("\"0\",\"20\""),
        MOST("b", "1"), BOUNDS("free"), LINEAR(ON_X),
        ABOVE("\"x > 7\",\"x > 3\"", "\"1\""),
        "{\"kind\":\"histogram\",\"column\":\"b\"}"};

    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        json_auto_t *got = told_values(str_of(exactly(&m, one_key, measures[i])));
        json_auto_t *want = told_values(str_of(exactly(&m, its_rows, measures[i])));
        cr_expect(json_equal(got, want), "%s: %s", measures[i],
            exactly(&m, one_key, measures[i]));
    }
}

/* Equal scores, too, are chosen as the truth chooses them. */
/* The least gap is the order among equals, one part in 100 000 of a quantile's change. */
Test(measures, noisy_equals_exact_at_a_huge_price)
{
    static const char *const questions[] = {
        "\"measure\":" MEDIAN("\"0\",\"20\""),
        "\"measure\":" MEDIAN("\"5\",\"7\""),
        "\"ops\":[" BY_B "],\"measure\":" MEDIAN("\"0\",\"20\""),
        "\"measure\":" MOST("w", "3"),
        "\"measure\":" ABOVE("\"x > 8\",\"x > 3\"", "3"),
        "\"measure\":" BOUNDS("free"),
        "\"ops\":[" BY_B "],\"measure\":" BOUNDS("free"),
        "\"ops\":[" BY_W "],\"measure\":" ABOVE("\"x > 8\",\"x > 3\"", "0"),
        "\"measure\":" VARIANCE("x"),
        "\"measure\":" COVARIANCE("\"x\",\"y\""),
    };

    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        struct asked truth =
            ask(&m, arena_strf(m.arena, "{%s,\"exact\":true}", questions[i]));
        struct asked noisy = ask(&m,
            arena_strf(
                m.arena, "{%s,\"price\":{\"epsilon\":\"100000000\"}}", questions[i]));
        cr_assert_eq(truth.err, ERR_OK, "%s", truth.text);
        cr_assert_eq(noisy.err, ERR_OK, "%s", noisy.text);
        size_t same = i < 8 ? (size_t)(strstr(truth.json, "error95") - truth.json) : 12;
        cr_expect_eq(strncmp(truth.json, noisy.json, same), 0, "%s against %s",
            truth.json, noisy.json);
    }
}

Test(measures, refused)
{
    static const struct {
        const char *measure, *price;
        enum err err;
        const char *says;
    } cases[] = {
        {VARIANCE("free"), "epsilon", ERR_INVALID, "no declared bounds"},
        {VARIANCE("w"), "epsilon", ERR_INVALID, "not a number"},
        {COVARIANCE("\"x\""), "epsilon", ERR_INVALID, "2 at least"},
        {COVARIANCE("\"x\",\"x\""), "epsilon", ERR_INVALID, "twice"},
        {COVARIANCE("\"x\",\"free\""), "epsilon", ERR_INVALID, "no declared bounds"},
        {MOST("t", "1"), "epsilon", ERR_INVALID, "not public"},
        {MOST("w", "4"), "epsilon", ERR_INVALID, "k must"},
        {MOST("w", "0"), "epsilon", ERR_INVALID, "k must"},
        {ABOVE("\"x\"", "1"), "epsilon", ERR_INVALID, "condition"},
        {ABOVE("", "1"), "epsilon", ERR_INVALID, "list"},
        {ABOVE("\"x > 1\"", "1"), "rho", ERR_INVALID, "epsilon"},
        {BOUNDS("t"), "epsilon", ERR_INVALID, "not a number"},
        {BOUNDS("free"), "error", ERR_INVALID, "depends on the data"},
        {LOGISTIC("\"target\":\"b\",\"columns\":[\"x\"]"), "error", ERR_INVALID,
            "depends on the data"},
        {LINEAR(ON_X), "error", ERR_INVALID, "depends on the data"},
        {LINEAR("\"target\":\"x\",\"columns\":[\"x\"]"), "epsilon", ERR_INVALID,
            "twice"},
        {LINEAR("\"columns\":[\"x\"]"), "epsilon", ERR_INVALID, "target"},
        {LINEAR(ON_X ",\"steps\":\"3\""), "epsilon", ERR_INVALID, "logistic"},
        {LOGISTIC(ON_X), "epsilon", ERR_INVALID, "true or false"},
        {"{\"kind\":\"fit\",\"model\":\"magic\"," ON_X "}", "epsilon", ERR_INVALID,
            "linear or logistic"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct asked a = ask_in(&m, LANE_DP, ACCOUNT_ZCDP,
            arena_strf(m.arena, "{\"measure\":%s,\"price\":{\"%s\":\"1\"}}",
                cases[i].measure, cases[i].price));
        cr_expect_eq(a.err, cases[i].err, "%s: %s", cases[i].measure, a.text);
        cr_expect_not_null(
            strstr(a.text, cases[i].says), "%s: %s", cases[i].measure, a.text);
    }
}

Test(measures, error_prices_reach_their_error)
{
    static const char *const measures[] = {VARIANCE("x"), COVARIANCE("\"x\",\"y\""),
        MOST("w", "2"), MEDIAN("\"0\",\"20\""), ABOVE("\"x > 8\",\"x > 3\"", "3")};

    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        struct question_context c = {.schema = &m.schema,
            .lane = LANE_DP,
            .accounting = ACCOUNT_ZCDP,
            .rows_assumed = 1000};
        struct diag d = {0};
        struct question *q;
        int64_t error;
        cr_assert_eq(
            question_parse(&d, m.arena, &c,
                str_of(arena_strf(m.arena,
                    "{\"measure\":%s,\"price\":{\"error\":\"7\"}}", measures[i])),
                &q),
            ERR_OK, "%s", d.text);
        cr_assert(str_fixed(str_of(question_error95(q)), 12, &error), "%s",
            question_error95(q));
        cr_expect_leq(error, INT64_C(7000000000000), "%s", question_error95(q));
        cr_expect_geq(error, INT64_C(6500000000000), "%s", question_error95(q));
    }
}
