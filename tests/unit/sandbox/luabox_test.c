/* luabox_test.c -- the Lua state without doors: what is absent, what is ours, what leaves. */
#include "datasite/base/check.h"
#include "sandbox/worker/jail_heap.h"
#include "sandbox/worker/luabox.h"
#include "sandbox/worker/luadefect.h"
#include "sandbox/worker/luajson.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY (8 << 20)

static struct buf printed;

static void
collect(void *self, struct str line)
{
    (void)self;
    buf_add(&printed, line.ptr, line.len);
}

static enum luabox_verdict
no_answers(void *self, lua_State *L, enum luabox_ask what, struct str plan)
{
    (void)self, (void)what, (void)plan;
    lua_pushliteral(L, "nobody is there");
    return LUABOX_WRONG;
}

static const struct luabox_port port = {NULL, collect, no_answers};

/* Runs source in a fresh state; the output's JSON or the error's text. */
static const char *
run(const char *source, struct luabox_report *report)
{
    static struct luabox box;
    struct jail_heap *heap = jail_heap_map(MEMORY);

    buf_release(&printed);
    buf_init(&printed, 1 << 20);
    cr_assert_not_null(heap);
    cr_assert(luabox_open(&box, jail_heap_alloc, heap, &port));
    luabox_seed(&box, 7);
    luabox_run(&box, str_of(source), 1 << 16, report);
    jail_heap_check(heap);
    return report->end == LUABOX_OK ? lua_tostring(box.L, -1) : report->text;
}

Test(luabox, values_become_json)
{
    static const struct {
        const char *source, *json;
    } cases[] = {
        {"return nil", "null"},
        {"", "null"},
        {"return 1", "1"},
        {"return -9223372036854775807 - 1", "-9223372036854775808"},
        {"return 1.0", "1.0"},
        {"return 0.1", "0.1"},
        {"return 1e300", "1e+300"},
        {"return 1 / 3", "0.3333333333333333"},
        {"return 'a\"b\\\\c\\n\\1'", "\"a\\\"b\\\\c\\n\\u0001\""},
        {"return 'gr\xc3\xbc\xc3\x9f'", "\"gr\xc3\xbc\xc3\x9f\""},
        {"return {}", "[]"},
        {"return {1, {2}, {}}", "[1,[2],[]]"},
        {"return {b = 1, a = {true, false}}", "{\"a\":[true,false],\"b\":1}"},
        {"local t = {} for i = 1, 100 do t['k' .. i % 10] = i end return t",
            "{\"k0\":100,\"k1\":91,\"k2\":92,\"k3\":93,\"k4\":94,\"k5\":95,\"k6\":96,"
            "\"k7\":97,\"k8\":98,\"k9\":99}"},
    };

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct luabox_report r;
        cr_expect_str_eq(
            run(cases[i].source, &r), cases[i].json, "%s", cases[i].source);
    }
}

Test(luabox, values_that_cannot_leave)
{
    static const struct {
        const char *source, *text;
    } cases[] = {
        {"return 0 / 0", "output: a number that is not finite"},
        {"return {x = {1, 1 / 0}}", "output.x[2]: a number that is not finite"},
        {"return {1, nil, 3}", "output: keys must be"},
        {"return {1, a = 2}", "output: keys must be"},
        {"return {[0] = 1}", "output: keys must be"},
        {"return {[true] = 1}", "output: keys must be"},
        {"return {f = print}", "output.f: a function cannot leave"},
        {"return '\\255'", "output: text must be UTF-8"},
        {"return 'a\\0b'", "output: text must be UTF-8 without NUL"},
        {"return '\\u{D800}'", "output: text must be UTF-8"},
        {"return ('x'):rep(70000)", "output: it is too large"},
        {"local t = {} t.t = t return t", "nested too deeply"},
    };

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct luabox_report r;
        const char *text = run(cases[i].source, &r);
        cr_expect_eq(r.end, LUABOX_SCRIPT, "%s", cases[i].source);
        cr_expect_not_null(
            strstr(text, cases[i].text), "%s: %s", cases[i].source, text);
    }
}

Test(luabox, doors_are_absent)
{
    static const char *const absent[] = {"io", "os", "package", "debug", "coroutine",
        "require", "load", "loadstring", "loadfile", "dofile", "collectgarbage",
        "xpcall", "warn", "string.dump", "math.pow", "_ENV.io", "_G.load", "('').dump"};
    char source[128];

    for (size_t i = 0; i < ARRAY_N(absent); i++) {
        struct luabox_report r;
        snprintf(source, sizeof source, "return %s == nil", absent[i]);
        cr_expect_str_eq(run(source, &r), "true", "%s", absent[i]);
    }
}

Test(luabox, scripts_get_the_libraries_they_expect)
{
    static const char *const names[] = {"assert", "error", "ipairs", "next", "pairs",
        "pcall", "select", "tonumber", "tostring", "type", "rawequal", "rawlen",
        "rawget", "rawset", "setmetatable", "getmetatable", "print", "string.format",
        "string.gsub", "string.rep", "table.concat", "table.sort", "table.unpack",
        "math.floor", "math.random", "math.huge", "utf8.char", "('x').upper"};
    char source[128];

    for (size_t i = 0; i < ARRAY_N(names); i++) {
        struct luabox_report r;
        snprintf(source, sizeof source, "return %s ~= nil", names[i]);
        cr_expect_str_eq(run(source, &r), "true", "%s", names[i]);
    }
}

Test(luabox, no_address_shows)
{
    static const char *const sources[] = {
        "return tostring({})",
        "return tostring(print)",
        "return tostring(function() end)",
        "return string.format('%s %s', {}, print)",
        "return string.format('%10s|', {})",
        "print({}, print) return 1",
        "local ok, e = pcall(error, {}) return tostring(e)",
        "local ok, e = pcall(string.format, '%p', {}) return e",
        "local ok, e = pcall(string.format, '%-20p', 'x') return e",
        "local t = setmetatable({}, {__name = 'x'}) return tostring(t)",
        "return select(2, pcall(function() return {} .. 'x' end))",
        "return select(2, pcall(function() return {} < {} end))",
        "return select(2, pcall(ipairs))",
        "return select(2, pcall(table.concat, {{}}))",
    };

    for (size_t i = 0; i < ARRAY_N(sources); i++) {
        struct luabox_report r;
        const char *text = run(sources[i], &r);
        cr_expect_eq(r.end, LUABOX_OK, "%s: %s", sources[i], text);
        cr_expect_null(strstr(text, "0x"), "%s: %s", sources[i], text);
        cr_expect_null(strstr(printed.ptr == NULL ? "" : printed.ptr, "0x"));
    }
}

Test(luabox, metatables_have_no_finalizers_and_text_has_no_metatable)
{
    static const struct {
        const char *source, *result;
    } cases[] = {
        {"return pcall(setmetatable, {}, {__gc = print})", "false"},
        {"return pcall(setmetatable, {}, {__mode = 'k'})", "false"},
        {"return pcall(setmetatable, {}, {__close = print})", "false"},
        {"return getmetatable('')", "false"},
        {"string.upper = nil return ('a'):upper()", "\"A\""},
        {"return pcall(setmetatable, setmetatable({}, {__metatable = 1}), {})",
            "false"},
        {"return setmetatable({}, {__index = function(_, k) return k end}).x", "\"x\""},
        {"return #setmetatable({}, {__len = function() return 5 end})", "5"},
        {"return getmetatable(setmetatable({}, nil)) == nil", "true"},
    };

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct luabox_report r;
        cr_expect_str_eq(
            run(cases[i].source, &r), cases[i].result, "%s", cases[i].source);
    }
}

Test(luabox, random_numbers_come_from_the_seed)
{
    struct luabox_report r;
    char *first =
        strdup(run("return {math.random(), math.random(10), math.random(-5, 5), "
                   "math.random(0)}",
            &r));

    cr_assert_str_eq(run("return {math.random(), math.random(10), math.random(-5, 5), "
                         "math.random(0)}",
                         &r),
        first);
    free(first);
    cr_expect_str_eq(
        run("for i = 1, 1000 do local x, y = math.random(), math.random(3) "
            "assert(x >= 0 and x < 1 and y >= 1 and y <= 3) end "
            "return math.random(5, 5)",
            &r),
        "5");
    cr_expect_not_null(
        strstr(run("return math.random(2, 1)", &r), "interval is empty"));
    cr_expect_str_eq(
        run("math.randomseed(3) local a = math.random() math.randomseed(3) "
            "return a == math.random()",
            &r),
        "true");
}

Test(luabox, errors_have_line_and_text_apart)
{
    static const struct {
        const char *source;
        int line;
        const char *text;
    } cases[] = {
        {"\n\nerror('boom')", 3, "boom"},
        {"error('bare', 0)", 0, "bare"},
        {"error({})", 0, "error() was given no text: error(\"why\")"},
        {"error()", 0, "error() was given no text: error(\"why\")"},
        {"local x = nil\nreturn x.y", 2, "attempt to index a nil value (local 'x')"},
        {"return return", 1, "unexpected symbol near 'return'"},
        {"x = 'abc", 1, "unfinished string near <eof>"},
        {"\33Lua", 0, "attempt to load a binary chunk (mode is 't')"},
        {"error('job.lua:9: fake', 0)", 9, "fake"},
        {"local t = {}\nreturn {\n  f = print,\n}\n-- the end\n", 4,
            "output.f: a function cannot leave: numbers, text, booleans and tables "
            "can"},
    };

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct luabox_report r;
        (void)run(cases[i].source, &r);
        cr_expect_eq(r.end, LUABOX_SCRIPT);
        cr_expect_eq(r.line, cases[i].line, "%s: %d", cases[i].source, r.line);
        cr_expect_str_eq(r.text, cases[i].text);
    }
}

Test(luabox, memory_has_a_ceiling)
{
    static const struct {
        const char *source;
        enum luabox_end end;
    } cases[] = {
        {"local t = {} while true do t[#t + 1] = {1, 2, 3} end", LUABOX_MEMORY},
        {"local s = 'x' while true do s = s .. s end", LUABOX_MEMORY},
        {"return ('x'):rep(1 << 40)", LUABOX_SCRIPT}, /* "resulting string too large" */
        {"local ok, e = pcall(string.rep, 'x', 1 << 30) return e", LUABOX_OK},
        {"for i = 1, 200 do local t = {} for k = 1, 1000 do t[k] = 'k' .. k end end "
         "return 1",
            LUABOX_OK},
        {"for i = 1, 50 do local s = ('x'):rep(500000) end return 1", LUABOX_OK},
    };

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct luabox_report r;
        const char *text = run(cases[i].source, &r);
        cr_expect(r.end == cases[i].end || (i == 2 && r.end == LUABOX_MEMORY),
            "%s: %d %s", cases[i].source, r.end, text);
    }
}

Test(luabox, the_log_is_bounded)
{
    struct luabox_report r;

    (void)run("print('a', 1, nil, true, 2.5)", &r);
    cr_assert_str_eq(printed.ptr, "a\t1\tnil\ttrue\t2.5\n");
    (void)run("print(('x'):rep(100000))", &r);
    cr_assert_eq(printed.len, 4096);
    (void)run("for i = 1, 100000 do print('0123456789') end", &r);
    cr_assert_leq(printed.len, 65536);
    cr_assert_gt(printed.len, 65000);
    (void)run(
        "print(setmetatable({}, {__tostring = function() return 'mine' end}))", &r);
    cr_assert_str_eq(printed.ptr, "mine\n");
    (void)run("print(setmetatable({}, {__tostring = function() return 7 end}))", &r);
    cr_assert_eq(r.end, LUABOX_SCRIPT);
}

static char *
long_program(const char *tail)
{
    static char source[32768];
    size_t n = 0;

    for (int i = 0; i < 300; i++)
        n += (size_t)snprintf(source + n, sizeof source - n, "x = %d.5\n", i);
    snprintf(source + n, sizeof source - n, "%s", tail);
    return source;
}

Test(luabox, code_that_this_lua_compiles_wrongly_is_refused)
{
    struct luabox_report r;
    const char *text = run(long_program("return 1 ~ (2 or 3)"), &r);

    /* Either the library is sound and the answer is right, or the code is refused. */
    if (r.end == LUABOX_OK)
        cr_expect_str_eq(text, "3");
    else
        cr_expect(r.line == 301 && strstr(text, "bitwise") != NULL, "%s", text);
    cr_expect_str_eq(run(long_program("return 1 ~= 2 -- a & b"), &r), "true");
    cr_expect_str_eq(run(long_program("return [[a & b]] == 'a & b'"), &r), "true");
    cr_expect_str_eq(run("return 1 ~ (2 or 3)", &r), "3");
}

Test(luajson, answers_are_read_back)
{
    static const struct {
        const char *json, *check;
    } cases[] = {
        {"{\"a\":[1,-2.5e3,\"x\\u00e9\\ud83d\\ude00\\n\"],\"b\":{},\"c\":null,\"d\":"
         "true}",
            "{\"a\":[1,-2500.0,\"x\xc3\xa9\xf0\x9f\x98\x80\\n\"],\"b\":[],\"d\":true}"},
        {" [ ] ", "[]"},
        {"\"\"", "\"\""},
        {"false", "false"},
    };
    static const char *const wrong[] = {"", "{", "[1,]", "{\"a\"}", "tru", "1 2", "\"a",
        "[1}", "{\"a\":1,}", "--1", "\"\\x\"", "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]"};
    static struct luabox box;
    struct jail_heap *heap = jail_heap_map(MEMORY);

    cr_assert(luabox_open(&box, jail_heap_alloc, heap, &port));
    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        cr_assert(
            luajson_push_value(box.L, str_of(cases[i].json)), "%s", cases[i].json);
        luajson_push_text(box.L, -1, "value", 4096);
        cr_assert_str_eq(lua_tostring(box.L, -1), cases[i].check);
    }
    int top = lua_gettop(box.L);
    for (size_t i = 0; i < ARRAY_N(wrong); i++) {
        cr_expect_not(luajson_push_value(box.L, str_of(wrong[i])), "%s", wrong[i]);
        cr_expect_eq(lua_gettop(box.L), top);
    }
}

Test(luajson, decimals_are_shortest_and_plain)
{
    static const struct {
        double n;
        const char *text;
    } cases[] = {{0.1, "0.1"}, {0.2, "0.2"}, {1e-8, "0.00000001"}, {100, "100"},
        {1e20, "100000000000000000000"}, {-2.5, "-2.5"},
        {0.30000000000000004, "0.30000000000000004"}, {123456.789, "123456.789"},
        {0, "0"}, {-0.0, "0"}, {5e-1, "0.5"}, {1.5e3, "1500"}};
    char out[64];

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        cr_assert(luajson_decimal(cases[i].n, out));
        cr_expect_str_eq(out, cases[i].text);
    }
    cr_expect_not(luajson_decimal(1e300, out));
    cr_expect_not(luajson_decimal(1e-300, out));
    cr_expect_not(luajson_decimal(0.0 / 0.0, out));
    cr_expect_not(luajson_decimal(1 / 0.0, out));
}

Test(luabox, walks_tables_in_one_order)
{
    static const struct {
        const char *source, *json;
    } cases[] = {
        {"local o, t = {}, {z = 1, a = 1, [true] = 1, [false] = 1, [2.5] = 1, [-3] = 1,"
         " [7] = 1, 1, 1, [1e300] = 1, [-1/0] = 1, ab = 1, [''] = 1}"
         " for k in pairs(t) do o[#o + 1] = tostring(k) end return o",
            "[\"1\",\"2\",\"7\",\"-inf\",\"-3\",\"2.5\",\"1e+300\",\"\",\"a\",\"ab\","
            "\"z\",\"false\",\"true\"]"},
        {"local o, t, k = {}, {b = 1, a = 2, 5, c = 3}, nil"
         " repeat k = next(t, k) o[#o + 1] = tostring(k) until k == nil return o",
            "[\"1\",\"a\",\"b\",\"c\",\"nil\"]"},
        {"return next {}", "null"},
        {"return next({c = 1, a = 1}, 'b')", "\"c\""},
        {"return next({10, 20, nil, 40}, 2)", "4"},
        {"local o, t = {}, {a = 1, b = 2, c = 3} for k in pairs(t) do t.b = nil"
         " o[#o + 1] = k end return o",
            "[\"a\",\"c\"]"},
        {"local n, t = 0, {} for i = 1, 1000 do t['k' .. i] = i end"
         " for k, v in pairs(t) do n = n + v t[k] = nil end return {n, next(t) == nil}",
            "[500500,true]"},
        {"local n, t, u = 0, {x = 1, y = 2}, {p = 1, q = 2}"
         " for k in next, t do for l in next, u do n = n * 10 + t[k] * u[l] end end"
         " return n",
            "1224"},
        {"local t = {} for i = 0, 40 do t[1 << i] = i end local n = 0"
         " for _ in pairs(t) do n = n + 1 end return n",
            "41"},
        {"return (select('#', pairs(setmetatable({}, {__pairs = function() end}))))",
            "3"},
    };

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct luabox_report r;
        cr_expect_str_eq(
            run(cases[i].source, &r), cases[i].json, "%s", cases[i].source);
    }
}

Test(luabox, refuses_a_walk_that_has_no_order)
{
    static const char *const sources[] = {
        "for k in pairs {[{}] = 1} do end",
        "return next {[print] = 1}",
        "return next({a = 1}, {})",
    };

    for (size_t i = 0; i < ARRAY_N(sources); i++) {
        struct luabox_report r;
        cr_expect_not_null(
            strstr(run(sources[i], &r), "has no order"), "%s", sources[i]);
        cr_expect_eq(r.end, LUABOX_SCRIPT);
    }
}

Test(luabox, large_buffers_work_without_their_metamethods)
{
    struct luabox_report r;

    cr_assert_str_eq(run("local t = {} for i = 1, 5000 do t[i] = 'abc' end"
                         " return #table.concat(t) + #('x'):rep(20000)"
                         " + #(('y'):rep(9000):gsub('y', 'zz'))",
                         &r),
        "53000");
}

Test(luabox, metamethods_that_are_gone_stay_gone)
{
    static const struct {
        const char *source, *text;
    } cases[] = {
        {"local mt = {} local t = setmetatable({}, mt) mt.__close = print"
         " do local x <close> = t end",
            "non-closable"},
        {"local mt = {} local t = setmetatable({}, mt) mt.__mode = 'kv'"
         " for i = 1, 99 do t[i] = {} end for i = 1, 1e5 do local x = {} end"
         " local n = 0 for _ in pairs(t) do n = n + 1 end return n",
            "99"},
        {"local mt = {} for c = 0, 255 do for _, n in ipairs{'_mode', '_gc', '_close'} "
         "do"
         " mt[string.char(c) .. n] = c ~= 95 and 'k' or nil end end"
         " local t = setmetatable({}, mt) for i = 1, 99 do t[{}] = i end"
         " for i = 1, 1e5 do local x = {} end local n = 0"
         " local ok = pcall(function() local x <close> = t end) return ok",
            "false"},
    };

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct luabox_report r;
        cr_expect_not_null(strstr(run(cases[i].source, &r), cases[i].text), "%s: %s",
            cases[i].source, r.text);
    }
}

Test(luabox, sorts_without_a_clock)
{
    static const struct {
        const char *source, *json;
    } cases[] = {
        {"local t = {} table.sort(t) return t", "[]"},
        {"local t = {2, 3, 1, 3, 2} table.sort(t) return t", "[1,2,2,3,3]"},
        {"local t = {'b', 'a', 'C'} table.sort(t, function(a, b) return a > b end)"
         " return t",
            "[\"b\",\"a\",\"C\"]"},
        {"local t = {} for i = 1, 999 do t[i] = {i * 7919 % 10, i} end"
         " table.sort(t, function(a, b) return a[1] < b[1] end)"
         " for i = 2, 999 do local a, b = t[i - 1], t[i]"
         " if a[1] > b[1] or a[1] == b[1] and a[2] > b[2] then return i end end"
         " return true",
            "true"},
        /* where a median of three cuts worst */
        {"local t, n = {}, 20000 for i = 1, n do"
         " t[i] = i % 2 == 1 and i or i // 2 + n // 2 end table.sort(t)"
         " for i = 2, n do if t[i - 1] > t[i] then return i end end return true",
            "true"},
        {"local seen = {} local t = setmetatable({}, {__len = function() return 2 end,"
         " __index = function(_, i) return 3 - i end,"
         " __newindex = function(_, i, v) seen[i] = v end})"
         " table.sort(t) return seen",
            "[1,2]"},
    };

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct luabox_report r;
        cr_expect_str_eq(
            run(cases[i].source, &r), cases[i].json, "%s", cases[i].source);
    }
}
