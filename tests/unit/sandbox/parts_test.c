/* parts_test.c -- partitions and public tables: answers, prices, and what is refused. */
#include "tests/unit/sandbox/made_table.h"

#include "sandbox/engine/parts.h"

#include <criterion/criterion.h>
#include <string.h>

static const char schema[] =
    "{\"unit\":{\"column\":\"who\",\"max_rows\":3},\"columns\":["
    "{\"name\":\"who\",\"type\":\"id\"},"
    "{\"name\":\"w\",\"type\":\"category\",\"categories\":[\"A\",\"B\",\"C\"]},"
    "{\"name\":\"t\",\"type\":\"text\"},"
    "{\"name\":\"x\",\"type\":\"integer\",\"lower\":\"0\",\"upper\":\"9\"}]}";
static const char csv[] = "who,w,t,x\n"
                          "p1,A,one,1\n"
                          "p1,B,two,2\n"
                          "p2,A,one,3\n"
                          "p3,C,six,4\n"
                          "p4,,,5\n";

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

TestSuite(parts, .init = open_table, .fini = close_table);

#define COUNT  "{\"kind\":\"count\"}"
#define SUM(c) "{\"kind\":\"sum\",\"column\":\"" c "\"}"
#define PART(p, more)                                                               \
    "{\"op\":\"partition\",\"column\":\"w\",\"keys\":[\"A\",\"B\",\"C\"],\"part\":" \
    "\"" p "\"" more "}"
#define ONE_GROUP "{\"op\":\"truncate\",\"groups\":\"1\",\"by\":[\"w\"]}"
#define JOIN(key, columns, rows)                                                   \
    "{\"op\":\"join_public\",\"key\":\"" key "\",\"table\":{\"columns\":[" columns \
    "],\"rows\":[" rows "]}}"
#define BEDS JOIN("w", "\"beds\",\"w\"", "[\"12.5\",\"A\"],[\"3\",\"B\"]")
#define TWICE \
    JOIN("t", "\"t\",\"kind\"", "[\"one\",\"p\"],[\"one\",\"q\"],[\"two\",\"q\"]")

Test(parts, exact_answers)
{
    static const struct {
        const char *ops, *measure, *starts;
    } cases[] = {
        {PART("A", ""), COUNT, "{\"value\":2,"},
        {PART("C", ""), SUM("x"), "{\"value\":4,"},
        {PART("B", "") ",{\"op\":\"where\",\"expr\":\"x > 2\"}", COUNT,
            "{\"value\":0,"},
        /* the rows of A and B: 12.5 twice and 3 */
        {BEDS, SUM("beds"), "{\"value\":280,\"decimals\":1,"},
        {BEDS, COUNT, "{\"value\":3,"},
        {BEDS ",{\"op\":\"where\",\"expr\":\"beds > 5 and x > 1\"}", COUNT,
            "{\"value\":1,"},
        {TWICE, COUNT, "{\"value\":5,"},
        {TWICE, SUM("x"), "{\"value\":10,"},
        {TWICE ",{\"op\":\"group_by\",\"columns\":[\"kind\"]}", COUNT,
            "{\"keys\":[[\"p\"],[\"q\"]],\"values\":[2,3],"},
        {JOIN("x", "\"x\",\"y\"", "[\"3\",\"30\"],[\"5\",\"50\"]"), SUM("y"),
            "{\"value\":80,"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = exactly(&m, cases[i].ops, cases[i].measure);
        cr_expect_eq(strncmp(got, cases[i].starts, strlen(cases[i].starts)), 0,
            "%s %s is %s", cases[i].ops, cases[i].measure, got);
    }
}

static struct question *
parse(const char *ops, const char *price)
{
    struct question_context c = {.schema = &m.schema,
        .lane = LANE_DP,
        .accounting = ACCOUNT_PURE,
        .rows_assumed = 50};
    struct diag d = {0};
    struct question *q;
    const char *plan = arena_strf(m.arena,
        "{\"ops\":[%s],\"measure\":" COUNT ",\"price\":{\"epsilon\":\"%s\"}}", ops,
        price);

    cr_assert_eq(question_parse(&d, m.arena, &c, str_of(plan), &q), ERR_OK, "%s: %s",
        plan, d.text);
    return q;
}

Test(parts, a_table_multiplies_what_a_person_moves)
{
    cr_expect_eq(question_sensitivity(parse(BEDS, "1")).linf, 3);
    cr_expect_eq(question_sensitivity(parse(TWICE, "1")).linf, 6);
}

/* What the run has to pay for it, in thousandths of epsilon. */
static int64_t
pay(struct parts *s, const char *ops, const char *price)
{
    struct question *q = parse(ops, price);
    struct diag d = {0};
    struct budget b;

    cr_assert_eq(parts_price(&d, s, q, &b), ERR_OK, "%s", d.text);
    parts_paid(s, q);
    return b.eps_nano / 1000000;
}

Test(parts, the_dearest_part_is_paid)
{
    struct parts s = {.a = m.arena};

    cr_expect_eq(pay(&s, ONE_GROUP "," PART("A", ""), "0.5"), 500);
    cr_expect_eq(pay(&s, ONE_GROUP "," PART("B", ""), "0.3"), 0);
    cr_expect_eq(pay(&s, ONE_GROUP "," PART("B", ""), "0.4"), 200);
    cr_expect_eq(pay(&s, ONE_GROUP "," PART("C", ""), "0.7"), 0);
    cr_expect_eq(pay(&s, ONE_GROUP "," PART("A", ""), "0.3"), 100);
    /* other rows are another partition; no partition has no discount */
    cr_expect_eq(
        pay(&s, "{\"op\":\"where\",\"expr\":\"x > 1\"}," ONE_GROUP "," PART("A", ""),
            "0.1"),
        100);
    cr_expect_eq(pay(&s, "", "0.1"), 100);
}

Test(parts, a_person_in_several_parts_costs_several)
{
    struct parts s = {.a = m.arena};

    cr_expect_eq(pay(&s, PART("A", ""), "0.5"), 500);
    cr_expect_eq(pay(&s, PART("B", ""), "0.3"), 300);
    cr_expect_eq(pay(&s, PART("C", ""), "0.5"), 500);

    struct parts two = {.a = m.arena};
#define TWO "{\"op\":\"truncate\",\"rows\":\"2\"}"
    cr_expect_eq(pay(&two, TWO "," PART("A", ""), "0.5"), 500);
    cr_expect_eq(pay(&two, TWO "," PART("B", ""), "0.3"), 300);
    cr_expect_eq(pay(&two, TWO "," PART("C", ""), "0.5"), 200);
}

Test(parts, no_more_than_declared)
{
    struct parts s = {.a = m.arena};
    struct diag d = {0};
    struct budget b;
#define CAPPED PART("A", ",\"price\":{\"epsilon\":\"0.5\"}")
    cr_expect_eq(pay(&s, CAPPED, "0.5"), 500);
    cr_expect_eq(parts_price(&d, &s, parse(CAPPED, "0.1"), &b), ERR_POLICY);
}

Test(parts, refused)
{
    static const struct {
        const char *ops, *measure, *says;
    } cases[] = {
        {PART("D", ""), COUNT, "part must be"},
        {PART("A", "") "," PART("B", ""), COUNT, "divided again"},
        {PART("A", ",\"price\":{\"gold\":\"1\"}"), COUNT, "epsilon and rho"},
        {"{\"op\":\"partition\",\"column\":\"who\",\"keys\":[\"p1\"],\"part\":\"p1\"}",
            COUNT, "identifies people"},
        {"{\"op\":\"partition\",\"column\":\"w\",\"keys\":[\"A\",\"A\"],\"part\":"
         "\"A\"}",
            COUNT, "twice"},
        {JOIN("w", "\"w\"", "[\"D\"]"), COUNT, "not a value"},
        {JOIN("w", "\"v\"", "[\"A\"]"), COUNT, "no column w"},
        {JOIN("w", "\"w\",\"y\"", "[\"A\"]"), COUNT, "each column"},
        {JOIN("who", "\"who\",\"y\"", "[\"p1\",\"1\"]"), COUNT, "identifies people"},
        {TWICE "," TWICE, COUNT, "one table only"},
        {TWICE ",{\"op\":\"truncate\",\"rows\":\"1\"}", COUNT, "before join_public"},
        {TWICE, "{\"kind\":\"count_units\"}", "several times cannot"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct asked a = ask_in(&m, LANE_DP, ACCOUNT_PURE,
            arena_strf(m.arena,
                "{\"ops\":[%s],\"measure\":%s,\"price\":{\"epsilon\":\"1\"}}",
                cases[i].ops, cases[i].measure));
        cr_expect_eq(a.err, ERR_INVALID, "%s: %s", cases[i].ops, a.text);
        cr_expect_not_null(
            strstr(a.text, cases[i].says), "%s: %s", cases[i].ops, a.text);
    }
}
