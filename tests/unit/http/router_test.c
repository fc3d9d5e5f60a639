/* router_test.c -- the real table: no two rows collide, every row is found, misses say what
 * there is. */
#include "datasite/http/router.h"

#include "datasite/base/check.h"

#include <criterion/criterion.h>
#include <string.h>

/* "/jobs/{id}" -> "/jobs/x0y": what a caller would send. */
static char *
filled(struct arena *a, const char *pattern)
{
    char *out = arena_array(a, 1, strlen(pattern) * 2 + 16), *to = out;

    for (const char *p = pattern; *p != '\0'; p++) {
        if (*p != '{') {
            *to++ = *p;
            continue;
        }
        to = stpcpy(to, "x0y");
        p = strchr(p, '}');
    }
    return out;
}

Test(router, no_two_rows_match_one_path)
{
    struct diag d = {0};

    cr_assert_eq(router_check_table(&d), ERR_OK, "%s", d.text);
}

Test(router, every_row_is_found_and_every_other_method_is_not)
{
    for (size_t i = 0; i < routes_n; i++) {
        const struct route *r = &routes[i];
        ARENA_SCOPE(a, 1 << 16);
        const char *param[ROUTE_PARAMS_MAX] = {0}, *path = filled(a, r->path);
        unsigned allow;

        cr_assert_eq(router_match(r->method, path, a, param, &allow), r, "%s", path);
        cr_assert(allow & 1U << r->method);
        for (enum method m = GET; m < METHOD_N; m++)
            if (!(allow & 1U << m))
                cr_assert_null(router_match(m, path, a, param, &allow), "%s", path);
    }
}

Test(router, parameters_come_in_order)
{
    const char *param[ROUTE_PARAMS_MAX] = {0};
    unsigned allow;
    ARENA_SCOPE(a, 1 << 16);
    const struct route *r =
        router_match(GET, "/api/v1/jobs/job_1/versions/7/source", a, param, &allow);

    cr_assert_not_null(r);
    cr_assert_str_eq(r->name, "job_source_get");
    cr_assert_str_eq(param[0], "job_1");
    cr_assert_str_eq(param[1], "7");
}

Test(router, a_fixed_segment_beats_a_placeholder)
{
    const char *param[ROUTE_PARAMS_MAX] = {0};
    unsigned allow;
    ARENA_SCOPE(a, 1 << 16);

    cr_assert_str_eq(
        router_match(POST, "/api/v1/datasets/suggestions", a, param, &allow)->name,
        "datasets_suggest");
    cr_assert_eq(allow, 1U << POST);
    cr_assert_null(router_match(GET, "/api/v1/datasets/suggestions", a, param, &allow));
}

Test(router, misses)
{
    static const char *const paths[] = {"", "/", "/api", "/api/v1", "/api/v1/",
        "/api/v1/jobs/", "/api/v1//jobs", "/api/v1/jobs/x/", "/api/v1/jobsx",
        "/API/v1/jobs", "/healthz/", "healthz", "/api/v1/datasets//data",
        "/api/v1/jobs/x/versions/1/source/more"};

    for (size_t i = 0; i < ARRAY_N(paths); i++) {
        const char *param[ROUTE_PARAMS_MAX] = {0};
        unsigned allow = 99;
        ARENA_SCOPE(a, 1 << 16);

        cr_assert_null(router_match(GET, paths[i], a, param, &allow), "%s", paths[i]);
        cr_assert_eq(allow, 0, "%s", paths[i]);
    }
}

/* What the guard relies on. */
Test(router, rows_are_consistent)
{
    for (size_t i = 0; i < routes_n; i++) {
        const struct route *r = &routes[i];
        bool is_csv = (r->flags & (UPLOAD | CSV_BODY)) != 0;

        cr_assert(r->method != GET || r->body_max == 0, "%s has a body", r->name);
        cr_assert(r->method == GET || r->roles == ANYONE || r->flags & SLOW,
            "%s changes things on the HTTP thread", r->name);
        cr_assert(!is_csv || r->body_max > 0, "%s takes no body", r->name);
        cr_assert(
            !(r->flags & (DECIDES | IF_MATCH)) || r->method != GET, "%s", r->name);
        cr_assert(!(r->flags & IDEMPOTENT) || r->method == POST, "%s", r->name);
        cr_assert(!(r->flags & UPLOAD) || !(r->flags & IDEMPOTENT), "%s", r->name);
    }
}
