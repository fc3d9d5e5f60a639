/* arena_test.c -- memory with a ceiling, and what runs when it goes. */
#include "datasite/base/arena.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

Test(arena, items_are_zeroed_aligned_and_apart)
{
    ARENA_SCOPE(a, 1 << 20);
    unsigned char *before = NULL;

    for (size_t n = 0; n < 200; n++) {
        unsigned char *p = arena_array(a, 1, n * 7);
        cr_assert_not_null(p);
        cr_expect_eq((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n * 7; i++)
            cr_assert_eq(p[i], 0);
        memset(p, 0xee, n * 7);
        if (n > 1)
            cr_expect_eq(before[0], 0xee);
        before = p;
    }
}

Test(arena, refuses_past_its_limit)
{
    ARENA_SCOPE(a, 64);

    cr_expect_not_null(arena_array(a, 1, 48));
    cr_expect_null(arena_array(a, 1, 17));
    cr_expect_not_null(arena_array(a, 1, 16));
    cr_expect_null(arena_array(a, 1, 1));
    cr_expect_null(arena_array(a, 1, 0), "an empty item has an address, so a cost");
    cr_expect_null(arena_strf(a, "%s", "x"));
    cr_expect_null(arena_strn(a, "x", 1));
}

Test(arena, refuses_sizes_that_overflow)
{
    ARENA_SCOPE(a, SIZE_MAX);

    cr_expect_null(arena_array(a, SIZE_MAX / 2, 3));
    cr_expect_null(arena_array(a, 1, SIZE_MAX));
    cr_expect_null(arena_array(a, 1, SIZE_MAX - 20));
    cr_expect_null(arena_strn(a, "", SIZE_MAX));
    cr_expect_null(arena_array(NULL, 1, 1));
}

Test(arena, a_large_item_leaves_the_rest_of_the_chunk_in_use)
{
    ARENA_SCOPE(a, 1 << 20);
    char *first = arena_array(a, 1, 16);
    char *large = arena_array(a, 1, 100000);
    char *second = arena_array(a, 1, 16);

    cr_assert(first != NULL && large != NULL && second != NULL);
    cr_expect_eq(second - first, 16);
}

Test(arena, text)
{
    ARENA_SCOPE(a, 4096);

    cr_expect_str_eq(arena_strn(a, "abcdef", 3), "abc");
    cr_expect_str_eq(arena_strn(a, NULL, 0), "");
    cr_expect_str_eq(arena_strf(a, "%d-%s", 7, "x"), "7-x");
}
