/* leaves_test.c -- every value has its place and a digest of its own. */
#include "datasite/core/leaves.h"

#include <criterion/criterion.h>
#include <string.h>

static json_t *
digests_of(const char *text)
{
    struct diag d = {0};
    json_auto_t *doc = NULL;
    json_t *out;

    cr_assert_eq(json_parse(&d, str_of(text), &doc), ERR_OK, "%s", d.text);
    out = leaves_digests(doc);
    cr_assert_not_null(out);
    return out;
}

Test(leaves, names_every_value)
{
    static const char *const names[] = {
        "/a", "/b/0", "/b/1/c", "/b/1/d", "/e", "/f", "/g"};
    json_auto_t *all = digests_of("{\"a\":1,\"b\":[\"x\",{\"c\":null,\"d\":\"x\"}],"
                                  "\"e\":{},\"f\":[],\"g\":\"\"}");

    cr_assert_eq(json_object_size(all), sizeof names / sizeof names[0]);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_assert_eq(
            json_string_length(json_object_get(all, names[i])), 16, "%s", names[i]);
    cr_assert_not(
        json_equal(json_object_get(all, "/b/0"), json_object_get(all, "/b/1/d")),
        "the place counts");
}

Test(leaves, a_change_shows_where_it_was_made)
{
    json_auto_t *before = digests_of("{\"a\":\"1\",\"b\":{\"c\":2,\"d\":[]}}");
    json_auto_t *after = digests_of("{\"a\":1,\"b\":{\"c\":2,\"d\":{}}}");

    cr_assert_not(
        json_equal(json_object_get(before, "/a"), json_object_get(after, "/a")));
    cr_assert_not(
        json_equal(json_object_get(before, "/b/d"), json_object_get(after, "/b/d")));
    cr_assert(
        json_equal(json_object_get(before, "/b/c"), json_object_get(after, "/b/c")));
}
