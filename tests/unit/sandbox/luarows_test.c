/* luarows_test.c -- a row gives what it gives whatever the rows before it did. */
#include "sandbox/worker/luarows.h"

#include "datasite/base/check.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY   ((size_t)32 << 20)
#define ROWS     64
#define FALLBACK (-1)

/* A program over one integer `n` and one text `t`, both by row. */
static struct world {
    struct luarows rows;
    void *memory;
    int64_t numbers[ROWS];
    uint8_t valid[ROWS];
    uint32_t starts[ROWS + 1];
    char texts[ROWS];
    struct luabox_report report;
} w;

static bool
made(enum row_kind kind, const char *source)
{
    struct row_program *p;

    free(w.memory);
    w.memory = aligned_alloc(4096, MEMORY);
    cr_assert(luarows_open(&w.rows, kind == ROW_MAP, w.memory, MEMORY));
    p = &w.rows.program;
    *p = (struct row_program){.kind = kind,
        .source = str_of(source),
        .args_n = 2,
        .lower = -1000000,
        .upper = 1000000,
        .fallback = FALLBACK};
    p->types[0].type = COL_INTEGER;
    p->types[1].type = COL_TEXT;
    w.rows.names[0] = "n";
    w.rows.names[1] = "t";
    memset(w.texts, 'x', sizeof w.texts);
    for (size_t i = 0; i < ROWS; i++) {
        w.numbers[i] = (int64_t)i;
        w.valid[i] = i != 7;
        w.starts[i + 1] = w.starts[i] + (i % 2 == 0); /* 'x' for even rows */
    }
    w.rows.args[0] =
        (struct luarows_arg){.valid = w.valid, .numbers = (const uint8_t *)w.numbers};
    w.rows.args[1] =
        (struct luarows_arg){.valid = w.valid, .texts = w.texts, .starts = w.starts};
    return luarows_compile(&w.rows, &w.report);
}

static int64_t
at(size_t i)
{
    return luarows_map(&w.rows, i);
}

static void
map_is(const char *source, size_t row, int64_t want)
{
    cr_assert(made(ROW_MAP, source), "%s: %s", source, w.report.text);
    int64_t got = at(row);
    cr_expect_eq(got, want, "%s: %ld", source, (long)got);
    cr_expect_eq(at(row), want, "%s: again", source);
}

Test(luarows, a_map_gives_what_its_program_says)
{
    map_is("return row.n", 5, 5);
    map_is("return row.n * 2.5", 5, 13);
    map_is("return row.n == 5", 5, 1);
    map_is("return row.n == nil", 7, 1);
    map_is("return #row.t", 4, 1);
    map_is("return row.t == 'x' and 10 or 20", 4, 10);
    map_is("return math.max(row.n, 3)", 5, 5);
    map_is("return row.nothing == nil", 5, 1);
    map_is("return 1e300", 5, 1000000);
    map_is("return -math.huge", 5, -1000000);
    map_is("local s = 0 for i = 1, row.n do s = s + i end return s", 4, 10);
    map_is("return ('ab'):rep(3):find('ba', 1, true)", 4, 2);
    map_is("local f = function(x) return x + 1 end return f(row.n)", 4, 5);
}

Test(luarows, what_fails_is_the_default)
{
    static const char *const sources[] = {"error 'no'", "return nil", "return 'text'",
        "return {}", "return 0/0", "local x", "return row", "return row.n + row.t.z",
        "while true do end", "while true do pcall(error) end",
        "local function f() return f() end return f()",
        "local function f() pcall(f) while true do end end f()",
        "repeat local ok = pcall(function() while true do end end) until false",
        "local s = 'x' while true do s = s .. s end",
        "local t = {} for i = 1, 1e9 do t[i] = i end",
        "pcall(string.rep, 'x', 1e9) return 1", "return #string.rep('', 1e12)",
        "return (('a'):rep(60)):find(('a?'):rep(30) .. ('a'):rep(30))",
        "return pcall(string.find, ('a'):rep(500), '.-.-.-b') and 1",
        "table.sort({1, 2}, function() while true do end end)", "return row.n.x.y",
        "row.n = 1 return 1", "keep = 1 return 1", "string.keep = 1 return 1",
        "_G.keep = 1 return 1", "return load('return 1')()", "return collectgarbage()",
        "return #debug", "return io", "site.open('x')", "return pairs({})",
        "return next({})", "return setmetatable({}, {})",
        "return rawset(string, 'x', 1)", "return table.insert(math, 1)",
        "return table.unpack({}, 1, 1e7)", "return string.gmatch('a', 'a')"};

    for (size_t i = 0; i < ARRAY_N(sources); i++)
        map_is(sources[i], 3, FALLBACK);
}

Test(luarows, names_that_a_map_has_not)
{
    static const char *const names[] = {"_G", "collectgarbage", "dofile",
        "getmetatable", "io", "load", "math.randomseed", "next", "os", "pairs",
        "rawset", "require", "setmetatable", "site", "string.gmatch", "table.move",
        "utf8.codes", "xpcall"};
    char source[64];

    for (size_t i = 0; i < ARRAY_N(names); i++) {
        snprintf(source, sizeof source, "return %s == nil", names[i]);
        map_is(source, 3, 1);
    }
}

/* Each does little in steps, and too much within the library. */
Test(luarows, work_in_each_library_has_an_end)
{
#define LONG  "local s = ('x'):rep(60000) for i = 1, 30 do "
#define TABLE "local t = {} for i = 1, 2000 do t[i] = '' end for i = 1, 1000 do "
    static const char *const sources[] = {LONG "s:byte(1) end return 1",
        LONG "utf8.len(s) end return 1", LONG "utf8.codepoint(s, 1) end return 1",
        LONG "utf8.offset(s, 1) end return 1", TABLE "table.concat(t) end return 1",
        TABLE "table.insert(t, 1, '') end return 1",
        TABLE "table.remove(t, 1) end return 1", TABLE "table.sort(t) end return 1",
        "return pcall(table.unpack, {}, 1, 1e8) and 1 or 2",
        "return #(''):rep(2e7) + 1"};

    for (size_t i = 0; i < ARRAY_N(sources); i++)
        map_is(sources[i], 3, FALLBACK);
    map_is("local s = ('x'):rep(60000) for i = 1, 10 do s:byte(1) end return 1", 3, 1);
}

Test(luarows, a_text_that_does_not_compile_says_where)
{
    cr_expect(!made(ROW_MAP, "\nreturn ("));
    cr_expect_not_null(strstr(w.report.text, "row.lua:2:"), "%s", w.report.text);
    cr_expect(!made(ROW_MAP, "\x1bLua"));
    cr_expect(!made(ROW_COLLECT, "return )"));
}

/* Each tries to leave a mark on row 0 that another row could see. */
Test(luarows, nothing_lives_from_row_to_row)
{
    static const char *const sources[] = {
        "if row.n == 0 then mark = 1 end return mark == nil",
        "if row.n == 0 then pcall(function() mark = 1 end) end return mark == nil",
        "if row.n == 0 then pcall(function() _ENV.mark = 1 end) end return mark == nil",
        "local m = math if row.n == 0 then local _ENV = nil end return m.pi > 3 and "
        "_ENV ~= nil",
        "local e <const> = _ENV if row.n == 0 then pcall(function() e.math.pi = 3 end) "
        "end return math.pi > 3.1",
        "if row.n == 0 then pcall(function() string.len = nil end) end "
        "return ('x'):len() == 1",
        "if row.n == 0 then pcall(table.insert, table, 1) end return table[1] == nil",
        "if row.n == 0 then pcall(function() row.mark = 1 end) end return row.mark == "
        "nil",
        "if row.n == 0 then return 1 end return math.random(1000) == 888 and 0 or 1",
        "if row.n == 0 then for i = 1, 9 do math.random() end return 1 end return 1",
        "if row.n == 0 then local s = 'k' while true do s = s .. s end end return 1"};

    for (size_t i = 0; i < ARRAY_N(sources); i++) {
        cr_assert(made(ROW_MAP, sources[i]), "%s: %s", sources[i], w.report.text);
        int64_t alone = at(1);
        (void)at(0);
        cr_expect_eq(at(1), alone, "%s", sources[i]);
    }
}

Test(luarows, random_numbers_are_the_same_for_every_row)
{
    cr_assert(made(ROW_MAP, "return math.random(1000000)"));
    int64_t first = at(0);

    cr_expect_eq(at(1), first);
    cr_expect_eq(at(2), first);
}

/* The upvalue of the function itself could be set without asking for memory, and such a
 * row's memory is not put back. */
Test(luarows, a_map_cannot_assign_its_environment)
{
    static const char *const sources[] = {"if row.n == 0 then _ENV = nil end return 1",
        "_ENV = math return _ENV.pi == nil",
        "local function f() _ENV = string end if row.n == 0 then f() end return 1"};

    for (size_t i = 0; i < ARRAY_N(sources); i++) {
        cr_expect(!made(ROW_MAP, sources[i]), "%s", sources[i]);
        cr_expect_not_null(
            strstr(w.report.text, "const variable"), "%s", w.report.text);
    }
}

/* How much memory and how many steps a row gets does not depend on the row before. */
Test(luarows, quotas_are_never_pooled)
{
    static const char hungry[] =
        "local t = {} "
        "if row.n == 0 then while true do t[#t + 1] = 'x' end end "
        "for i = 1, %d do t[i] = i end return #t";
    char source[256];
    int64_t most = 0;

    for (int n = 1024; n <= 32768; n *= 2) { /* the most that a fresh process grants */
        snprintf(source, sizeof source, hungry, n);
        cr_assert(made(ROW_MAP, source));
        most = at(1) == n ? n : most;
    }
    cr_assert(most >= 1024 && most < 32768, "%ld", (long)most);
    snprintf(source, sizeof source, hungry, (int)most);
    cr_assert(made(ROW_MAP, source));
    for (size_t i = 0; i < 100; i++)
        cr_expect_eq(at(i % 2), i % 2 == 0 ? FALLBACK : most);
}

/* Each row needs more than half of what one is granted. */
Test(luarows, steps_and_work_in_libraries_are_never_pooled)
{
    static const char *const sources[] = {"for i = 1, 60000 do end return row.n",
        "local s = ('x'):rep(1200) return s:find('x-y') or row.n",
        "if row.n % 2 == 0 then while true do end end "
        "for i = 1, 60000 do end return row.n"};

    for (size_t i = 0; i < ARRAY_N(sources); i++) {
        cr_assert(made(ROW_MAP, sources[i]), "%s: %s", sources[i], w.report.text);
        for (size_t row = 0; row < 6; row++)
            cr_expect_eq(at(row), i == 2 && row % 2 == 0 ? FALLBACK : (int64_t)row,
                "%s, row %zu", sources[i], row);
    }
}

Test(luarows, a_program_over_rows_sees_all_of_them)
{
    int64_t number;

    cr_assert(made(ROW_BLOCK,
        "local s = 0 for _, r in ipairs(rows) do s = s + (r.n or 0)"
        " end return s"));
    luarows_add(&w.rows, 4);
    luarows_add(&w.rows, 4);
    cr_expect(luarows_end(&w.rows, 1000, &number, &w.report), "%s", w.report.text);
    cr_expect_eq(number, 12);

    cr_assert(made(ROW_COLLECT, "return {n = #rows, t = rows[1].t, none = rows[8].n}"));
    luarows_add(&w.rows, 8);
    cr_expect(luarows_end(&w.rows, 1000, &number, &w.report), "%s", w.report.text);
    cr_expect_str_eq(lua_tostring(w.rows.box.L, -1), "{\"n\":8,\"t\":\"x\"}");
}

Test(luarows, a_program_over_rows_that_fails_gives_the_default)
{
    int64_t number;

    cr_assert(made(ROW_BLOCK, "return rows[1].n.x"));
    luarows_add(&w.rows, 4);
    cr_expect(!luarows_end(&w.rows, 1000, &number, &w.report));
    cr_expect_eq(number, FALLBACK);
    cr_assert(made(ROW_BLOCK, "return 'x'"));
    cr_expect(!luarows_end(&w.rows, 1000, &number, &w.report));
    cr_expect_eq(number, FALLBACK);
    cr_assert(made(ROW_COLLECT, "return ('x'):rep(2000)"));
    cr_expect(!luarows_end(&w.rows, 1000, &number, &w.report));
}
