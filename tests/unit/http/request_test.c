/* request_test.c -- what handlers read: parameters, cookies, preconditions, pages; and lists
 * whose cursors come back as they went out. */
#include "datasite/http/exchange.h"

#include "datasite/base/check.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct fixture {
    struct service service;
    struct exchange x;
};

static struct exchange *
exchange_for(struct fixture *f, const char *target)
{
    *f = (struct fixture){0};
    cr_assert(exchange_init(&f->x, &f->service));
    cr_assert_eq(
        target_parse(&f->x.cx.diag, f->x.kept, str_of(target), &f->x.target), ERR_OK);
    f->x.rq.path = f->x.target.path;
    return &f->x;
}

static void
header(struct exchange *x, const char *name, const char *value)
{
    x->head.field[x->head.fields_n].name = str_of(name);
    x->head.field[x->head.fields_n].value = str_of(value);
    x->head.fields_n++;
}

Test(request, parameters_are_checked_off)
{
    struct fixture f;
    struct exchange *x = exchange_for(&f, "/a?limit=7&state=held");
    int64_t n;

    cr_assert_eq(query_int(&x->rq, "limit", 1, 200, 50, &n), ERR_OK);
    cr_assert_eq(n, 7);
    cr_assert_eq(query_int(&x->rq, "other", 1, 200, 50, &n), ERR_OK);
    cr_assert_eq(n, 50);
    cr_assert_eq(query_end(&x->rq), ERR_INVALID);
    cr_assert_str_eq(x->cx.diag.field, "/query/state");
    diag_clear(&x->cx.diag);
    cr_assert_str_eq(query_text(&x->rq, "state"), "held");
    cr_assert_eq(query_end(&x->rq), ERR_OK);
    exchange_release(x);
}

Test(request, numbers_outside_their_range_are_refused)
{
    static const char *const bad[] = {
        "0", "201", "-1", "1.5", "", "x", "1e1", "+1", "99999999999999999999"};

    for (size_t i = 0; i < ARRAY_N(bad); i++) {
        struct fixture f;
        struct exchange *x;
        char target[64];
        int64_t n;

        snprintf(target, sizeof target, "/a?limit=%s", bad[i]);
        x = exchange_for(&f, target);
        cr_assert_eq(
            query_int(&x->rq, "limit", 1, 200, 50, &n), ERR_INVALID, "%s", bad[i]);
        exchange_release(x);
    }
}

Test(request, headers_and_cookies)
{
    struct fixture f;
    struct exchange *x = exchange_for(&f, "/a");

    header(x, "Cookie", "datasite=abc; other=1;third=");
    header(x, "X-A", "1");
    cr_assert_str_eq(request_header(&x->rq, "x-a"), "1");
    cr_assert_null(request_header(&x->rq, "x-b"));
    cr_assert_str_eq(request_cookie(&x->rq, "datasite"), "abc");
    cr_assert_str_eq(request_cookie(&x->rq, "other"), "1");
    cr_assert_str_eq(request_cookie(&x->rq, "third"), "");
    cr_assert_null(request_cookie(&x->rq, "data"));
    cr_assert_null(request_cookie(&x->rq, "site"));
    exchange_release(x);
}

Test(request, preconditions)
{
    static const struct {
        const char *sent;
        enum err want;
    } cases[] = {{"\"v1\"", ERR_OK}, {"*", ERR_OK}, {"\"v0\", \"v1\"", ERR_OK},
        {"\"v0\",\"v1\" ", ERR_OK}, {"\"v2\"", ERR_STALE}, {"W/\"v1\"", ERR_STALE},
        {"v1", ERR_STALE}, {"", ERR_STALE}, {"\"v1", ERR_STALE},
        {"\"v11\"", ERR_STALE}};

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct fixture f;
        struct exchange *x = exchange_for(&f, "/a");

        x->rq.route = &routes[0];
        header(x, "If-Match", cases[i].sent);
        cr_assert_eq(
            precondition_match(&x->rq, "v1"), cases[i].want, "%s", cases[i].sent);
        exchange_release(x);
    }
}

/* Also where the guard let it by. */
Test(request, a_precondition_that_is_needed_is_missed)
{
    static const struct route needs = {.flags = IF_MATCH}, may = {.flags = 0};
    struct fixture f;
    struct exchange *x = exchange_for(&f, "/a");

    x->rq.route = &may;
    cr_assert_eq(precondition_match(&x->rq, "v1"), ERR_OK);
    x->rq.route = &needs;
    cr_assert_eq(precondition_match(&x->rq, "v1"), ERR_PRECONDITION);
    exchange_release(x);
}

Test(request, cursors_come_back_as_they_went_out)
{
    static const char *const keys[] = {"job_1", "\xc3\xa9 a&b=c", "2026-11-22|7"};

    for (size_t i = 0; i < ARRAY_N(keys); i++) {
        struct fixture f;
        struct exchange *x = exchange_for(&f, "/a");
        char target[128];
        struct page page;

        cr_assert_eq(reply_page(&x->rq, &x->rp, json_array(), keys[i]), ERR_OK);
        snprintf(target, sizeof target, "/a?cursor=%s",
            json_string_value(json_object_get(x->rp.json, "next_cursor")));
        exchange_release(x);
        x = exchange_for(&f, target);
        cr_assert_eq(page_take(&x->rq, &page), ERR_OK);
        cr_assert_str_eq(page.after, keys[i]);
        cr_assert_eq(page.limit, PAGE_ITEMS_DEFAULT);
        exchange_release(x);
    }
}

Test(request, the_last_page_has_no_cursor)
{
    struct fixture f;
    struct exchange *x = exchange_for(&f, "/a");

    cr_assert_eq(reply_page(&x->rq, &x->rp, json_array(), NULL), ERR_OK);
    cr_assert(json_is_null(json_object_get(x->rp.json, "next_cursor")));
    exchange_release(x);
}

Test(request, cursors_that_nobody_gave_are_refused)
{
    static const char *const bad[] = {
        "", "%21", "AA", "_w", "a=b", "am9iXzE", "MQ", "MTIzNDU2NzA"};

    for (size_t i = 0; i < ARRAY_N(bad); i++) {
        struct fixture f;
        struct exchange *x;
        struct page page;
        char target[64];

        snprintf(target, sizeof target, "/a?cursor=%s", bad[i]);
        x = exchange_for(&f, target);
        cr_assert_eq(page_take(&x->rq, &page), ERR_INVALID, "%s", bad[i]);
        exchange_release(x);
    }
}

Test(request, a_cursor_is_of_one_list)
{
    struct fixture f;
    struct exchange *x = exchange_for(&f, "/a");
    char target[128];
    struct page page;

    cr_assert_eq(reply_page(&x->rq, &x->rp, json_array(), "7"), ERR_OK);
    snprintf(target, sizeof target, "/b?cursor=%s",
        json_string_value(json_object_get(x->rp.json, "next_cursor")));
    exchange_release(x);
    x = exchange_for(&f, target);
    cr_assert_eq(page_take(&x->rq, &page), ERR_INVALID);
    exchange_release(x);
}

Test(request, a_list_by_number_takes_back_numbers_alone)
{
    static const struct {
        const char *key;
        enum err want;
        int64_t after;
    } cases[] = {{"7", ERR_OK, 7}, {"9223372036854775807", ERR_OK, INT64_MAX},
        {"-1", ERR_INVALID, 0}, {"seven", ERR_INVALID, 0}};

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct fixture f;
        struct exchange *x = exchange_for(&f, "/a");
        struct page page;
        char target[128];
        int64_t after;

        cr_assert_eq(reply_page(&x->rq, &x->rp, json_array(), cases[i].key), ERR_OK);
        snprintf(target, sizeof target, "/a?cursor=%s",
            json_string_value(json_object_get(x->rp.json, "next_cursor")));
        exchange_release(x);
        x = exchange_for(&f, target);
        cr_assert_eq(
            page_take_seq(&x->rq, &page, &after), cases[i].want, "%s", cases[i].key);
        if (cases[i].want == ERR_OK)
            cr_assert_eq(after, cases[i].after);
        exchange_release(x);
    }
}

Test(request, a_missing_answer_is_a_failure)
{
    struct fixture f;
    struct exchange *x = exchange_for(&f, "/a");

    cr_assert_eq(reply_json(&x->rq, &x->rp, 200, NULL), ERR_INTERNAL);
    exchange_release(x);
}
