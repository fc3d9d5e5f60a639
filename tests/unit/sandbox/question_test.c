/* question_test.c -- questions over small tables whose answers can be counted by hand. */
#include "tests/unit/sandbox/made_table.h"

#include "datasite/base/digest.h"
#include "datasite/base/json.h"

#include <criterion/criterion.h>
#include <string.h>

static const char hospital_schema[] =
    "{\"unit\":{\"column\":\"who\",\"max_rows\":3},\"columns\":["
    "{\"name\":\"who\",\"type\":\"id\"},"
    "{\"name\":\"age\",\"type\":\"integer\",\"lower\":\"0\",\"upper\":\"120\"},"
    "{\"name\":\"bmi\",\"type\":\"decimal\",\"decimals\":1,\"lower\":\"10\",\"upper\":"
    "\"80\"},"
    "{\"name\":\"ward\",\"type\":\"category\",\"categories\":[\"A\",\"B\",\"C\"]},"
    "{\"name\":\"hidden\",\"type\":\"category\",\"categories\":[\"x\",\"y\"],"
    "\"public_categories\":false},"
    "{\"name\":\"died\",\"type\":\"boolean\"},"
    "{\"name\":\"seen\",\"type\":\"date\"},"
    "{\"name\":\"code\",\"type\":\"text\"},"
    "{\"name\":\"free\",\"type\":\"integer\"}]}";

static const char hospital_csv[] = "who,age,bmi,ward,hidden,died,seen,code,free\n"
                                   "p1,30,20.5,A,x,false,2020-01-01,E11,1\n"
                                   "p1,31,21.5,A,y,false,2020-02-01,E11,2\n"
                                   "p2,70,30.0,B,x,true,2021-01-01,I10,3\n"
                                   "p3,80,,B,x,true,2021-06-01,,4\n"
                                   "p4,,25.0,,y,,,J45,\n"
                                   "p5,130,99.9,A,x,false,2022-01-01,I10,6\n";

static struct made_table m;

static void
open_hospital(void)
{
    cr_assert_eq(
        made_table(&m, hospital_schema, hospital_csv), ERR_OK, "%s", m.diag.text);
}

static void
close_hospital(void)
{
    made_table_release(&m);
}

TestSuite(question, .init = open_hospital, .fini = close_hospital);

#define COUNT       "{\"kind\":\"count\"}"
#define BY(columns) "{\"op\":\"group_by\",\"columns\":[" columns "]}"

Test(question, exact_answers)
{
    static const struct {
        const char *ops, *measure, *answer;
    } cases[] = {
        {"", COUNT, "{\"value\":6,\"decimals\":0,\"error95\":\"0\"}"},
        {"", "{\"kind\":\"count_units\"}",
            "{\"value\":5,\"decimals\":0,\"error95\":\"0\"}"},
        /* 130 counts as 120, null does not count */
        {"", "{\"kind\":\"sum\",\"column\":\"age\"}",
            "{\"value\":331,\"decimals\":0,\"error95\":\"0\"}"},
        /* 20.5 + 21.5 + 30.0 + 25.0 + 80.0 */
        {"", "{\"kind\":\"sum\",\"column\":\"bmi\"}",
            "{\"value\":1770,\"decimals\":1,\"error95\":\"0\"}"},
        /* 331 / 5 */
        {"", "{\"kind\":\"mean\",\"column\":\"age\"}",
            "{\"value\":66200000000000,\"decimals\":12,\"error95\":\"0\"}"},
        {"", "{\"kind\":\"mean\",\"column\":\"died\"}",
            "{\"value\":400000000000,\"decimals\":12,\"error95\":\"0\"}"},
        {"{\"op\":\"where\",\"expr\":\"age > 500\"}",
            "{\"kind\":\"mean\",\"column\":\"age\"}",
            "{\"value\":null,\"decimals\":12,\"error95\":\"0\"}"},
        {"{\"op\":\"where\",\"expr\":\"age >= 65 and ward ~= 'C'\"}", COUNT,
            "{\"value\":3,\"decimals\":0,\"error95\":\"0\"}"},
        {"{\"op\":\"clip\",\"column\":\"age\",\"lower\":\"0\",\"upper\":\"75\"}",
            "{\"kind\":\"sum\",\"column\":\"age\"}",
            "{\"value\":281,\"decimals\":0,\"error95\":\"0\"}"},
        {"{\"op\":\"clip\",\"column\":\"free\",\"lower\":\"0\",\"upper\":\"10\"}",
            "{\"kind\":\"sum\",\"column\":\"free\"}",
            "{\"value\":16,\"decimals\":0,\"error95\":\"0\"}"},
        {"{\"op\":\"truncate\",\"rows\":\"1\"}", COUNT,
            "{\"value\":5,\"decimals\":0,\"error95\":\"0\"}"},
        {"{\"op\":\"derive\",\"name\":\"half\",\"expr\":\"age / 2\",\"decimals\":1,"
         "\"lower\":\"0\",\"upper\":\"60\"}",
            "{\"kind\":\"sum\",\"column\":\"half\"}",
            "{\"value\":1655,\"decimals\":1,\"error95\":\"0\"}"},
        {"{\"op\":\"derive\",\"name\":\"old\",\"expr\":\"age >= 65\"}",
            "{\"kind\":\"sum\",\"column\":\"old\"}",
            "{\"value\":3,\"decimals\":0,\"error95\":\"0\"}"},
        {"",
            "{\"kind\":\"histogram\",\"column\":\"age\",\"bins\":[\"0\",\"31\",\"80\","
            "\"120\"]}",
            "{\"values\":[1,2,2],\"decimals\":0,\"error95\":\"0\"}"},
        {"", "{\"kind\":\"histogram\",\"column\":\"ward\"}",
            "{\"values\":[3,2,0],\"decimals\":0,\"error95\":\"0\"}"},
        /* ages 30 31 70 80 120 */
        {"",
            "{\"kind\":\"quantile\",\"column\":\"age\",\"quantiles\":[\"0\",\"0.5\","
            "\"1\"],"
            "\"candidates\":[\"0\",\"120\",\"1\"]}",
            "{\"values\":[30,70,120],\"decimals\":0,\"error95\":\"0\"}"},
        {BY("\"ward\""), COUNT,
            "{\"keys\":[[\"A\"],[\"B\"],[\"C\"]],\"values\":[3,2,0],\"decimals\":0,"
            "\"error95\":\"0\"}"},
        {BY("\"ward\""), "{\"kind\":\"count_units\"}",
            "{\"keys\":[[\"A\"],[\"B\"],[\"C\"]],\"values\":[2,2,0],\"decimals\":0,"
            "\"error95\":\"0\"}"},
        {BY("\"ward\""), "{\"kind\":\"sum\",\"column\":\"age\"}",
            "{\"keys\":[[\"A\"],[\"B\"],[\"C\"]],\"values\":[181,150,0],\"decimals\":0,"
            "\"error95\":\"0\"}"},
        {BY("\"died\",\"ward\""), COUNT,
            "{\"keys\":[[false,\"A\"],[false,\"B\"],[false,\"C\"],[true,\"A\"],"
            "[true,\"B\"],[true,\"C\"]],\"values\":[3,0,0,0,2,0],\"decimals\":0,"
            "\"error95\":\"0\"}"},
        {"{\"op\":\"group_by\",\"columns\":[\"code\"],\"keys\":[[\"I10\"],[\"none\"],"
         "[\"E11\"]]}",
            COUNT,
            "{\"keys\":[[\"I10\"],[\"none\"],[\"E11\"]],\"values\":[2,0,2],"
            "\"decimals\":0,"
            "\"error95\":\"0\"}"},
        {"{\"op\":\"group_by\",\"columns\":[\"free\",\"hidden\"],\"keys\":[[6,\"x\"],"
         "[\"1\",\"y\"],[\"2\",\"y\"]]}",
            COUNT,
            "{\"keys\":[[6,\"x\"],[1,\"y\"],[2,\"y\"]],\"values\":[1,0,1],\"decimals\":"
            "0,"
            "\"error95\":\"0\"}"},
        {BY("\"ward\""), "{\"kind\":\"histogram\",\"column\":\"died\"}",
            "{\"keys\":[[\"A\"],[\"B\"],[\"C\"]],\"values\":[[3,0],[0,2],[0,0]],"
            "\"decimals\":0,\"error95\":\"0\"}"},
        {BY("\"code\""), COUNT,
            "{\"keys\":[[\"E11\"],[\"I10\"],[\"J45\"]],\"values\":[2,2,1],"
            "\"decimals\":0,\"error95\":\"0\"}"},
        {BY("\"hidden\""), "{\"kind\":\"sum\",\"column\":\"age\"}",
            "{\"keys\":[[\"x\"],[\"y\"]],\"values\":[300,31],\"decimals\":0,"
            "\"error95\":\"0\"}"},
        {"{\"op\":\"where\",\"expr\":\"code == 'I10'\"}", COUNT,
            "{\"value\":2,\"decimals\":0,\"error95\":\"0\"}"},
        {"{\"op\":\"where\",\"expr\":\"seen >= '2021-01-01' and seen - '2021-01-01' < "
         "200\"}",
            COUNT, "{\"value\":2,\"decimals\":0,\"error95\":\"0\"}"},
        {"{\"op\":\"select\",\"columns\":[\"age\",\"ward\"]}," BY("\"ward\""), COUNT,
            "{\"keys\":[[\"A\"],[\"B\"],[\"C\"]],\"values\":[3,2,0],\"decimals\":0,"
            "\"error95\":\"0\"}"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_str_eq(exactly(&m, cases[i].ops, cases[i].measure), cases[i].answer,
            "case %zu: %s", i, exactly(&m, cases[i].ops, cases[i].measure));
}

Test(question, noisy_equals_exact_at_a_huge_price)
{
    static const char *const questions[] = {
        "\"ops\":[],\"measure\":{\"kind\":\"count\"}",
        "\"ops\":[],\"measure\":{\"kind\":\"sum\",\"column\":\"bmi\"}",
        "\"ops\":[],\"measure\":{\"kind\":\"mean\",\"column\":\"age\"}",
        "\"ops\":[{\"op\":\"group_by\",\"columns\":[\"died\"]}],"
        "\"measure\":{\"kind\":\"mean\",\"column\":\"bmi\"}",
        "\"ops\":[],\"measure\":{\"kind\":\"histogram\",\"column\":\"ward\"}",
    };

    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        struct asked truth =
            ask(&m, arena_strf(m.arena, "{%s,\"exact\":true}", questions[i]));
        struct asked noisy = ask(&m,
            arena_strf(
                m.arena, "{%s,\"price\":{\"epsilon\":\"1000000\"}}", questions[i]));
        cr_assert_eq(noisy.err, ERR_OK, "%s", noisy.text);
        cr_expect_eq(noisy.price.eps_nano, INT64_C(1000000000000000));
        cr_expect_eq(strncmp(truth.json, noisy.json,
                         (size_t)(strstr(truth.json, "error95") - truth.json)),
            0, "%s against %s", truth.json, noisy.json);
    }
}

Test(question, refuses_before_it_reads)
{
    static const struct {
        const char *plan;
        enum err err;
        const char *says;
    } cases[] = {
        {"[]", ERR_INVALID, "object"},
        {"{\"ops\":[],\"price\":{\"epsilon\":\"1\"}}", ERR_INVALID, "measure"},
        {"{\"measure\":{\"kind\":\"guess\"},\"price\":{\"epsilon\":\"1\"}}",
            ERR_INVALID, "no measurement guess"},
        {"{\"measure\":{\"kind\":\"count\",\"column\":\"age\"},\"price\":{\"epsilon\":"
         "\"1\"}}",
            ERR_INVALID, "no member column"},
        {"{\"more\":1,\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\"}}",
            ERR_INVALID, "no member more"},
        {"{\"measure\":{\"kind\":\"count\"}}", ERR_INVALID,
            "one of epsilon, rho and error"},
        {"{\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\",\"rho\":\"1\"}"
         "}",
            ERR_INVALID, "one of"},
        {"{\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"0\"}}",
            ERR_INVALID, "positive"},
        {"{\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"-1\"}}",
            ERR_INVALID, "positive"},
        {"{\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":0.5}}", ERR_INVALID,
            "decimal"},
        {"{\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\",\"delta\":"
         "\"1e-9\"}}",
            ERR_INVALID, "delta"},
        {"{\"measure\":{\"kind\":\"count\"},\"price\":{\"rho\":\"0.1\"}}", ERR_POLICY,
            ""},
        {"{\"measure\":{\"kind\":\"sum\",\"column\":\"free\"},\"price\":{\"epsilon\":"
         "\"1\"}}",
            ERR_INVALID, "no declared bounds"},
        {"{\"measure\":{\"kind\":\"mean\",\"column\":\"free\"},\"price\":{\"epsilon\":"
         "\"1\"}}",
            ERR_INVALID, "no declared bounds"},
        {"{\"measure\":{\"kind\":\"sum\",\"column\":\"ward\"},\"price\":{\"epsilon\":"
         "\"1\"}}",
            ERR_INVALID, "not a number"},
        {"{\"measure\":{\"kind\":\"sum\",\"column\":\"nope\"},\"price\":{\"epsilon\":"
         "\"1\"}}",
            ERR_INVALID, "no column nope"},
        {"{\"ops\":[{\"op\":\"group_by\",\"columns\":[\"who\"]}],"
         "\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\"}}",
            ERR_INVALID, "identifies people"},
        {"{\"ops\":[{\"op\":\"group_by\",\"columns\":[\"code\"]}],"
         "\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\"}}",
            ERR_POLICY, "not public"},
        {"{\"ops\":[{\"op\":\"group_by\",\"columns\":[\"hidden\"]}],"
         "\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\"}}",
            ERR_POLICY, "not public"},
        {"{\"ops\":[" BY("\"code\",\"age\"") "],\"measure\":{\"kind\":\"count\"},"
                                             "\"price\":{\"epsilon\":\"1\"}}",
            ERR_POLICY, "not public"}, /* numbers are for bins */
        {"{\"ops\":[" BY(
             "\"code\",\"ward\"") "],\"measure\":{\"kind\":\"mean\","
                                  "\"column\":\"age\"},\"price\":{\"epsilon\":\"1\","
                                  "\"delta\":\"0.1\"}}",
            ERR_INVALID, "needs the keys"},
        {"{\"ops\":[" BY("\"code\"") "],\"measure\":{\"kind\":\"bounds\",\"column\":"
                                     "\"age\"},\"price\":{\"epsilon\":\"1\","
                                     "\"delta\":\"0.1\"}}",
            ERR_INVALID, "needs the keys"},
        {"{\"ops\":[{\"op\":\"group_by\",\"columns\":[\"ward\"],\"keys\":[[\"A\"],["
         "\"A\"]]}],"
         "\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\"}}",
            ERR_INVALID, "twice"},
        {"{\"ops\":[{\"op\":\"group_by\",\"columns\":[\"ward\"],\"keys\":[[\"Q\"]]}],"
         "\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\"}}",
            ERR_INVALID, "not a value"},
        {"{\"ops\":[{\"op\":\"where\",\"expr\":\"who == 'p1'\"}],"
         "\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\"}}",
            ERR_INVALID, "identifies people"},
        {"{\"ops\":[{\"op\":\"where\",\"expr\":\"age + 1\"}],"
         "\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\"}}",
            ERR_INVALID, "condition"},
        {"{\"ops\":[{\"op\":\"truncate\",\"rows\":\"0\"}],"
         "\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\"}}",
            ERR_INVALID, "at least 1"},
        {"{\"ops\":[{\"op\":\"clip\",\"column\":\"age\",\"lower\":\"9\",\"upper\":"
         "\"3\"}],"
         "\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\"}}",
            ERR_INVALID, "above"},
        {"{\"ops\":[{\"op\":\"select\",\"columns\":[\"age\"]}],"
         "\"measure\":{\"kind\":\"sum\",\"column\":\"bmi\"},\"price\":{\"epsilon\":"
         "\"1\"}}",
            ERR_INVALID, "no column bmi"},
        {"{\"measure\":{\"kind\":\"histogram\",\"column\":\"age\",\"bins\":[\"5\","
         "\"5\"]},"
         "\"price\":{\"epsilon\":\"1\"}}",
            ERR_INVALID, "ascend"},
        {"{\"measure\":{\"kind\":\"histogram\",\"column\":\"age\"},"
         "\"price\":{\"epsilon\":\"1\"}}",
            ERR_INVALID, "bins is missing: the edges of age"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct asked a = ask(&m, cases[i].plan);
        cr_expect_eq(a.err, cases[i].err, "%s: %d %s", cases[i].plan, a.err, a.text);
        cr_expect_not_null(
            strstr(a.text, cases[i].says), "%s: %s", cases[i].plan, a.text);
    }
}

Test(question, unknown_keys_are_told_above_a_threshold)
{
    struct made_table many;
    struct asked a;
    BUF_SCOPE(csv);

    buf_init(&csv, 1 << 20);
    buf_addz(&csv, "who,age,bmi,ward,hidden,died,seen,code,free\n");
    for (int i = 0; i < 2000; i++)
        buf_addf(&csv, "p%d,,,,,,,%s,\n", i, i < 1999 ? "common" : "rare");
    cr_assert_eq(
        made_table(&many, hospital_schema, csv.ptr), ERR_OK, "%s", many.diag.text);
    for (int i = 0; i < 50; i++) {
        a = ask_in(&many, LANE_DP, ACCOUNT_ZCDP,
            "{\"ops\":[" BY(
                "\"code\"") "],\"measure\":{\"kind\":\"count\"},"
                            "\"price\":{\"epsilon\":\"1\",\"delta\":\"0.00000001\"}}");
        cr_assert_eq(a.err, ERR_OK, "%s", a.text);
        cr_expect_eq(a.price.delta_atto, INT64_C(10000000000));
        cr_expect_not_null(strstr(a.json, "{\"keys\":[[\"common\"]],"), "%s", a.json);
    }
    a = ask_in(&many, LANE_DP, ACCOUNT_ZCDP,
        "{\"ops\":[" BY("\"code\"") "],\"measure\":{\"kind\":\"count\"},"
                                    "\"price\":{\"epsilon\":\"1\"}}");
    cr_expect_eq(a.err, ERR_POLICY, "%s", a.text);
    a = ask_in(&many, LANE_DP, ACCOUNT_PURE,
        "{\"ops\":[" BY(
            "\"code\"") "],\"measure\":{\"kind\":\"count\"},"
                        "\"price\":{\"epsilon\":\"1\",\"delta\":\"0.00000001\"}}");
    cr_expect_eq(a.err, ERR_POLICY, "%s", a.text);
    made_table_release(&many);
}

#define KEYED(columns, price)                                            \
    "{\"ops\":[" BY(columns) "],\"measure\":" COUNT ",\"price\":{" price \
                             ",\"delta\":\"0.00000001\"}}"

/* Texts beside categories, truth values and other texts. Rows without one of them
 * belong to no key. */
Test(question, unknown_keys_of_several_columns)
{
    static const struct {
        const char *ops, *measure, *answer;
    } cases[] = {
        {BY("\"code\",\"ward\""), COUNT,
            "{\"keys\":[[\"E11\",\"A\"],[\"I10\",\"A\"],[\"I10\",\"B\"]],"
            "\"values\":[2,1,1],\"decimals\":0,\"error95\":\"0\"}"},
        {BY("\"code\",\"ward\""), "{\"kind\":\"count_units\"}",
            "{\"keys\":[[\"E11\",\"A\"],[\"I10\",\"A\"],[\"I10\",\"B\"]],"
            "\"values\":[1,1,1],\"decimals\":0,\"error95\":\"0\"}"},
        {BY("\"died\",\"code\""), "{\"kind\":\"sum\",\"column\":\"age\"}",
            "{\"keys\":[[false,\"E11\"],[false,\"I10\"],[true,\"I10\"]],"
            "\"values\":[61,120,70],\"decimals\":0,\"error95\":\"0\"}"},
        {BY("\"hidden\",\"code\""), COUNT,
            "{\"keys\":[[\"x\",\"E11\"],[\"x\",\"I10\"],[\"y\",\"E11\"],"
            "[\"y\",\"J45\"]],\"values\":[1,2,1,1],\"decimals\":0,"
            "\"error95\":\"0\"}"},
        {"{\"op\":\"where\",\"expr\":\"age > 500\"}," BY("\"hidden\",\"code\""), COUNT,
            "{\"keys\":[],\"values\":[],\"decimals\":0,\"error95\":\"0\"}"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_str_eq(exactly(&m, cases[i].ops, cases[i].measure), cases[i].answer);
    struct asked huge = ask_in(
        &m, LANE_DP, ACCOUNT_ZCDP, KEYED("\"code\",\"ward\"", "\"epsilon\":\"10000\""));
    cr_assert_eq(huge.err, ERR_OK, "%s", huge.text);
    cr_expect_not_null(
        strstr(huge.json, "{\"keys\":[],\"values\":[]"), "%s", huge.json);
}

#define KEYS_BY(columns, rest) \
    "{\"ops\":[" BY(columns) "],\"measure\":{\"kind\":\"keys\"}," rest "}"
#define DELTA ",\"delta\":\"0.000000001\"}"

/* By units, not by rows; a key that one person brings along stays untold. */
Test(question, keys_alone_are_told_by_their_persons)
{
    struct made_table table;

    cr_assert_eq(made_table(&table, hospital_schema,
                     "who,age,bmi,ward,hidden,died,seen,code,free\n"
                     "p1,,,,,,,own,\np1,,,,,,,own,\np2,,,A,,,,two,\np3,,,A,,,,two,\n"
                     "p4,,,A,,,,many,\np5,,,A,,,,many,\np6,,,B,,,,many,\n"),
        ERR_OK, "%s", table.diag.text);
    for (int i = 0; i < 50; i++) {
        struct asked a = ask_in(&table, LANE_DP, ACCOUNT_ZCDP,
            KEYS_BY("\"code\"", "\"price\":{\"epsilon\":\"100\"" DELTA));
        cr_assert_eq(a.err, ERR_OK, "%s", a.text);
        cr_expect_str_eq(a.json,
            "{\"keys\":[[\"many\"],[\"two\"]],\"values\":[true,true],\"decimals\":0,"
            "\"error95\":\"\"}");
        cr_expect_eq(a.price.delta_atto, INT64_C(1000000000));
        cr_expect_eq(a.price.eps_nano, 100 * NANO);
        a = ask_in(&table, LANE_DP, ACCOUNT_ZCDP,
            KEYS_BY("\"code\",\"ward\"", "\"price\":{\"epsilon\":\"100\"" DELTA));
        cr_expect_not_null(
            strstr(a.json, "[[\"many\",\"A\"],[\"two\",\"A\"]]"), "%s", a.json);
    }
    made_table_release(&table);
}

Test(question, keys_alone_are_refused_where_they_say_nothing_or_too_much)
{
    static const struct {
        const char *plan;
        enum lane lane;
        enum accounting accounting;
        enum err err;
        const char *says;
    } cases[] = {
        {KEYS_BY("\"ward\"", "\"price\":{\"epsilon\":\"1\"}"), LANE_DP, ACCOUNT_ZCDP,
            ERR_INVALID, "not known beforehand"},
        {"{\"ops\":[],\"measure\":{\"kind\":\"keys\"},\"price\":{\"epsilon\":\"1\"}}",
            LANE_DP, ACCOUNT_ZCDP, ERR_INVALID, "not known beforehand"},
        {KEYS_BY("\"code\"", "\"exact\":true"), LANE_EXACT, ACCOUNT_ZCDP, ERR_INVALID,
            "no exact answer"},
        {KEYS_BY("\"code\"", "\"price\":{\"epsilon\":\"1\"}"), LANE_DP, ACCOUNT_ZCDP,
            ERR_POLICY, "name a delta"},
        {KEYS_BY("\"code\"", "\"price\":{\"rho\":\"1\"" DELTA), LANE_DP, ACCOUNT_ZCDP,
            ERR_INVALID, "paid in epsilon"},
        {KEYS_BY("\"code\"", "\"price\":{\"error\":\"5\"" DELTA), LANE_DP, ACCOUNT_ZCDP,
            ERR_INVALID, ""},
        {KEYS_BY("\"code\"", "\"price\":{\"epsilon\":\"1\"" DELTA), LANE_DP,
            ACCOUNT_PURE, ERR_POLICY, ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct asked a = ask_in(&m, cases[i].lane, cases[i].accounting, cases[i].plan);
        cr_expect_eq(a.err, cases[i].err, "%s: %d %s", cases[i].plan, a.err, a.text);
        cr_expect_not_null(
            strstr(a.text, cases[i].says), "%s: %s", cases[i].plan, a.text);
    }
}

/* What is said beside an exact answer stands at the place of its key, however rows lie. */
Test(question, evidence_of_unknown_keys_is_in_their_order)
{
    static const char plan[] =
        "{\"ops\":[" BY("\"code\"") "],\"measure\":" COUNT ",\"exact\":true}";
    struct made_table table;
    json_auto_t *evidence = NULL;
    struct question *q;
    struct diag d = {0};

    cr_assert_eq(made_table(&table, hospital_schema,
                     "who,age,bmi,ward,hidden,died,seen,code,free\n"
                     "p1,,,,,,,z,\np2,,,,,,,z,\np3,,,,,,,z,\np4,,,,,,,a,\n"
                     "p5,,,,,,,m,\np6,,,,,,,m,\n"),
        ERR_OK, "%s", table.diag.text);
    struct question_context c = {.schema = &table.schema, .lane = LANE_EXACT};
    cr_assert_eq(question_parse(&d, table.arena, &c, str_of(plan), &q), ERR_OK);
    cr_assert_eq(question_evidence(&d, q, &table.table, &evidence), ERR_OK);
    const json_t *cells = json_object_get(evidence, "cells");
    cr_assert_eq(json_array_size(cells), 3);
    for (size_t i = 0; i < 3; i++)
        cr_expect_eq(json_integer_value(json_array_get(json_array_get(cells, i), 0)),
            (json_int_t)i + 1);
    made_table_release(&table);
}

/* Persons with all of their three rows in one key, and next to no noise: a key is told
 * where its rows are more than so many persons could have. */
Test(question, keys_of_fewer_persons_than_the_owner_wants_are_not_told)
{
    static const struct {
        uint64_t least;
        const char *keys;
    } cases[] = {
        {0, "{\"keys\":[[\"A\",\"three\"],[\"A\",\"two\"]],"},
        {1, "{\"keys\":[[\"A\",\"three\"],[\"A\",\"two\"]],"},
        {2, "{\"keys\":[[\"A\",\"three\"]],"},
        {3, "{\"keys\":[],"},
    };
    struct made_table table;
    BUF_SCOPE(csv);

    buf_init(&csv, 1 << 16);
    buf_addz(&csv, "who,age,bmi,ward,hidden,died,seen,code,free\n");
    for (int row = 0; row < 18; row++)
        buf_addf(&csv, "p%d,,,A,,,,%s,\n", row / 3,
            (const char *[]){"one", "two", "two", "three", "three", "three"}[row / 3]);
    cr_assert_eq(
        made_table(&table, hospital_schema, csv.ptr), ERR_OK, "%s", table.diag.text);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct question_context c = {.schema = &table.schema,
            .lane = LANE_DP,
            .accounting = ACCOUNT_ZCDP,
            .units_least = cases[i].least};
        struct diag d = {0};
        struct question *q;
        struct rng *r = rng_new();
        BUF_SCOPE(json);

        buf_init(&json, 1 << 16);
        cr_assert_eq(
            question_parse(&d, table.arena, &c,
                str_of(KEYED("\"ward\",\"code\"", "\"epsilon\":\"1000\"")), &q),
            ERR_OK, "%s", d.text);
        cr_assert_eq(
            question_answer(&d, table.arena, q, &table.table, r, &json), ERR_OK);
        cr_expect_not_null(strstr(json.ptr, cases[i].keys), "%s", json.ptr);
        rng_free(r);
    }
    made_table_release(&table);
}

Test(question, the_truth_is_not_for_lane_dp)
{
    struct asked a = ask_in(
        &m, LANE_DP, ACCOUNT_PURE, "{\"measure\":{\"kind\":\"count\"},\"exact\":true}");

    cr_expect_eq(a.err, ERR_POLICY);
    a = ask_in(&m, LANE_EXACT, ACCOUNT_PURE,
        "{\"measure\":{\"kind\":\"count\"},\"exact\":true,\"price\":{\"epsilon\":\"1\"}"
        "}");
    cr_expect_eq(a.err, ERR_INVALID);
    a = ask_in(&m, LANE_EXACT, ACCOUNT_PURE,
        "{\"measure\":{\"kind\":\"count\"},\"exact\":true}");
    cr_expect_eq(a.err, ERR_OK, "%s", a.text);
    cr_expect_eq(a.price.eps_nano + a.price.rho_nano + a.price.delta_atto, 0);
}

Test(question, columns_that_are_not_loaded_are_not_there)
{
    bool columns[9] = {true, false, true, true, true, true, true, true, true};
    struct question_context c = {.schema = &m.schema,
        .columns = columns,
        .lane = LANE_DP,
        .accounting = ACCOUNT_PURE,
        .rows_assumed = 10};
    struct diag d = {0};
    struct question *q;

    cr_expect_eq(question_parse(&d, m.arena, &c,
                     STR("{\"measure\":{\"kind\":\"sum\",\"column\":\"age\"},"
                         "\"price\":{\"epsilon\":\"1\"}}"),
                     &q),
        ERR_INVALID);
    cr_expect_not_null(strstr(d.text, "no column age"));
}

Test(question, prices_by_error_reach_it)
{
    static const char *const measures[] = {"{\"kind\":\"count\"}",
        "{\"kind\":\"sum\",\"column\":\"age\"}",
        "{\"kind\":\"mean\",\"column\":\"age\"}",
        "{\"kind\":\"mean\",\"column\":\"bmi\"}"};
    static const enum accounting accountings[] = {ACCOUNT_PURE, ACCOUNT_ZCDP};

    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < 4; i++) {
            struct question_context c = {.schema = &m.schema,
                .lane = LANE_DP,
                .accounting = accountings[k],
                .rows_assumed = 1000};
            struct diag d = {0};
            struct question *q;
            int64_t error;
            const char *plan = arena_strf(
                m.arena, "{\"measure\":%s,\"price\":{\"error\":\"9.5\"}}", measures[i]);
            cr_assert_eq(question_parse(&d, m.arena, &c, str_of(plan), &q), ERR_OK,
                "%s: %s", plan, d.text);
            cr_assert(str_fixed(str_of(question_error95(q)), 9, &error));
            cr_expect_leq(error, INT64_C(9500000000), "%s", question_error95(q));
            cr_expect_geq(error, INT64_C(8000000000), "%s", question_error95(q));
        }
    }
}

Test(question, explain_tells_the_price_without_data)
{
    struct question_context c = {.schema = &m.schema,
        .lane = LANE_DP,
        .accounting = ACCOUNT_ZCDP,
        .at_delta_atto = INT64_C(1000000000000),
        .rows_assumed = 50};
    struct diag d = {0};
    struct question *q;
    BUF_SCOPE(b);
    json_auto_t *o = NULL;
    const char *mechanism, *epsilon, *rho, *error;

    buf_init(&b, 4096);
    cr_assert_eq(question_parse(&d, m.arena, &c,
                     STR("{\"ops\":[{\"op\":\"where\",\"expr\":\"age > 3\"},"
                         "{\"op\":\"group_by\",\"columns\":[\"ward\"]}],"
                         "\"measure\":{\"kind\":\"mean\",\"column\":\"bmi\"},"
                         "\"price\":{\"rho\":\"0.5\"}}"),
                     &q),
        ERR_OK, "%s", d.text);
    cr_expect_str_eq(question_label(q), "mean(bmi) by ward");
    cr_assert_eq(question_explain(&d, q, &b), ERR_OK, "%s", d.text);
    cr_assert_eq(json_parse(&d, buf_str(&b), &o), ERR_OK);
    cr_assert_eq(json_unpack(o, "{s:s, s:s, s:s, s:s}", "mechanism", &mechanism,
                     "epsilon", &epsilon, "rho", &rho, "error95", &error),
        0);
    cr_expect_str_eq(mechanism, "discrete_gaussian");
    cr_expect_str_eq(rho, "0.5");
    cr_expect_str_eq(epsilon, "5.221534445"); /* of rho 0.5 at 1e-6 */
    cr_expect_str_neq(error, "");
    cr_expect_eq(json_array_size(json_object_get(o, "columns")), 3);
}

Test(question, equal_plans_have_equal_digests)
{
    struct question_context c = {.schema = &m.schema,
        .lane = LANE_DP,
        .accounting = ACCOUNT_PURE,
        .rows_assumed = 50};
    struct diag d = {0};
    struct question *a, *b, *other;

    cr_assert_eq(
        question_parse(&d, m.arena, &c,
            STR("{\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\"}}"),
            &a),
        ERR_OK);
    cr_assert_eq(
        question_parse(&d, m.arena, &c,
            STR("{ \"price\" : {\"epsilon\":\"1\"}, \"measure\":{\"kind\":\"count\"}}"),
            &b),
        ERR_OK);
    cr_assert_eq(
        question_parse(&d, m.arena, &c,
            STR("{\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"2\"}}"),
            &other),
        ERR_OK);
    cr_expect(digest_eq(question_digest(a), question_digest(b)));
    cr_expect_not(digest_eq(question_digest(a), question_digest(other)));
}

Test(question, sensitivity_follows_the_plan)
{
    static const struct {
        const char *ops, *measure;
        uint64_t l1, l2sq, linf;
    } cases[] = {
        {"", "{\"kind\":\"count\"}", 3, 9, 3},
        {"", "{\"kind\":\"count_units\"}", 1, 1, 1},
        {"{\"op\":\"truncate\",\"rows\":\"2\"}", "{\"kind\":\"count\"}", 2, 4, 2},
        {"{\"op\":\"truncate\",\"rows\":\"9\"}", "{\"kind\":\"count\"}", 3, 9, 3},
        {BY("\"ward\""), "{\"kind\":\"count\"}", 3, 9, 3},
        {BY("\"ward\""), "{\"kind\":\"count_units\"}", 3, 3, 1},
        {"{\"op\":\"truncate\",\"groups\":\"2\",\"by\":[\"ward\"]}," BY("\"ward\""),
            "{\"kind\":\"count_units\"}", 2, 2, 1},
        {"{\"op\":\"truncate\",\"groups\":\"2\",\"by\":[\"died\"]}," BY("\"ward\""),
            "{\"kind\":\"count_units\"}", 3, 3, 1},
        {"", "{\"kind\":\"sum\",\"column\":\"age\"}", 360, 129600, 360},
        {"{\"op\":\"clip\",\"column\":\"age\",\"lower\":\"-7\",\"upper\":\"5\"}",
            "{\"kind\":\"sum\",\"column\":\"age\"}", 15, 225, 15},
        {"{\"op\":\"clip\",\"column\":\"free\",\"lower\":\"-7\",\"upper\":\"5\"}",
            "{\"kind\":\"sum\",\"column\":\"free\"}", 21, 441, 21},
        {"", "{\"kind\":\"mean\",\"column\":\"age\"}", 720, 259200, 360},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct question_context c = {.schema = &m.schema,
            .lane = LANE_DP,
            .accounting = ACCOUNT_PURE,
            .rows_assumed = 50};
        struct diag d = {0};
        struct question *q;
        const char *plan = arena_strf(m.arena,
            "{\"ops\":[%s],\"measure\":%s,\"price\":{\"epsilon\":\"1\"}}", cases[i].ops,
            cases[i].measure);
        cr_assert_eq(question_parse(&d, m.arena, &c, str_of(plan), &q), ERR_OK,
            "%s: %s", plan, d.text);
        struct sensitivity s = question_sensitivity(q);
        cr_expect_eq((uint64_t)s.l1, cases[i].l1, "%s", plan);
        cr_expect_eq((uint64_t)s.l2sq, cases[i].l2sq, "%s", plan);
        cr_expect_eq(s.linf, cases[i].linf, "%s", plan);
    }
}
