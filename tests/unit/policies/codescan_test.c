/* codescan_test.c -- what is hidden is found, what is plain is left alone. */
#include "policies/codescan.h"

#include "datasite/base/check.h"
#include "policies/lualex.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct schema_column columns[] = {
    {.name = "age"},
    {.name = "ward"},
    {.name = "los"},
    {.name = "blood-type"},
};
static const struct schema schema = {
    .columns = columns, .columns_n = 4, .unit_column = -1};

static struct codescan
scan(struct arena *a, struct str text, enum lane lane)
{
    struct diag d = {0};
    struct codescan out;

    cr_assert_eq(codescan_run(&d, a, text, &schema, lane, &out), ERR_OK, "%s", d.text);
    return out;
}

static bool
has_rule(const struct codescan *c, const char *rule, int line, int column)
{
    for (size_t i = 0; i < c->findings_n; i++)
        if (strcmp(c->findings[i].rule, rule) == 0 && c->findings[i].line == line &&
            c->findings[i].column == column)
            return true;
    return false;
}

static size_t
marks_of(const struct codescan *c, const char *kind, int line)
{
    size_t n = 0;

    for (size_t i = 0; i < c->marks_n; i++)
        n += strcmp(c->marks[i].kind, kind) == 0 && c->marks[i].line == line;
    return n;
}

static const char honest[] =
    "-- Mean stay of the old; naïve, but readable: \"it's 5 µm — ok\"\n"
    "local v = site.open \"admissions\"\n"
    "local old = v:where \"age >= 65 and ward ~= 'C'\"\n"
    "local stay = old:clip('los', 0, 30):mean('los', { epsilon = 0.2 }):release()\n"
    "local t = { load = 1, os = 2 }\n"
    "return { stay = stay.value, load = t.load }\n";

Test(codescan, an_honest_script_has_no_findings)
{
    ARENA_SCOPE(a, 8 << 20);
    struct codescan c = scan(a, str_of(honest), LANE_DP);

    cr_expect_eq(c.findings_n, 0, "%s: %s", c.findings[0].rule, c.findings[0].text);
    cr_expect(c.columns[0] && c.columns[1] && c.columns[2]);
    cr_expect(!c.columns[3]);
    cr_expect_eq(marks_of(&c, "spend", 4), 1);
    cr_expect_eq(marks_of(&c, "release", 4), 1);
    cr_expect_eq(marks_of(&c, "column", 3), 2);
    cr_expect_eq(marks_of(&c, "loop", 4), 0);
}

Test(codescan, hidden_characters_are_found_where_they_stand)
{
    static const struct {
        const char *text, *rule;
        int line, column;
    } row[] = {
        {"x = 1 \u202e -- gnirts\n", "hidden-character", 1, 7},
        {"x = 1\nlocal y\u200b = 2\n", "hidden-character", 2, 8},
        {"\ufeffreturn 1", "hidden-character", 1, 1},
        {"return '\u2066a\u2069'", "hidden-character", 1, 9},
        {"a\u00adb = 1", "hidden-character", 1, 2},
        {"a\u061cb", "hidden-character", 1, 2},
        {"a\u180eb", "hidden-character", 1, 2},
        {"a\u2028b", "hidden-character", 1, 2},
        {"a\u2060b", "hidden-character", 1, 2},
        {"a\u206fb", "hidden-character", 1, 2},
        {"a\ufe0fb", "hidden-character", 1, 2},
        {"a\ufff9b", "hidden-character", 1, 2},
        {"a\U000e0041b", "hidden-character", 1, 2},
        {"a\U000e0100b", "hidden-character", 1, 2},
        {"a\u3164b", "hidden-character", 1, 2},
        {"a\x01", "control-character", 1, 2},
        {"a\x7f", "control-character", 1, 2},
        {"a\xc2\x85", "control-character", 1, 2},
        {"a = 1\rb = 2", "control-character", 1, 6},
        {"a\x1b[31m", "control-character", 1, 2},
        {"a\n\xff", "not-utf8", 2, 1},
        {"a\xc0\xaf", "not-utf8", 1, 2},
        {"a\xed\xa0\x80", "not-utf8", 1, 2},
        {"a\xf4\x90\x80\x80", "not-utf8", 1, 2},
        {"a\xe2\x80", "not-utf8", 1, 2},
    };

    for (size_t i = 0; i < ARRAY_N(row); i++) {
        ARENA_SCOPE(a, 8 << 20);
        struct codescan c = scan(a, str_of(row[i].text), LANE_DP);

        cr_expect(has_rule(&c, row[i].rule, row[i].line, row[i].column), "row %zu", i);
    }
}

Test(codescan, a_nul_is_found)
{
    ARENA_SCOPE(a, 8 << 20);
    struct codescan c = scan(a, STR("x = 1\n\0return 2"), LANE_DP);

    cr_expect(has_rule(&c, "nul", 2, 1));
}

Test(codescan, letters_of_any_script_may_be_read)
{
    ARENA_SCOPE(a, 8 << 20);
    struct codescan c = scan(a,
        str_of("-- größer, больше, 大きい\n"
               "-- أكبر, हिन्दी, e\u0301 😀\nreturn 1\n"),
        LANE_DP);

    cr_expect_eq(c.findings_n, 0);
}

Test(codescan, length_and_lines_have_limits)
{
    ARENA_SCOPE(a, 8 << 20);
    size_t n = SOURCE_BYTES_MAX + 1;
    char *text = calloc(1, n + 1);

    memset(text, '\n', n);
    struct codescan c = scan(a, (struct str){text, n}, LANE_DP);

    cr_expect(has_rule(&c, "too-long", 1, 1));
    c = scan(a, (struct str){text, n - 1}, LANE_DP);
    cr_expect_eq(c.findings_n, 0, "the limit itself is allowed");
    memset(text, '-', 202);
    text[200] = '\n';
    c = scan(a, (struct str){text, 205}, LANE_DP);
    cr_expect_eq(c.findings_n, 0, "200 bytes fit in a line");
    text[200] = '-';
    c = scan(a, (struct str){text, 205}, LANE_DP);
    cr_expect(has_rule(&c, "line-too-long", 1, 201));
    free(text);
}

Test(codescan, lanes_bound_what_may_be_called)
{
    static const struct {
        const char *text;
        enum lane lane;
        bool found;
    } row[] = {
        {"x = v:count{}:exact()", LANE_DP, true},
        {"x = v:count{}:exact()", LANE_EXACT, false},
        {"x = v:count{}:exact()", LANE_ROWS, false},
        {"x = v:count{} : exact ()", LANE_DP, true},
        {"x = v:count{}:--[[ ]]exact()", LANE_DP, true},
        {"x = v.exact(v)", LANE_DP, true},
        {"x = v:collect 'return 1'", LANE_DP, true},
        {"x = v:collect 'return 1'", LANE_EXACT, true},
        {"x = v:collect [[return 1]]", LANE_EXACT, true},
        {"x = v:collect 'return 1'", LANE_ROWS, false},
        {"x = 'v:exact()' -- v:exact()", LANE_DP, false},
        {"local exact = 1; return exact", LANE_DP, false},
        {"return { exact = r.exact }", LANE_DP, false},
    };

    for (size_t i = 0; i < ARRAY_N(row); i++) {
        ARENA_SCOPE(a, 8 << 20);
        struct codescan c = scan(a, str_of(row[i].text), row[i].lane);

        cr_expect_eq(c.findings_n > 0, row[i].found, "row %zu", i);
        if (c.findings_n > 0)
            cr_expect_str_eq(c.findings[0].rule, "lane");
    }
}

Test(codescan, names_that_are_not_there_are_found)
{
    static const char *const names[] = {"load", "loadfile", "dofile", "require",
        "collectgarbage", "xpcall", "io", "os", "package", "debug", "coroutine"};

    for (size_t i = 0; i < ARRAY_N(names); i++) {
        ARENA_SCOPE(a, 8 << 20);
        char text[64];

        snprintf(text, sizeof text, "local x = 1\nreturn %s.x", names[i]);
        struct codescan c = scan(a, str_of(text), LANE_DP);

        cr_expect(has_rule(&c, "unknown-name", 2, 8), "%s", names[i]);
    }
}

Test(codescan, asking_whether_a_name_is_there_is_fine)
{
    ARENA_SCOPE(a, 8 << 20);
    struct codescan c = scan(a,
        str_of("local io = 1\nlocal t = { os = os, load = load == nil }\n"
               "t.debug.x = type(require)\nreturn t.os.x, t:load()"),
        LANE_DP);

    cr_expect_eq(c.findings_n, 0, "%s", c.findings[0].text);
}

Test(codescan, columns_are_found_wherever_a_script_can_name_them)
{
    static const struct {
        const char *text;
        bool named[4];
    } row[] = {
        {"age", {true, false, false, false}},
        {"row.age", {true, false, false, false}},
        {"x = 'ages, averages, age_2'", {false, false, false, false}},
        {"x = 'age+ward'", {true, true, false, false}},
        {"x = [==[los]==]", {false, false, true, false}},
        {"x = '\\97ge'", {true, false, false, false}},
        {"x = '\\x61\\u{67}\\z \n e'", {true, false, false, false}},
        {"x = 'my blood-type'", {false, false, false, true}},
        {"-- age\n--[[ ward ]]", {false, false, false, false}},
        {"x = 'age", {true, false, false, false}},
        {"x = [[age", {true, false, false, false}},
    };

    for (size_t i = 0; i < ARRAY_N(row); i++) {
        ARENA_SCOPE(a, 8 << 20);
        struct codescan c = scan(a, str_of(row[i].text), LANE_DP);

        for (size_t k = 0; k < 4; k++)
            cr_expect_eq(
                c.columns[k], row[i].named[k], "row %zu, %s", i, columns[k].name);
    }
}

Test(codescan, spends_in_loops_are_marked_once)
{
    ARENA_SCOPE(a, 8 << 20);
    struct codescan c = scan(a,
        str_of("local n = v:count{ epsilon = 1 }:release()\n"
               "for i = 1, 3 do\n"
               "  while true do if x then y = v:sum('los', {}):release() end end\n"
               "end\n"
               "repeat local z = 1 until z\n"
               "do v:count{}:release() end\n"),
        LANE_DP);

    cr_expect_eq(marks_of(&c, "loop", 2), 1);
    cr_expect_eq(marks_of(&c, "loop", 3), 1);
    cr_expect_eq(marks_of(&c, "loop", 5), 0);
    cr_expect_eq(marks_of(&c, "loop", 6), 0);
    cr_expect_eq(marks_of(&c, "spend", 3), 1);
    cr_expect_eq(marks_of(&c, "release", 6), 1);
}

/* Any bytes at all end in a result: no crash, no endless loop, bounded lists. */
Test(codescan, garbage_is_only_garbage)
{
    static const char bytes[] = "[]=-'\"\\ \n\t.:{}()axuz0189eEpP+~<>\x80\xff";
    char text[400];
    unsigned state = 1;

    for (int n = 0; n < 3000; n++) {
        ARENA_SCOPE(a, 8 << 20);
        size_t len = 0;

        for (; len < sizeof text && (len == 0 || state % 97 != 0); len++) {
            state = state * 1103515245 + 12345;
            text[len] = bytes[(state >> 16) % (sizeof bytes - 1)];
        }
        struct codescan c = scan(a, (struct str){text, len}, LANE_DP);

        cr_assert_leq(c.findings_n, 100);
    }
}

Test(codescan, windows_line_ends_become_line_feeds)
{
    ARENA_SCOPE(a, 1 << 20);
    size_t len;
    char *text = source_normal(a, STR("a\r\nb\rc\r\r\n\r"), &len);

    cr_assert_not_null(text);
    cr_expect(str_eq((struct str){text, len}, STR("a\nb\rc\r\n\r")));
    text = source_normal(a, STR(""), &len);
    cr_expect_eq(len, 0);
}

Test(lualex, tokens_of_every_kind)
{
    static const struct {
        enum lua_kind kind;
        const char *text;
        int line, column;
    } want[] = {
        {LUA_NAME, "local", 1, 1},
        {LUA_NAME, "a_1", 1, 7},
        {LUA_OTHER, "=", 1, 11},
        {LUA_NUMBER, "0x1p-4", 1, 13},
        {LUA_OTHER, "..", 1, 20},
        {LUA_STRING, "b\\'c", 1, 23},
        {LUA_STRING, "]d]\n", 2, 1},
        {LUA_OTHER, "::", 3, 5},
        {LUA_NAME, "x", 3, 7},
        {LUA_OTHER, "::", 3, 8},
        {LUA_NUMBER, ".5", 3, 11},
        {LUA_END, "", 3, 13},
    };
    struct lualex x;

    lualex_init(&x, STR("local a_1 = 0x1p-4 .. 'b\\'c' -- rest\n[=[]d]\n]=] ::x:: .5"));
    for (size_t i = 0; i < ARRAY_N(want); i++) {
        struct lua_token t = lualex_next(&x);

        cr_expect_eq(t.kind, want[i].kind, "token %zu", i);
        cr_expect(
            str_eq(t.text, str_of(want[i].text)) || t.kind == LUA_END, "token %zu", i);
        cr_expect_eq(t.line, want[i].line, "token %zu line %d", i, t.line);
        cr_expect_eq(t.column, want[i].column, "token %zu column %d", i, t.column);
    }
}
