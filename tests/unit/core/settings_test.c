/* settings_test.c -- what an administrator decides. */
#include "datasite/core/audit.h"
#include "datasite/core/settings.h"
#include "tests/unit/core/made_site.h"

#include <criterion/criterion.h>

TestSuite(settings, .init = site_make, .fini = site_drop);

Test(settings, tokens_may_not_decide_unless_told)
{
    struct settings s;

    MUST(settings_load(&cx, &s));
    cr_assert_not(s.tokens_may_decide);
    MUST(settings_set(&cx, "tokens_may_decide", "true"));
    MUST(settings_load(&cx, &s));
    cr_assert(s.tokens_may_decide);
    MUST(settings_set(&cx, "tokens_may_decide", "false"));
    MUST(settings_load(&cx, &s));
    cr_assert_not(s.tokens_may_decide);
}

Test(settings, only_changes_are_on_record)
{
    struct digest head;
    int64_t n;

    MUST(settings_set(&cx, "site_name", "Ward 7"));
    MUST(settings_set(&cx, "site_name", "Ward 7"));
    MUST(audit_head(&cx, &n, &head));
    cr_assert_eq(n, 1);
}

Test(settings, what_is_not_one_is_refused)
{
    MUST_FAIL(ERR_NOT_FOUND, settings_set(&cx, "colour", "red"));
    MUST_FAIL(ERR_UNPROCESSABLE, settings_set(&cx, "tokens_may_decide", "yes"));
    MUST_FAIL(ERR_UNPROCESSABLE, settings_set(&cx, "site_name", ""));
}
