/* lapi_test.c -- the global `site`: the plans that calls become, and what answers become. */
#include "datasite/base/check.h"
#include "sandbox/worker/jail_heap.h"
#include "sandbox/worker/lapi.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* A broker that keeps the plan and gives a set answer. */
static struct {
    char plan[4096];
    enum luabox_ask what;
    enum luabox_verdict verdict;
    const char *answer;
    int asked;
} broker;

static void
ignore(void *self, struct str line)
{
    (void)self, (void)line;
}

static enum luabox_verdict
give(void *self, lua_State *L, enum luabox_ask what, struct str plan)
{
    (void)self;
    broker.what = what;
    broker.asked++;
    snprintf(broker.plan, sizeof broker.plan, "%.*s", (int)plan.len, plan.ptr);
    lua_pushstring(L, broker.answer);
    return broker.verdict;
}

static const struct luabox_port port = {NULL, ignore, give};

static const char *
run(const char *body, struct luabox_report *report)
{
    static struct luabox box;
    struct jail_heap *heap = jail_heap_map(8 << 20);
    char source[4096];

    snprintf(source, sizeof source, "local v = site.open 'd'\n%s", body);
    cr_assert(luabox_open(&box, jail_heap_alloc, heap, &port));
    cr_assert(lapi_open(&box));
    cr_assert(lapi_set_dataset(&box, STR("d")));
    cr_assert(lapi_set_budget(&box, STR("{\"accounting\":\"pure\",\"epsilon\":0.5}")));
    luabox_run(&box, str_of(source), 1 << 16, report);
    return report->end == LUABOX_OK ? lua_tostring(box.L, -1) : report->text;
}

static void
answer(const char *json)
{
    broker.verdict = LUABOX_ANSWER;
    broker.answer = json;
    broker.asked = 0;
}

Test(lapi, calls_become_plans)
{
    static const struct {
        const char *call, *plan; /* the plan without its fixed ends */
    } cases[] = {
        {"v:count{epsilon = 0.1}",
            "{\"ops\":[],\"measure\":{\"kind\":\"count\"},"
            "\"price\":{\"epsilon\":\"0.1\"}}"},
        {"v:count_units{rho = '0.25'}",
            "{\"ops\":[],\"measure\":{\"kind\":\"count_units\"},"
            "\"price\":{\"rho\":\"0.25\"}}"},
        {"v:where \"age >= 65 and ward ~= 'C'\":count{epsilon = 1}",
            "{\"ops\":[{\"op\":\"where\",\"expr\":\"age >= 65 and ward ~= 'C'\"}],"
            "\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\"}}"},
        {"v:clip('los', 0, 30):mean('los', {error = 0.5})",
            "{\"ops\":[{\"op\":\"clip\",\"column\":\"los\",\"lower\":\"0\","
            "\"upper\":\"30\"}],\"measure\":{\"kind\":\"mean\",\"column\":\"los\"},"
            "\"price\":{\"error\":\"0.5\"}}"},
        {"v:group_by('icd10'):count{epsilon = 0.5, delta = 1e-8}",
            "{\"ops\":[{\"op\":\"group_by\",\"columns\":[\"icd10\"]}],"
            "\"measure\":{\"kind\":\"count\"},"
            "\"price\":{\"epsilon\":\"0.5\",\"delta\":\"0.00000001\"}}"},
        {"v:group_by('ward', {'A', 'B'}):sum('los', {epsilon = 1})",
            "{\"ops\":[{\"op\":\"group_by\",\"columns\":[\"ward\"],"
            "\"keys\":[[\"A\"],[\"B\"]]}],"
            "\"measure\":{\"kind\":\"sum\",\"column\":\"los\"},"
            "\"price\":{\"epsilon\":\"1\"}}"},
        {"v:group_by('ward', 'died', {{'A', true}, {'B', false}}):count{epsilon = 1}",
            "{\"ops\":[{\"op\":\"group_by\",\"columns\":[\"ward\",\"died\"],"
            "\"keys\":[[\"A\",\"true\"],[\"B\",\"false\"]]}],"
            "\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\"}}"},
        {"v:quantile('los', {0.25, 0.5}, {epsilon = 0.3, candidates = {0, 30, 1}})",
            "{\"ops\":[],\"measure\":{\"kind\":\"quantile\",\"column\":\"los\","
            "\"quantiles\":[\"0.25\",\"0.5\"],\"candidates\":[\"0\",\"30\",\"1\"]},"
            "\"price\":{\"epsilon\":\"0.3\"}}"},
        {"v:derive('bmi', 'kg / (m * m)', {decimals = 1, lower = 10, upper = 80})"
         ":variance('bmi', {rho = 0.1})",
            "{\"ops\":[{\"op\":\"derive\",\"name\":\"bmi\",\"expr\":\"kg / (m * m)\","
            "\"decimals\":1,\"lower\":\"10\",\"upper\":\"80\"}],"
            "\"measure\":{\"kind\":\"variance\",\"column\":\"bmi\"},"
            "\"price\":{\"rho\":\"0.1\"}}"},
        {"v:truncate{rows = 2, groups = 1, by = 'ward'}:select('los', 'ward')"
         ":histogram('los', {0, 10, 20}, {epsilon = 1})",
            "{\"ops\":[{\"op\":\"truncate\",\"rows\":\"2\",\"groups\":\"1\","
            "\"by\":[\"ward\"]},{\"op\":\"select\",\"columns\":[\"los\",\"ward\"]}],"
            "\"measure\":{\"kind\":\"histogram\",\"column\":\"los\","
            "\"bins\":[\"0\",\"10\",\"20\"]},\"price\":{\"epsilon\":\"1\"}}"},
        {"v:histogram('los', {bins = {0, 10}, epsilon = 1})",
            "{\"ops\":[],\"measure\":{\"kind\":\"histogram\",\"column\":\"los\","
            "\"bins\":[\"0\",\"10\"]},\"price\":{\"epsilon\":\"1\"}}"},
        {"v:partition('ward', {'A', 'B'}, {rho = 0.01}).B:count{rho = 0.01}",
            "{\"ops\":[{\"op\":\"partition\",\"column\":\"ward\",\"keys\":[\"A\",\"B\"]"
            ","
            "\"part\":\"B\",\"price\":{\"rho\":\"0.01\"}}],"
            "\"measure\":{\"kind\":\"count\"},\"price\":{\"rho\":\"0.01\"}}"},
        {"v:join_public({{ward = 'A', beds = 12}, {ward = 'B', beds = 7}}, 'ward')"
         ":count{epsilon = 1}",
            "{\"ops\":[{\"op\":\"join_public\",\"key\":\"ward\",\"table\":{"
            "\"columns\":[\"beds\",\"ward\"],\"rows\":[[\"12\",\"A\"],[\"7\",\"B\"]]}}]"
            ","
            "\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\"}}"},
        {"v:covariance('a', 'b', {epsilon = 1})",
            "{\"ops\":[],\"measure\":{\"kind\":\"covariance\",\"columns\":[\"a\",\"b\"]"
            "},"
            "\"price\":{\"epsilon\":\"1\"}}"},
        {"v:sample_aggregate{blocks = 20, lower = 0, upper = 1, default = 0, "
         "run = 'return 1', epsilon = 1}",
            "{\"ops\":[],\"measure\":{\"kind\":\"sample_aggregate\",\"blocks\":\"20\","
            "\"lower\":\"0\",\"upper\":\"1\",\"default\":\"0\",\"source\":\"return "
            "1\"},"
            "\"price\":{\"epsilon\":\"1\"}}"},
        {"v:where('x == \"\xc3\xbc\"'):count{epsilon = 1}",
            "{\"ops\":[{\"op\":\"where\",\"expr\":\"x == \\\"\xc3\xbc\\\"\"}],"
            "\"measure\":{\"kind\":\"count\"},\"price\":{\"epsilon\":\"1\"}}"},
    };
    char body[1024];

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct luabox_report r;
        answer("{\"value\":1,\"error95\":\"2\"}");
        snprintf(body, sizeof body, "return %s:release()", cases[i].call);
        const char *text = run(body, &r);
        cr_expect_eq(r.end, LUABOX_OK, "%s: %s", cases[i].call, text);
        cr_expect_str_eq(broker.plan, cases[i].plan);
        cr_expect_eq(broker.what, LUABOX_RELEASE);
    }
}

Test(lapi, wrong_use_names_method_and_argument)
{
    static const struct {
        const char *call, *text;
    } cases[] = {
        {"v:where(7)", "where: expression must be a string"},
        {"v:where()", "where: expression is missing"},
        {"v.where('x')", "where: call it on a handle"},
        {"v:clip('x', 'a', 1)", "clip: lower must be a number"},
        {"v:clip('x', 0 / 0, 1)", "clip: lower must be a finite number"},
        {"v:clip('x', 0, 1, 2)", "clip: too many arguments"},
        {"v:count{epsilom = 1}", "count: unknown option 'epsilom'"},
        {"v:count{epsilon = 1, rho = 1}", "count: give one price"},
        {"v:count{eps = 1}",
            "count: unknown option 'eps'; it takes epsilon, rho, error, delta"},
        {"v:sum('x', {eps = 1})",
            "unknown option 'eps'; it takes column, epsilon, rho, error, delta"},
        {"v:count{epsilon = '0x10'}", "count: epsilon must be a number"},
        {"v:count{epsilon = '2020-01-01'}",
            "count: epsilon must be a number, or decimal text such as \"0.1\""},
        {"v:quantile('x', 0.5, {epsilon = 1})", "quantile: candidates is missing"},
        {"v:count{epsilon = {}}", "count: epsilon must be a number"},
        {"v:count():release()", "release: the measurement needs a price"},
        {"v:count(1)", "count: too many arguments"},
        {"v:sum(nil, {epsilon = 1})", "sum: column is missing"},
        {"v:select()", "select: columns is missing"},
        {"v:select{1}", "select: columns must be a string"},
        {"v:truncate(true)", "truncate: rows must be a number"},
        {"v:where('\\255')", "where: expression must be UTF-8"},
        {"v:nothing()", "attempt to call a nil value (method 'nothing')"},
        {"v.x = 1", "attempt to index a handle value"},
        {"#v", "attempt to get length of a handle value"},
        {"next(v)", "table expected, got handle"},
        {"site.open(7)", "open: dataset must be a string"},
        {"site.open('e')", "open: this job is about \"d\"; it cannot open \"e\""},
        {"v:count{epsilon = 1}.release(v)", "release: call it on a measurement"},
        {"v:join_public({}, 'k')", "join_public: table must be a list of rows"},
        {"v:partition('a', 7)", "partition: keys must be a list"},
    };
    char body[512];

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct luabox_report r;
        bool statement = strchr(cases[i].call, '=') != NULL && cases[i].call[1] == '.';
        answer("{}");
        snprintf(body, sizeof body, statement ? "%s" : "local _ = %s", cases[i].call);
        const char *text = run(body, &r);
        cr_expect_eq(r.end, LUABOX_SCRIPT, "%s", cases[i].call);
        cr_expect_eq(r.line, 2, "%s: %d", cases[i].call, r.line);
        cr_expect_not_null(strstr(text, cases[i].text), "%s: %s", cases[i].call, text);
        cr_expect_eq(broker.asked, 0);
    }
}

Test(lapi, answers_become_tables)
{
    static const struct {
        const char *json, *expression, *result;
    } cases[] = {
        {"{\"value\":12,\"error95\":\"0.4\"}", "a.value + a.error95", "12.4"},
        {"{\"value\":125,\"decimals\":1,\"error95\":\"0.4\"}", "a.value", "12.5"},
        {"{\"value\":125,\"decimals\":1}", "a", "{\"value\":12.5}"},
        {"{\"values\":[10,25],\"decimals\":1}", "a.value", "[1.0,2.5]"},
        {"{\"keys\":[[\"A\"],[\"B\"]],\"values\":[1,2],\"error95\":\"3\"}", "a",
            "{\"error95\":3,\"value\":{\"A\":1,\"B\":2}}"},
        {"{\"keys\":[[\"A\",\"x\"],[\"A\",\"y\"],[\"B\",\"x\"]],\"values\":[1,2,3]}",
            "a.value", "{\"A\":{\"x\":1,\"y\":2},\"B\":{\"x\":3}}"},
        {"{\"keys\":[[true],[7]],\"values\":[1,2]}", "a.value", "{\"7\":2,\"true\":1}"},
        {"{\"keys\":[[\"A\"],[7]],\"values\":[1,2],\"error95\":\"3\"}",
            "{a.A, a[7], a['7'].value, a.B == nil, getmetatable(a)}",
            "[{\"error95\":3,\"value\":1},{\"error95\":3,\"value\":2},2,true,false]"},
        {"{\"keys\":[\"A\",\"B\"],\"values\":[[10,20],[30,40]],\"decimals\":1}",
            "a.value", "{\"A\":[1.0,2.0],\"B\":[3.0,4.0]}"},
        {"{\"keys\":[],\"values\":[]}", "next(a.value) == nil", "true"},
        {"{\"value\":null,\"error95\":\"\"}", "a.value == nil", "true"},
        {"{\"value\":1,\"above\":[true,false]}", "a.above", "[true,false]"},
    };
    char body[512];

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct luabox_report r;
        answer(cases[i].json);
        snprintf(body, sizeof body,
            "local a = v:count{epsilon = 1}:release() return %s", cases[i].expression);
        cr_expect_str_eq(run(body, &r), cases[i].result, "%s", cases[i].json);
    }
}

Test(lapi, explain_exact_and_budget)
{
    struct luabox_report r;

    answer(
        "{\"mechanism\":\"discrete_laplace\",\"epsilon\":\"0.1\",\"error95\":\"30\"}");
    cr_expect_str_eq(run("local e = v:count{epsilon = 0.1}:explain() "
                         "return {e.mechanism, e.epsilon * 2, e.error95}",
                         &r),
        "[\"discrete_laplace\",0.2,30]");
    cr_expect_eq(broker.what, LUABOX_EXPLAIN);
    answer("{\"keys\":[[\"A\"]],\"values\":[15],\"decimals\":1}");
    cr_expect_str_eq(run("return v:group_by 'w':sum 'x':exact()", &r), "{\"A\":1.5}");
    cr_expect_eq(broker.what, LUABOX_EXACT);
    cr_expect_str_eq(broker.plan,
        "{\"ops\":[{\"op\":\"group_by\",\"columns\":[\"w\"]}],"
        "\"measure\":{\"kind\":\"sum\",\"column\":\"x\"},"
        "\"exact\":true}");
    /* no key is told: an object all the same */
    answer("{\"keys\":[],\"values\":[],\"decimals\":0}");
    cr_expect_str_eq(run("return v:group_by 'w':count():exact()", &r), "{}");
    cr_expect_str_eq(
        run("return getmetatable(v:group_by 'w':count():exact())", &r), "false");
    cr_expect_str_eq(run("site.budget().epsilon = 9 return site.budget()", &r),
        "{\"accounting\":\"pure\",\"epsilon\":0.5}");
}

Test(lapi, a_measurement_is_released_once)
{
    struct luabox_report r;

    answer("{\"value\":1}");
    cr_expect_not_null(
        strstr(run("local m = v:count{epsilon = 1} m:release() m:release()", &r),
            "released once"));
    cr_expect_eq(broker.asked, 1);
}

Test(lapi, refusals_have_their_kind_unless_caught)
{
    static const struct {
        enum luabox_verdict verdict;
        const char *body;
        enum luabox_end end;
    } cases[] = {
        {LUABOX_UNPAID, "v:count{epsilon = 1}:release()", LUABOX_BUDGET},
        {LUABOX_DENIED, "v:count():exact()", LUABOX_POLICY},
        {LUABOX_WRONG, "v:count{epsilon = 1}:release()", LUABOX_SCRIPT},
        {LUABOX_UNPAID, "pcall(function() v:count{epsilon = 1}:release() end)",
            LUABOX_OK},
        {LUABOX_UNPAID,
            "local _, e = pcall(function() v:count{epsilon = 1}:release() end) "
            "error(e)",
            LUABOX_BUDGET},
        {LUABOX_UNPAID,
            "pcall(function() v:count{epsilon = 1}:release() end) error('x')",
            LUABOX_SCRIPT},
    };

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct luabox_report r;
        answer("no");
        broker.verdict = cases[i].verdict;
        (void)run(cases[i].body, &r);
        cr_expect_eq(r.end, cases[i].end, "%s: %d %s", cases[i].body, r.end, r.text);
    }
}
