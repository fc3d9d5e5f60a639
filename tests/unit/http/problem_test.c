/* problem_test.c -- what a caller reads of a failure, and what it does not. */
#include "datasite/http/problem.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
text_of(const json_t *doc, const char *name)
{
    return json_string_value(json_object_get(doc, name));
}

Test(problem, names_type_title_status_and_instance)
{
    struct diag d = {0};
    json_auto_t *doc = NULL;

    cr_assert_eq(FAIL(&d, ERR_NOT_FOUND, "no job %s", "j"), ERR_NOT_FOUND);
    doc = problem_json(&d, "req_1", NULL);
    cr_assert_str_eq(text_of(doc, "type"), "/problems/not-found");
    cr_assert_str_eq(text_of(doc, "title"), err_title(ERR_NOT_FOUND));
    cr_assert_str_eq(text_of(doc, "detail"), "no job j");
    cr_assert_str_eq(text_of(doc, "instance"), "req_1");
    cr_assert_eq(json_integer_value(json_object_get(doc, "status")), 404);
    cr_assert_null(json_object_get(doc, "errors"));
}

Test(problem, names_the_member_at_fault)
{
    struct diag d = {0};
    json_auto_t *doc = NULL;
    const json_t *first;

    cr_assert_eq(FAIL_FIELD(&d, ERR_INVALID, "/a/b", "b must be c"), ERR_INVALID);
    doc = problem_json(&d, "req_1", NULL);
    first = json_array_get(json_object_get(doc, "errors"), 0);
    cr_assert_str_eq(text_of(first, "pointer"), "/a/b");
    cr_assert_str_eq(text_of(first, "detail"), "b must be c");
}

Test(problem, failures_of_the_server_say_nothing_of_the_inside)
{
    static const enum err codes[] = {ERR_DB, ERR_IO, ERR_INTERNAL};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct diag d = {0};
        json_auto_t *doc = NULL;
        char *all;

        cr_assert_eq(FAIL_FIELD(&d, codes[i], "/secret", "secret path"), codes[i]);
        doc = problem_json(&d, "req_1", NULL);
        all = json_dumps(doc, 0);
        cr_assert_null(strstr(all, "secret path"), "%s", all);
        cr_assert_eq(json_integer_value(json_object_get(doc, "status")), 500);
        free(all);
    }
}

Test(problem, further_members_join_but_replace_nothing)
{
    struct diag d = {0};
    json_auto_t *members = json_pack("{s:i, s:[{s:s}]}", "status", 200, "errors",
                    "pointer", "/line/2/column/1"),
                *doc = NULL;

    cr_assert_eq(
        FAIL_FIELD(&d, ERR_UNPROCESSABLE, "/x", "bad rows"), ERR_UNPROCESSABLE);
    snprintf(d.extra, sizeof d.extra, "{\"allowed\":[\"a\"],\"title\":\"mine\"}");
    doc = problem_json(&d, "req_1", members);
    cr_assert_eq(json_integer_value(json_object_get(doc, "status")), 422);
    cr_assert_str_eq(text_of(doc, "title"), err_title(ERR_UNPROCESSABLE));
    cr_assert_eq(json_array_size(json_object_get(doc, "allowed")), 1);
    cr_assert_str_eq(
        text_of(json_array_get(json_object_get(doc, "errors"), 0), "pointer"),
        "/line/2/column/1");
}

Test(problem, extra_that_is_cut_short_is_left_out)
{
    struct diag d = {0};
    json_auto_t *doc = NULL;

    cr_assert_eq(FAIL(&d, ERR_CONFLICT_STATE, "no"), ERR_CONFLICT_STATE);
    snprintf(d.extra, sizeof d.extra, "{\"allowed\":[\"a");
    doc = problem_json(&d, "req_1", NULL);
    cr_assert_not_null(doc);
    cr_assert_null(json_object_get(doc, "allowed"));
}
