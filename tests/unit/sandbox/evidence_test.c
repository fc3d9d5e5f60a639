/* evidence_test.c -- evidence counted by hand: persons, largest sums, what is in no cell. */
#include "tests/unit/sandbox/made_table.h"

#include "policies/sdc_cells.h"

#include <criterion/criterion.h>

static const char schema_text_[] =
    "{\"unit\":{\"column\":\"who\",\"max_rows\":3},\"columns\":["
    "{\"name\":\"who\",\"type\":\"id\"},"
    "{\"name\":\"ward\",\"type\":\"category\",\"categories\":[\"A\",\"B\",\"C\"]},"
    "{\"name\":\"cost\",\"type\":\"integer\",\"lower\":\"-100\",\"upper\":\"100\"}]}";
/* u1 has 5 and 7 in A, -20 in B; u2 has 9 in A and no ward once; u3 has 9 in A. */
static const char rows_[] = "who,ward,cost\n"
                            "u1,A,5\nu1,A,7\nu1,B,-20\n"
                            "u2,A,9\nu2,,30\nu3,A,9\n";

static json_t *
evidence(const char *ops, const char *measure)
{
    static const bool all[] = {true, true, true};
    struct made_table m;
    struct diag d = {0};
    struct question *q;
    json_t *out = NULL;

    cr_assert_eq(made_table(&m, schema_text_, rows_), ERR_OK, "%s", m.diag.text);
    struct question_context c = {.schema = &m.schema,
        .columns = all,
        .lane = LANE_EXACT,
        .accounting = ACCOUNT_PURE,
        .rows_assumed = 6};
    const char *plan = arena_strf(
        m.arena, "{\"ops\":[%s],\"measure\":%s,\"exact\":true}", ops, measure);
    cr_assert_eq(
        question_parse(&d, m.arena, &c, str_of(plan), &q), ERR_OK, "%s", d.text);
    cr_assert_eq(question_evidence(&d, q, &m.table, &out), ERR_OK, "%s", d.text);
    made_table_release(&m);
    return out;
}

static void
expect(const char *ops, const char *measure, const char *want)
{
    json_auto_t *got = evidence(ops, measure);
    BUF_SCOPE(text);
    struct diag d = {0};

    buf_init(&text, 4096);
    cr_assert_eq(json_canonical(&d, got, &text), ERR_OK);
    cr_expect_str_eq(text.ptr, want, "%s %s: %s", ops, measure, text.ptr);
}

#define WARD "{\"op\":\"group_by\",\"columns\":[\"ward\"]}"

Test(evidence, of_one_number)
{
    expect("", "{\"kind\":\"count\"}",
        "{\"cells\":[[3,6,0,0,0,0,0,1]],\"cells_n\":1,\"kind\":1,"
        "\"line\":1,\"parameters\":0,\"rest_persons\":0}");
}

Test(evidence, persons_count_once_and_nobody_is_lost)
{
    expect(WARD, "{\"kind\":\"count\"}",
        "{\"cells\":[[3,4,0,0,0,0,0,1],[1,1,0,0,0,0,0,1],[0,0,0,0,0,0,0,0]],\"cells_"
        "n\":3,"
        "\"kind\":1,\"line\":3,\"parameters\":0,\"rest_persons\":1}");
}

Test(evidence, sums_are_of_persons_not_of_rows)
{
    expect(WARD, "{\"kind\":\"sum\",\"column\":\"cost\"}",
        "{\"cells\":[[3,4,12,9,30,1,0,0],[1,1,20,0,20,0,0,1],[0,0,0,0,0,0,0,0]],"
        "\"cells_n\":3,"
        "\"kind\":2,\"line\":3,\"parameters\":0,\"rest_persons\":1}");
}

Test(evidence, a_condition_changes_who_stands_behind)
{
    expect("{\"op\":\"where\",\"expr\":\"cost == 9\"}",
        "{\"kind\":\"mean\",\"column\":\"cost\"}",
        "{\"cells\":[[2,2,9,9,18,0,0,1]],\"cells_n\":1,\"kind\":3,"
        "\"line\":1,\"parameters\":0,\"rest_persons\":0}");
}

/* Of five rows with a ward: four in A, one in B; the one without is in no cell. */
Test(evidence, most_common_tells_of_those_that_are_named)
{
    expect("", "{\"kind\":\"most_common\",\"column\":\"ward\",\"k\":2}",
        "{\"cells\":[[3,4,0,0,0,0,0,1],[1,1,0,0,0,0,0,1]],\"cells_n\":2,"
        "\"kind\":1,\"line\":2,\"parameters\":0,\"rest_persons\":0}");
}

/* Six rows: a fifth of them is one row, a half three. */
Test(evidence, quantiles_leave_rows_beyond)
{
    expect("",
        "{\"kind\":\"quantile\",\"column\":\"cost\",\"quantiles\":[\"0.5\",\"0.8\"],"
        "\"candidates\":[\"-100\",\"100\",\"1\"]}",
        "{\"cells\":[[3,6,0,0,0,0,1,1]],\"cells_n\":1,\"kind\":4,"
        "\"line\":1,\"parameters\":0,\"rest_persons\":0}");
    expect("", "{\"kind\":\"bounds\",\"column\":\"cost\"}",
        "{\"cells\":[[3,6,0,0,0,0,0,1]],\"cells_n\":1,\"kind\":4,"
        "\"line\":1,\"parameters\":0,\"rest_persons\":0}");
}

/* Conditions overlap: a row may stand in the cell of each. */
Test(evidence, every_condition_of_a_list_is_a_cell)
{
    expect("",
        "{\"kind\":\"above_threshold\",\"queries\":[\"cost > 8\",\"cost > 20\"],"
        "\"threshold\":\"1\"}",
        "{\"cells\":[[2,3,0,0,0,0,0,1],[1,1,0,0,0,0,0,1]],\"cells_n\":2,"
        "\"kind\":1,\"line\":1,\"parameters\":0,\"rest_persons\":0}");
}

#define HALF                                                      \
    "{\"op\":\"derive\",\"name\":\"half\",\"expr\":\"cost / 2\"," \
    "\"decimals\":1,\"lower\":\"-50\",\"upper\":\"50\"}"

/* No value is that of most rows: each of the three persons differs from any. */
Test(evidence, models_have_parameters_and_fields_that_differ)
{
    expect(HALF, "{\"kind\":\"covariance\",\"columns\":[\"cost\",\"half\"]}",
        "{\"cells\":[[3,6,39,9,56,3,0,0]],\"cells_n\":1,\"kind\":5,"
        "\"line\":1,\"parameters\":2,\"rest_persons\":0}");
    expect(HALF,
        "{\"kind\":\"fit\",\"model\":\"linear\",\"target\":\"cost\","
        "\"columns\":[\"half\"]}",
        "{\"cells\":[[3,6,195,45,280,3,0,0]],\"cells_n\":1,\"kind\":5,"
        "\"line\":1,\"parameters\":2,\"rest_persons\":0}");
}

/* A join that repeats rows: who stands in it twice cannot be told from the sum. */
Test(evidence, repeated_rows_have_none)
{
    expect("{\"op\":\"join_public\",\"key\":\"ward\",\"table\":{\"columns\":[\"ward\","
           "\"n\"],\"rows\":[[\"A\",\"1\"],[\"A\",\"2\"]]}}",
        "{\"kind\":\"count\"}",
        "{\"cells\":[],\"cells_n\":0,\"kind\":0,\"line\":1,\"parameters\":0,"
        "\"rest_persons\":0}");
}
