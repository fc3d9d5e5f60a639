/* rowrun_test.c -- row programs through the real runner, broker and jailed processes.
 *
 * The mock is three rows: 20 A, 30 B, 40 A. */
#include "datasite/base/check.h"
#include "datasite/base/fdio.h"
#include "tests/unit/sandbox/mock_run.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct runner *runner;

static void
setup(void)
{
    runner = mock_runner(NULL);
}

static void
teardown(void)
{
    runner_stop(runner);
}

TestSuite(rowrun, .init = setup, .fini = teardown);

static void
ends_within(const struct run_limits *limits, enum lane lane, const char *source,
    enum outcome_kind kind, const char *want)
{
    struct diag d = {0};
    struct outcome out;
    struct order o = mock_order("run_rows", str_of(source));

    o.lane = lane;
    if (limits != NULL)
        o.limits = *limits;
    enum err e = runner_run(runner, &d, &o, NULL, &out);
    fd_close_p(&o.mock_fd);
    cr_assert_eq(e, ERR_OK, "%s: %s", source, d.text);
    char *output = mock_output(&out);
    cr_expect_eq(out.kind, kind, "%s: %s %s", source, outcome_name(out.kind), out.text);
    if (kind == OUTCOME_OK)
        cr_expect_str_eq(output, want, "%s: %s", source, output);
    else
        cr_expect_not_null(strstr(out.text, want), "%s: %s", source, out.text);
    free(output);
    outcome_release(&out);
}

static void
ends(enum lane lane, const char *source, enum outcome_kind kind, const char *want)
{
    ends_within(NULL, lane, source, kind, want);
}

#define MAP(program)                                                                   \
    "return site.open('m'):map('x', {decimals = 1, lower = 0, upper = 100, default = " \
    "7}, [[" program "]]):sum('x'):exact()"

Test(rowrun, a_map_is_a_column)
{
    static const struct {
        const char *source, *want;
    } cases[] = {
        {MAP("return row.age"), "90.0"},
        {MAP("return row.ward == 'A' and row.age / 8 or 0"), "7.5"},
        {MAP("return 1000"), "300.0"},
        {MAP("return -5"), "0.0"},
        {MAP("if row.age == 30 then error 'no' end return 1"), "9.0"},
        {MAP("if row.age == 30 then while true do end end return 1"), "9.0"},
        {MAP("if row.age == 30 then local s = 'x' while true do s = s .. s end end "
             "return 1"),
            "9.0"},
        {MAP("if row.age == 30 then mark = 1 end return mark == nil"), "9.0"},
        {"return site.open('m'):map('x', {lower = 0, upper = 9, default = 0}, "
         "'return row.ward == [[B]]'):where('x == 1'):count():exact()",
            "1"},
        {"local v = site.open('m') for i = 1, 8 do v = v:map('x' .. i, {lower = 0, "
         "upper = 99, default = 0}, 'return ' .. (i == 1 and 'row.age' or 'row.x' .. i "
         "- "
         "1) .. ' + 1') end return v:sum('x8'):exact()",
            "114"},
    };

    for (size_t i = 0; i < ARRAY_N(cases); i++)
        ends(LANE_EXACT, cases[i].source, OUTCOME_OK, cases[i].want);
}

Test(rowrun, what_a_map_must_not_be)
{
    static const struct {
        const char *source, *why;
    } cases[] = {
        {MAP("return ("), "does not compile"},
        {MAP("\\27Lua"), "does not compile"},
        {"site.open('m'):map('x', {lower = 0, upper = 1}, 'return 1'):count():exact()",
            "default"},
        {"site.open('m'):map('x', {lower = 1, upper = 0, default = 0}, 'return 1')"
         ":count():exact()",
            "order"},
        {"site.open('m'):map('x', {lower = 0, upper = 1, default = 2}, 'return 1')"
         ":count():exact()",
            "order"},
        {"local v = site.open('m') for i = 1, 9 do v = v:map('x' .. i, {lower = 0, "
         "upper = 9, default = 0}, 'return 1') end return v:count():exact()",
            "row programs"},
    };

    for (size_t i = 0; i < ARRAY_N(cases); i++)
        ends(LANE_EXACT, cases[i].source, OUTCOME_SCRIPT_ERROR, cases[i].why);
}

#define BLOCKS(n, program)                               \
    "return site.open('m'):sample_aggregate{blocks = " n \
    ", lower = 0, upper = 100, default = 50, run = [[" program "]]}:exact()"

Test(rowrun, blocks_are_averaged)
{
    static const struct {
        const char *source, *want;
    } cases[] = {
        {BLOCKS("4", "return 10"), "10.0"},
        {BLOCKS("4", "return 1e9"), "100.0"},
        {BLOCKS("4", "error 'no'"), "50.0"},
        {BLOCKS(
             "2", "local s = 0 for i = 1, #rows do s = s + rows[i].age end return s"),
            "45.0"},
        {BLOCKS(
             "3", "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end"),
            "50.0"},
        {BLOCKS("2", "seen = (seen or 0) + 1 return seen"), "1.0"},
    };

    for (size_t i = 0; i < ARRAY_N(cases); i++)
        ends(LANE_EXACT, cases[i].source, OUTCOME_OK, cases[i].want);
}

Test(rowrun, a_block_that_never_ends_is_the_default)
{
    ends(LANE_EXACT,
        BLOCKS(
            "2", "for _, r in ipairs(rows) do while r.age == 20 do end end return 60"),
        OUTCOME_OK, "55.0");
}

Test(rowrun, rows_are_collected_in_their_lane_only)
{
    static const char source[] =
        "return site.open('m'):where(\"ward == 'A'\"):collect [[local s = 0 for _, r "
        "in "
        "ipairs(rows) do s = s + r.age end return {n = #rows, s = s}]]";

    ends(LANE_ROWS, source, OUTCOME_OK, "{\"n\":2,\"s\":60}");
    ends(LANE_EXACT, source, OUTCOME_POLICY, "lane rows");
    ends(LANE_DP, source, OUTCOME_POLICY, "lane rows");
    ends(LANE_ROWS, "return site.open('m'):collect 'return rows[1].age.x'",
        OUTCOME_SCRIPT_ERROR, "collect");
    ends(LANE_ROWS, "return site.open('m'):collect 'return function() end'",
        OUTCOME_SCRIPT_ERROR, "collect");
}

/* The wall time is not enough for two blocks that use up their processor time. */
static const struct run_limits little_wall = {.cpu_ms = 1000,
    .wall_ms = 1500,
    .memory_bytes = 32 << 20,
    .questions_max = 20,
    .output_bytes_max = 65536};
#define TWO_SLOW_BLOCKS \
    BLOCKS("2", "for _, r in ipairs(rows) do while r.age do end end return 60")

Test(rowrun, what_rows_take_does_not_decide_how_a_run_ends)
{
    struct run_limits limits = little_wall;

    limits.rows_ms = 60000;
    ends_within(&limits, LANE_EXACT, TWO_SLOW_BLOCKS, OUTCOME_OK, "50.0");
}

Test(rowrun, without_time_of_their_own_the_run_is_out_of_time)
{
    ends_within(&little_wall, LANE_EXACT, TWO_SLOW_BLOCKS, OUTCOME_TIMEOUT, "");
}

/* Blocks are reckoned at what they may take, not at what they take: a run that fills its
 * time would else tell by its end who was slow. */
Test(rowrun, blocks_that_might_take_more_than_a_day_are_refused)
{
    struct run_limits limits = little_wall;
    static const char three[] = "local v, ok = site.open('m'), {} for i = 1, 3 do "
                                "ok[i] = pcall(function() return "
                                "v:sample_aggregate{blocks = 2, lower = 0, upper = 9, "
                                "default = 0, run = 'return ' "
                                ".. i}:exact() end) end return ok";

    limits.wall_ms = MOCK_WALL_MS;
    limits.cpu_ms = RUN_BLOCKS_MS_MAX / 4 - 5000;
    ends_within(&limits, LANE_EXACT, three, OUTCOME_OK, "[true,true,false]");
    limits.cpu_ms = RUN_BLOCKS_MS_MAX / 2;
    ends_within(&limits, LANE_EXACT, BLOCKS("2", "return 1"), OUTCOME_SCRIPT_ERROR,
        "more than a day");
}

/* Each start of a process is one of the run's questions, of which there are 20. */
Test(rowrun, a_run_starts_no_more_programs_than_it_has_questions)
{
    ends(LANE_EXACT,
        "local v, n = site.open('m'), 0 for i = 1, 30 do local ok, why = "
        "pcall(function() "
        "return v:map('x', {lower = 0, upper = 1, default = 0}, 'return (' .. "
        "i):count():exact() end) n = n + (why:find('does not compile') and 1 or 0) end "
        "return n",
        OUTCOME_OK, "20");
}
