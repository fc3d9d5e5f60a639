/* expr_test.c -- expressions over one row at a time, and what is refused of them. */
#include "tests/unit/sandbox/made_table.h"

#include <criterion/criterion.h>
#include <string.h>

/* One row, with a null of every kind. */
static const char schema[] =
    "{\"columns\":[{\"name\":\"i\",\"type\":\"integer\",\"lower\":\"-100\",\"upper\":"
    "\"100\"},"
    "{\"name\":\"d\",\"type\":\"decimal\",\"decimals\":2,\"lower\":\"0\",\"upper\":"
    "\"100\"},"
    "{\"name\":\"b\",\"type\":\"boolean\"},{\"name\":\"when\",\"type\":\"date\"},"
    "{\"name\":\"c\",\"type\":\"category\",\"categories\":[\"x\",\"it's\"]},"
    "{\"name\":\"t\",\"type\":\"text\"},{\"name\":\"who\",\"type\":\"id\"},"
    "{\"name\":\"odd "
    "name\",\"type\":\"integer\"},{\"name\":\"wide\",\"type\":\"integer\"},"
    "{\"name\":\"ni\",\"type\":\"integer\"},{\"name\":\"nb\",\"type\":\"boolean\"},"
    "{\"name\":\"nt\",\"type\":\"text\"},{\"name\":\"zero\",\"type\":\"integer\"}]}";
static const char csv[] =
    "i,d,b,when,c,t,who,odd name,wide,ni,nb,nt,zero\n"
    "7,2.50,true,2020-02-28,it's,hello,p1,5,4611686018427387903,,,,0\n";

static struct made_table m;

static void
open_row(void)
{
    cr_assert_eq(made_table(&m, schema, csv), ERR_OK, "%s", m.diag.text);
}

static void
close_row(void)
{
    made_table_release(&m);
}

TestSuite(expr, .init = open_row, .fini = close_row);

/* A condition counts the row or does not. */
static struct asked
count_where(const char *expr)
{
    BUF_SCOPE(plan);

    buf_init(&plan, 1 << 16);
    buf_addz(&plan, "{\"ops\":[{\"op\":\"where\",\"expr\":\"");
    for (const char *p = expr; *p != '\0'; p++)
        buf_addf(&plan, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
    buf_addz(&plan, "\"}],\"measure\":{\"kind\":\"count\"},\"exact\":true}");
    return ask(&m, plan.ptr);
}

Test(expr, conditions_hold_or_not)
{
    static const struct {
        const char *expr;
        bool holds;
    } cases[] = {
        {"i == 7", true},
        {"i ~= 7", false},
        {"i < 7.5 and i > 6.5", true},
        {"i <= 7 and i >= 7", true},
        {"d == 2.5", true},
        {"d == 2.500", true},
        {"d < i", true},
        {"i + d == 9.5", true},
        {"i - d * 2 == 2", true},
        {"(i - d) * 2 == 9", true},
        {"-i == -7", true},
        {"- - i == 7", true},
        {"i / 2 == 3.5", true},
        {"i / 3 == 2.333333", true},
        {"-i / 3 == -2.333333", true},
        {"2 / 3 == 0.666667", true},
        {"i // 2 == 3", true},
        {"-i // 2 == -4", true},
        {"i % 4 == 3", true},
        {"-i % 4 == 1", true},
        {"i % -4 == -1", true},
        {"d // 1 == 2", true},
        {"d % 1 == 0.5", true},
        {"1 + 2 * 3 == 7", true},
        {"2 * 3 + 1 == 7", true},
        {"8 / 4 / 2 == 1", true},
        {"8 - 4 - 2 == 2", true},
        {"i == 7 or i == 8 and i == 9", true},
        {"(i == 7 or i == 8) and i == 9", false},
        {"not (i == 8)", true},
        {"b", true},
        {"not b", false},
        {"b == true", true},
        {"b ~= true", false},
        {"b and i == 7", true},
        {"c == \"it's\"", true},
        {"c == 'it\\'s'", true},
        {"c ~= 'x'", true},
        {"'x' == c", false},
        {"t == 'hello'", true},
        {"t ~= 'hello'", false},
        {"t == 'nobody has this'", false},
        {"t ~= 'nobody has this'", true},
        {"when == '2020-02-28'", true},
        {"when < '2020-02-29'", true},
        {"when + 2 == '2020-03-01'", true},
        {"when - '2020-02-20' == 8", true},
        {"'2020-03-01' - when == 2", true},
        /* beyond what the column's width can hold */
        {"i < 1000 and i <= 128 and i ~= 4000000000", true},
        {"i > 1000 or i >= 128 or i == 4000000000", false},
        {"i > -1000 and i >= -129 and i ~= -4000000000", true},
        {"i < -1000 or i <= -129 or i == -4000000000", false},
        {"1000 > i and 7 == i", true},
        {"i * 3 * 2 == 42 and 3 * i == 21", true},
        {"d * 2 + i == 12 and i + d * 10 == 32", true},
        {"i + d == 9.5 and i + i * 2 == 21 and i + (d + 1) == 10.5", true},
        {"ni + i * 2 == 14 or i + ni * 2 == 14 or ni + ni > 0", false},
        {"wide + i * 2 > 0 and i + wide // 2 > 0 and i + 2 * i - i == 14", true},
        {"row.i == 7", true},
        {"row[\"odd name\"] == 5", true},
        {"row['odd name'] * 2 == 10", true},
        /* null is in no comparison, and can be asked for */
        {"ni == 7", false},
        {"ni ~= 7", false},
        {"not (ni == 7)", true},
        {"ni == ni", false},
        {"ni + 1 > 0", false},
        {"ni == nil", true},
        {"ni ~= nil", false},
        {"i == nil", false},
        {"nt == 'x'", false},
        {"nt ~= 'x'", false},
        {"nt == nil", true},
        {"nb", false},
        {"not nb", true},
        {"nb == nil", true},
        /* division by zero is null */
        {"i / zero == 1 or i / zero ~= 1", false},
        {"(i / zero) == nil", true},
        {"(i // zero) == nil", true},
        {"(i % zero) == nil", true},
        /* saturation */
        {"wide + wide == wide", true},
        {"wide * wide == wide", true},
        {"-wide - wide == -wide", true},
        {"-wide * wide * wide == -wide", true},
        {"wide * 1.5 == wide", true}, /* both saturate once they have one decimal */
        {"wide / 0.000001 > 0", true},
        {"zero * wide == 0", true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct asked a = count_where(cases[i].expr);
        cr_expect_eq(a.err, ERR_OK, "%s: %s", cases[i].expr, a.text);
        cr_expect_eq(
            strncmp(a.json, cases[i].holds ? "{\"value\":1" : "{\"value\":0", 10), 0,
            "%s gives %s", cases[i].expr, a.json);
    }
}

Test(expr, what_makes_no_sense_is_refused_with_its_place)
{
    static const struct {
        const char *expr, *says;
    } cases[] = {
        {"", "column 1: a column or a value"},
        {"i >", "column 4: a column or a value"},
        {"i > 1 and", "a column or a value"},
        {"i > 1)", "never opened"},
        {"(i > 1", "column 1: this parenthesis is never closed"},
        {"i 1", "column 3: an operator"},
        {"i = 1", "column 3: equality is written =="},
        {"i != 1", "column 3: inequality is written ~="},
        {"!b", "column 1: negation is written not"},
        {"b && b", "column 3: both conditions is written and"},
        {"b || b", "column 3: either condition is written or"},
        {"i == 'seven'", "a string compares with"},
        {"t == 7", "on its right"},
        {"c < 'x'", "an order"},
        {"c == 'z'", "column 6: 'z' is not a declared category of c"},
        {"c == t", "cannot be compared"},
        {"when > 7", "cannot be compared"},
        {"when == '2020-02-30'", "not a date"},
        {"when + when == 3", "moved by whole days"},
        {"when + 1.5 > '2020-01-01'", "moved by whole days"},
        {"i and b", "column 1: and needs a condition"},
        {"not i == 8", "not needs a condition"},
        {"i == 1 == b", "cannot be compared"},
        {"1 < i < 3", "an order"},
        {"-b", "- needs a number"},
        {"b + 1 > 0", "+ needs a number"},
        {"nope > 1", "no column nope"},
        {"who == 'p1'", "identifies people"},
        {"nil == i", "cannot be compared"},
        {"nil == nil", "on its left"},
        {"i < nil", "cannot be compared"},
        {"i", "must be a condition"},
        {"i + 1", "must be a condition"},
        {"t", "must be a number, date or condition"},
        {"'x'", "must be a number, date or condition"},
        {"i == 0x10", "numbers are written in digits"},
        {"i == 1e3", "numbers are written in digits"},
        {"i == 1.0000000001", "nine decimals"},
        {"i == 99999999999999999999", "below 2^62"},
        {"t == 'x", "not closed"},
        {"t == 'a\\q'", "escape"},
        {"i --1 > 0", "two minus signs"},
        {"#t > 1", "no place here"},
        {"row > 1", "followed by"},
        {"row[1] > 1", "in quotes"},
        {"f(i) > 1", "no column f"},
        {"i > 1; b", "no place here"},
        {"i ^ 2 > 1", "column 3: there are no powers"},
        {"t .. 'x' == 'y'", "an operator"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct asked a = count_where(cases[i].expr);
        cr_expect_eq(a.err, ERR_INVALID, "%s", cases[i].expr);
        cr_expect_not_null(
            strstr(a.text, cases[i].says), "%s: %s", cases[i].expr, a.text);
    }
}

Test(expr, size_and_depth_have_ends)
{
    static const char *const repeated[] = {"(", "not ", "-", "i + (", "i > 1 and "};

    for (size_t k = 0; k < sizeof repeated / sizeof *repeated; k++) {
        BUF_SCOPE(b);
        buf_init(&b, 1 << 16);
        while (b.len < 4000)
            buf_addz(&b, repeated[k]);
        buf_addz(&b, "i > 1");
        cr_expect_eq(count_where(b.ptr).err, ERR_INVALID);
        for (int i = 0; i < 100; i++)
            buf_addz(&b, " ");
        cr_expect_eq(count_where(b.ptr).err, ERR_INVALID);
    }
}

Test(expr, derived_columns_have_their_type)
{
    static const struct {
        const char *op, *sum;
    } cases[] = {
        {"{\"op\":\"derive\",\"name\":\"x\",\"expr\":\"i * d\"}",
            "\"value\":1750,\"decimals\":2"},
        {"{\"op\":\"derive\",\"name\":\"x\",\"expr\":\"i / "
         "3\",\"decimals\":2,\"lower\":\"0\","
         "\"upper\":\"5\"}",
            "\"value\":233,\"decimals\":2"},
        {"{\"op\":\"derive\",\"name\":\"x\",\"expr\":\"i * 100\",\"decimals\":0,"
         "\"lower\":\"0\",\"upper\":\"5\"}",
            "\"value\":5,\"decimals\":0"},
        {"{\"op\":\"derive\",\"name\":\"i\",\"expr\":\"i + 1\"},{\"op\":\"derive\","
         "\"name\":\"x\",\"expr\":\"i + i\"}",
            "\"value\":16,\"decimals\":0"},
        {"{\"op\":\"derive\",\"name\":\"x\",\"expr\":\"ni + "
         "1\",\"decimals\":0,\"lower\":\"0\","
         "\"upper\":\"9\"}",
            "\"value\":0,\"decimals\":0"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *json =
            exactly(&m, cases[i].op, "{\"kind\":\"sum\",\"column\":\"x\"}");
        cr_expect_not_null(strstr(json, cases[i].sum), "%s: %s", cases[i].op, json);
    }
    cr_expect_eq(
        ask(&m,
            "{\"ops\":[{\"op\":\"derive\",\"name\":\"x\",\"expr\":\"wide + 1\"}],"
            "\"measure\":{\"kind\":\"sum\",\"column\":\"x\"},\"exact\":true}")
            .err,
        ERR_INVALID); /* without bounds there is no sum */
}
