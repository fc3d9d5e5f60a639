/* json_test.c -- hostile documents, named members, one text for one value. */
#include "datasite/base/check.h"
#include "datasite/base/json.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

static json_t *
parsed(const char *text)
{
    struct diag d = {0};
    json_t *v = NULL;

    cr_assert_eq(json_parse(&d, str_of(text), &v), ERR_OK, "%s: %s", text, d.text);
    return v;
}

Test(json, hostile_documents_are_refused)
{
    static const struct str rows[] = {
        STR(""),
        STR("{"),
        STR("{} x"),
        STR("{\"a\":1,\"a\":2}"),
        STR("{\"a\":\"\\u0000\"}"),
        STR("{\"a\0b\":1}"),
        STR("{}\0"),
        STR("\"\xff\""),
        STR("\"\xed\xa0\x80\""),
        STR("{\"\\ud800\":1}"),
        STR("9223372036854775808"),
        STR("1e999"),
        STR("01"),
        STR("[1,]"),
        STR("nan"),
        STR("{'a':1}"),
        STR("\xef\xbb\xbf{}"),
        STR("/**/{}"),
        STR("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"),
        STR("{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}"),
    };

    for (size_t i = 0; i < ARRAY_N(rows); i++) {
        struct diag d = {0};
        json_t *v = NULL;
        cr_expect_eq(json_parse(&d, rows[i], &v), ERR_INVALID, "row %zu", i);
        cr_expect_null(v);
        cr_expect(d.text[0] != '\0');
    }
}

Test(json, depth_16_is_read_and_brackets_in_strings_do_not_count)
{
    json_auto_t *a = parsed("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]");
    json_auto_t *b = parsed("\"[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\"");

    cr_expect_eq(json_array_size(a), 1);
    cr_expect(json_is_string(b));
}

Test(json, a_million_brackets_are_refused_without_recursion)
{
    struct diag d = {0};
    json_t *v = NULL;
    BUF_SCOPE(b);

    buf_init(&b, 1000000);
    for (int i = 0; i < 1000000; i++)
        buf_add(&b, "[", 1);
    cr_expect_eq(json_parse(&d, buf_str(&b), &v), ERR_INVALID);
}

Test(take, takes_what_is_there)
{
    json_auto_t *v =
        parsed("{\"s\":\"text\",\"i\":-7,\"I\":9007199254740993,\"b\":true,"
               "\"f\":1.5,\"F\":2,\"o\":{\"x\":[1,2]},\"n\":null,"
               "\"a\":[\"p\",3]}");
    const char *s = NULL, *p = NULL, *missing = "left";
    size_t len = 0;
    int i = 0, b = 0, three = 0, one = 0, two = 0;
    json_int_t big = 0;
    double f = 0, whole = 0;
    json_t *inner = NULL;
    struct diag d = {0};

    cr_assert_eq(json_take(&d, v,
                     "{s:s%, s:i, s:I, s:b, s:f, s:F, s:{s:[ii!]!}, s:n, s:[si], s?s, "
                     "s?{s:o}, s?o !}",
                     "s", &s, &len, "i", &i, "I", &big, "b", &b, "f", &f, "F", &whole,
                     "o", "x", &one, &two, "n", "a", &p, &three, "none", &missing,
                     "gone", "deep", &inner, "other", &inner),
        ERR_OK, "%s %s", d.field, d.text);
    cr_expect_str_eq(s, "text");
    cr_expect_eq(len, 4);
    cr_expect_eq(i, -7);
    cr_expect_eq(big, 9007199254740993);
    cr_expect_eq(b, 1);
    cr_expect_eq(f, 1.5);
    cr_expect_eq(whole, 2.0);
    cr_expect(one == 1 && two == 2 && three == 3);
    cr_expect_str_eq(p, "p");
    cr_expect_str_eq(missing, "left");
    cr_expect_null(inner);
}

/* Each row breaks `{s:s, s?i, s:{s:I, s:[bb!] !} !}` over title, n, in, id, flags. */
Test(take, names_the_member_at_fault)
{
    static const struct {
        const char *text, *field, *why;
    } rows[] = {
        {"{}", "/title", "missing"},
        {"[]", "", "object"},
        {"{\"title\":1}", "/title", "string"},
        {"{\"title\":null}", "/title", "string"},
        {"{\"title\":\"t\",\"n\":\"1\"}", "/n", "integer"},
        {"{\"title\":\"t\",\"n\":2147483648}", "/n", "range"},
        {"{\"title\":\"t\",\"n\":1.5}", "/n", "integer"},
        {"{\"title\":\"t\"}", "/in", "missing"},
        {"{\"title\":\"t\",\"in\":3}", "/in", "object"},
        {"{\"title\":\"t\",\"in\":{}}", "/in/id", "missing"},
        {"{\"title\":\"t\",\"in\":{\"id\":true}}", "/in/id", "integer"},
        {"{\"title\":\"t\",\"in\":{\"id\":1,\"flags\":{}}}", "/in/flags", "array"},
        {"{\"title\":\"t\",\"in\":{\"id\":1,\"flags\":[true]}}", "/in/flags/1",
            "missing"},
        {"{\"title\":\"t\",\"in\":{\"id\":1,\"flags\":[true,0]}}", "/in/flags/1",
            "true"},
        {"{\"title\":\"t\",\"in\":{\"id\":1,\"flags\":[true,true,true]}}", "/in/flags",
            "too many"},
        {"{\"title\":\"t\",\"in\":{\"id\":1,\"flags\":[true,true],\"x\":1}}", "/in/x",
            "not known"},
        {"{\"title\":\"t\",\"in\":{\"id\":1,\"flags\":[true,true]},\"a/b~\":1}",
            "/a~1b~0", "not known"},
    };

    for (size_t k = 0; k < ARRAY_N(rows); k++) {
        json_auto_t *v = parsed(rows[k].text);
        const char *title = NULL;
        json_int_t id = 0;
        int n = 0, a = 0, b = 0;
        struct diag d = {0};
        cr_expect_eq(json_take(&d, v, "{s:s, s?i, s:{s:I, s:[bb!] !} !}", "title",
                         &title, "n", &n, "in", "id", &id, "flags", &a, &b),
            ERR_INVALID, "%s", rows[k].text);
        cr_expect_str_eq(d.field, rows[k].field);
        cr_expect(strstr(d.text, rows[k].why) != NULL, "%s: %s", rows[k].text, d.text);
    }
}

Test(take, a_name_of_any_length_gives_a_pointer_that_fits)
{
    char text[600], name[501];
    json_auto_t *v = NULL;
    struct diag d = {0};

    memset(name, '/', 500);
    name[500] = '\0';
    snprintf(text, sizeof text, "{\"%s\":1}", name);
    v = parsed(text);
    cr_expect_eq(json_take(&d, v, "{!}"), ERR_INVALID);
    cr_expect(strlen(d.field) < sizeof d.field);
}

Test(take, an_incref_is_the_callers)
{
    json_t *v = parsed("{\"a\":[1]}");
    json_t *a = NULL;
    struct diag d = {0};

    cr_assert_eq(json_take(&d, v, "{s:O}", "a", &a), ERR_OK);
    json_decref(v);
    cr_expect_eq(json_array_size(a), 1);
    json_decref(a);
}

Test(take, a_wrong_format_is_a_bug, .signal = SIGABRT)
{
    json_auto_t *v = parsed("{\"a\":1}");
    struct diag d = {0};

    cr_expect_eq(json_take(&d, v, "{s:z}", "a", &d), ERR_OK);
}

Test(canonical, one_text_for_one_value)
{
    json_auto_t *v = parsed(
        "{ \"b\" : [1, true, null, \"\\u00e9\\n/\"], \"a\":{\"z\":0,\"B\":-1} }");
    struct diag d = {0};
    BUF_SCOPE(b);

    buf_init(&b, 1000);
    cr_assert_eq(json_canonical(&d, v, &b), ERR_OK, "%s", d.text);
    cr_expect_str_eq(
        b.ptr, "{\"a\":{\"B\":-1,\"z\":0},\"b\":[1,true,null,\"\xc3\xa9\\n/\"]}");
}

Test(canonical, reals_have_none)
{
    static const char *const rows[] = {"1.0", "[1.5]", "{\"a\":{\"b\":[0,1e3]}}"};

    for (size_t i = 0; i < ARRAY_N(rows); i++) {
        json_auto_t *v = parsed(rows[i]);
        struct diag d = {0};
        BUF_SCOPE(b);
        buf_init(&b, 100);
        cr_expect_eq(json_canonical(&d, v, &b), ERR_INVALID, "%s", rows[i]);
        cr_expect_eq(b.len, 0);
    }
}

Test(text, keeps_order_and_fifteen_digits)
{
    json_auto_t *v = parsed("{\"b\":0.1,\"a\":1e22,\"c\":123456789012345678}");
    struct diag d = {0};
    BUF_SCOPE(b);

    buf_init(&b, 100);
    cr_assert_eq(json_text(&d, v, &b), ERR_OK);
    cr_expect_str_eq(b.ptr, "{\"b\":0.1,\"a\":1e22,\"c\":123456789012345678}");
}

Test(text, has_a_ceiling)
{
    json_auto_t *v = parsed("[\"0123456789\"]");
    struct diag d = {0};
    BUF_SCOPE(b);

    buf_init(&b, 5);
    cr_expect_eq(json_text(&d, v, &b), ERR_TOO_LARGE);
}

Test(text, no_value_has_no_text)
{
    struct diag d = {0};
    BUF_SCOPE(b);

    buf_init(&b, 100);
    cr_expect_eq(json_text(&d, NULL, &b), ERR_INTERNAL);
    cr_expect_eq(json_canonical(&d, NULL, &b), ERR_INTERNAL);
}
