/* pointer_test.c -- places in documents, by RFC 6901. */
#include "datasite/base/pointer.h"

#include <criterion/criterion.h>

static json_t *
document(void)
{
    return json_pack("{s:[i, {s:i}], s:i, s:i, s:i, s:n}", "a", 1, "b", 2, "m~n", 3,
        "c/d", 4, "", 5, "none");
}

static bool
stands(json_t *doc, const char *pointer, json_int_t n)
{
    return json_integer_value(pointer_get(doc, pointer)) == n;
}

Test(pointer, places_are_found)
{
    json_auto_t *doc = document();

    cr_expect_eq(pointer_get(doc, ""), doc);
    cr_expect(stands(doc, "/a/0", 1));
    cr_expect(stands(doc, "/a/1/b", 2));
    cr_expect(stands(doc, "/m~0n", 3));
    cr_expect(stands(doc, "/c~1d", 4));
    cr_expect(stands(doc, "/", 5));
    cr_expect(json_is_null(pointer_get(doc, "/none")));
}

Test(pointer, what_is_no_place_is_none)
{
    static const char *const wrong[] = {"a", "/b", "/a/2", "/a/01", "/a/-1", "/a/+0",
        "/a/", "/a/0/x", "/m~n", "/m~2n", "/m~", "/a/99999999999999999999", "/a/1/b/c"};
    json_auto_t *doc = document();

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_expect_null(pointer_get(doc, wrong[i]), "%s", wrong[i]);
        cr_expect_not(pointer_set(&doc, wrong[i], json_null()), "%s", wrong[i]);
    }
}

Test(pointer, values_take_the_place_of_others)
{
    json_auto_t *doc = document();

    cr_assert(pointer_set(&doc, "/a/1/b", json_integer(20)));
    cr_assert(pointer_set(&doc, "/a/0", json_null()));
    cr_assert(pointer_set(&doc, "/c~1d", json_integer(40)));
    cr_expect(stands(doc, "/a/1/b", 20));
    cr_expect(json_is_null(pointer_get(doc, "/a/0")));
    cr_expect(stands(doc, "/c~1d", 40));
    cr_assert(pointer_set(&doc, "", json_integer(6)));
    cr_expect(stands(doc, "", 6));
}

Test(pointer, a_place_holds_what_is_within_it)
{
    cr_expect(pointer_holds("/a", "/a"));
    cr_expect(pointer_holds("/a", "/a/b"));
    cr_expect(pointer_holds("", "/a"));
    cr_expect_not(pointer_holds("/a", "/ab"));
    cr_expect_not(pointer_holds("/a/b", "/a"));
}

Test(pointer, names_are_escaped)
{
    BUF_SCOPE(b);
    json_auto_t *doc = document();

    buf_init(&b, 100);
    pointer_add(&b, "m~n");
    cr_expect(stands(doc, b.ptr, 3));
    pointer_add(&b, "x/y");
    pointer_add_index(&b, 12);
    cr_expect_str_eq(b.ptr, "/m~0n/x~1y/12");
}
